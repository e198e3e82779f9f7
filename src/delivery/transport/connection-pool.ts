// The connections of each endpoint, through its proxy where it has one. They know about freeze and thaw: a
// connection that idled longer than a few seconds of wall-clock time is discarded, because its peer has
// probably closed it meanwhile. Signals with the same endpoint, credentials and proxy share them.
import type { Socket } from '../../node/sockets';
import type { Diagnostics } from '../../diagnostics';
import { Connections } from '../../http/connections';
import { openPlainSocket } from '../../node/sockets';
import type { ExportConfiguration, SignalConfiguration } from '../settings/configuration';
import { openTunnel } from './proxy-tunnel';
import { socketOptions, toAddress } from './socket-address';
import { loadTlsConnector } from './tls-connector';
import type { TlsOptions } from './tls-options';
import { loadPem, loadTlsOptions, toProxyOptions } from './tls-options';
import type { Clock } from './transport';

type ConnectionTarget = Pick<SignalConfiguration, 'url' | 'tls' | 'proxyUrl'>;

export interface ConnectionPool {
  /** Loads what the endpoint needs (TLS only for https) on first use. */
  connect(target: ConnectionTarget): Connections | Promise<Connections>;
  close(): void;
}

export interface PoolOptions extends Pick<ExportConfiguration, 'extraCertificatesFile'> {
  readonly clock: Clock;
  readonly diagnostics: Diagnostics;
}

export function createConnectionPool(options: PoolOptions): ConnectionPool {
  const { clock, diagnostics, extraCertificatesFile } = options;
  let extra: Promise<Buffer | undefined> | undefined;
  const loadExtra = (): Promise<Buffer | undefined> =>
    (extra ??= loadPem('NODE_EXTRA_CA_CERTS', extraCertificatesFile, diagnostics));
  const pool = new Map<string, Connections | Promise<Connections>>();
  const opened = new Set<Connections>();
  /** Asked for with every request. */
  const keys = new WeakMap<ConnectionTarget, string>();
  let closed = false;
  const openConnections = async (target: ConnectionTarget): Promise<Connections> => {
    const loadTls = (): Promise<TlsOptions> => loadTlsOptions(target.tls, loadExtra, diagnostics);
    const open = await loadOpener(target, loadTls);
    const connections = new Connections({ open, now: () => clock.now() });
    if (closed) connections.close();
    opened.add(connections);
    return connections;
  };
  return {
    connect(target) {
      const key = keys.get(target) ?? toKey(target);
      keys.set(target, key);
      let connections = pool.get(key);
      if (connections === undefined) {
        connections = openConnections(target);
        pool.set(key, connections);
        connections.then(
          (loaded) => pool.set(key, loaded),
          () => pool.delete(key),
        );
      }
      return connections;
    },
    close() {
      closed = true;
      for (const connections of opened) connections.close();
    },
  };
}

function toKey({ url, tls, proxyUrl }: ConnectionTarget): string {
  return JSON.stringify([new URL(url).origin, tls, proxyUrl]);
}

type Opener = () => Socket | Promise<Socket>;

/** How a new connection for this endpoint is made. */
async function loadOpener(
  { url, proxyUrl }: ConnectionTarget,
  loadTls: () => Promise<TlsOptions>,
): Promise<Opener> {
  const target = toAddress(url);
  const isPlain = url.startsWith('http:');
  if (isPlain && proxyUrl?.startsWith('https:') !== true) {
    const address = proxyUrl === undefined ? target : toAddress(proxyUrl);
    return () => openPlainSocket({ ...address, ...socketOptions });
  }
  const options = await loadTls();
  const connectTls = await loadTlsConnector(options);
  if (proxyUrl === undefined) return () => connectTls(target);
  const connectToProxy = await loadTlsConnector(toProxyOptions(options));
  if (isPlain) return () => connectToProxy(toAddress(proxyUrl));
  const proxy = { url: proxyUrl, connectTls: connectToProxy };
  return async () => connectTls({ ...target, socket: await openTunnel(target, proxy) });
}
