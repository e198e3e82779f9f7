// The connections of each endpoint, through its proxy where it has one. They know about freeze and thaw: a
// connection that idled longer than a few seconds of wall-clock time is discarded, because its peer has
// probably closed it meanwhile. Signals with the same endpoint, credentials and proxy share them.
import type { Socket } from '../../node/sockets';
import type { Diagnostics } from '../../diagnostics';
import { Connections } from '../../http/connections';
import { openPlainSocket } from '../../node/sockets';
import type { SignalConfiguration } from '../settings/configuration';
import { openTunnel } from './proxy-tunnel';
import { socketOptions, toAddress } from './socket-address';
import { loadTlsConnector } from './tls-connector';
import { loadTlsOptions } from './tls-options';
import type { Clock } from './transport';

type ConnectionTarget = Pick<SignalConfiguration, 'url' | 'tls' | 'proxyUrl'>;

export interface ConnectionPool {
  /** Loads what the endpoint needs (TLS only for https) on first use. */
  connect(target: ConnectionTarget): Connections | Promise<Connections>;
  close(): void;
}

export function createConnectionPool(clock: Clock, diagnostics: Diagnostics): ConnectionPool {
  const pool = new Map<string, Connections | Promise<Connections>>();
  const opened = new Set<Connections>();
  /** Asked for with every request. */
  const keys = new WeakMap<ConnectionTarget, string>();
  let closed = false;
  const openConnections = async (target: ConnectionTarget): Promise<Connections> => {
    const open = await loadOpener(target, diagnostics);
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
  { url, tls, proxyUrl }: ConnectionTarget,
  diagnostics: Diagnostics,
): Promise<Opener> {
  const target = toAddress(url);
  if (url.startsWith('http:') && proxyUrl?.startsWith('https:') !== true) {
    const address = proxyUrl === undefined ? target : toAddress(proxyUrl);
    return () => openPlainSocket({ ...address, ...socketOptions });
  }
  const connectTls = await loadTlsConnector(await loadTlsOptions(tls, diagnostics));
  if (proxyUrl === undefined) return () => connectTls(target);
  if (url.startsWith('http:')) return () => connectTls(toAddress(proxyUrl));
  return async () => connectTls({ ...target, socket: await openTunnel(target, proxyUrl) });
}
