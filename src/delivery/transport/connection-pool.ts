// The connections to each endpoint, through its proxy if it has one. Built for freeze and thaw: a connection that has
// been idle for more than a few seconds of wall-clock time is discarded, since its peer has probably closed it. Signals
// with the same endpoint, credentials and proxy share connections.
import type { Diagnostics } from '../../diagnostics';
import { Connections } from '../../http/connections';
import type { WallClock } from '../../node/clock';
import { readFile } from '../../node/files';
import { loadTlsConnector, openPlainSocket, toAddress } from '../../node/sockets';
import type { Socket, TlsOptions } from '../../node/sockets';
import type { ExportConfiguration, SignalConfiguration, TlsFiles } from '../settings/configuration';
import { openTunnel } from './proxy';

/** Shorter than the keep-alive timeout of common servers (Node 5 s, nginx 75 s, ALB 60 s). */
export const MAX_IDLE_MS = 3_000;
const PEM = '-----BEGIN ';
const LIKE_A_PATH = /^(?=\/|.*\.)[\w./-]{1,255}$/;

type ConnectionTarget = Pick<SignalConfiguration, 'url' | 'tls' | 'proxyUrl'>;

export interface ConnectionPool {
  /** Loads what the endpoint needs (TLS only for https) when it is first used. */
  connectionsOf(target: ConnectionTarget): Connections | Promise<Connections>;
  close(): void;
}

export interface PoolOptions extends Pick<ExportConfiguration, 'extraCertificatesFile'> {
  readonly clock: WallClock;
  readonly diagnostics: Diagnostics;
}

export function createConnectionPool(options: PoolOptions): ConnectionPool {
  const { clock, diagnostics, extraCertificatesFile } = options;
  let extra: Promise<Buffer | undefined> | undefined;
  const loadExtra = (): Promise<Buffer | undefined> =>
    (extra ??= loadPem('NODE_EXTRA_CA_CERTS', extraCertificatesFile, diagnostics));
  const pool = new Map<string, Connections | Promise<Connections>>();
  const opened = new Set<Connections>();
  /** Cached, because they are needed for every request. */
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
    connectionsOf(target) {
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

/** Returns the function that opens connections to this endpoint. */
async function loadOpener(
  { url, proxyUrl }: ConnectionTarget,
  loadTls: () => Promise<TlsOptions>,
): Promise<Opener> {
  const target = toAddress(url);
  const isPlain = url.startsWith('http:');
  if (isPlain && proxyUrl?.startsWith('https:') !== true) {
    const address = proxyUrl === undefined ? target : toAddress(proxyUrl);
    return () => openPlainSocket(address);
  }
  const options = await loadTls();
  const connectTls = await loadTlsConnector(options);
  if (proxyUrl === undefined) return () => connectTls(target);
  const connectToProxy = await loadTlsConnector(toProxyOptions(options));
  if (isPlain) return () => connectToProxy(toAddress(proxyUrl));
  const proxy = { url: proxyUrl, connectTls: connectToProxy };
  return async () => connectTls({ ...target, socket: await openTunnel(target, proxy) });
}

/**
 * Private CA and client certificate files (OTEL_EXPORTER_OTLP_CERTIFICATE, _CLIENT_CERTIFICATE, _CLIENT_KEY,
 * NODE_EXTRA_CA_CERTS). A file that cannot be read causes one warning and is left out.
 */
async function loadTlsOptions(
  files: TlsFiles,
  loadExtra: () => Promise<Buffer | undefined>,
  diagnostics: Diagnostics,
): Promise<TlsOptions> {
  const load = (setting: string, path: string | undefined): Promise<Buffer | undefined> =>
    loadPem(`OTEL_EXPORTER_OTLP_${setting}`, path, diagnostics);
  const [ca, cert, key, extra] = await Promise.all([
    load('CERTIFICATE', files.certificateFile),
    load('CLIENT_CERTIFICATE', files.clientCertificateFile),
    load('CLIENT_KEY', files.clientKeyFile),
    loadExtra(),
  ]);
  return { ca, cert, key, more: [extra] };
}

/** The options for an https proxy, whose certificate may come from the private authority or a public one. */
function toProxyOptions({ ca, more }: TlsOptions): TlsOptions {
  return { more: [ca, ...more] };
}

async function loadPem(
  setting: string,
  path: string | undefined,
  diagnostics: Diagnostics,
): Promise<Buffer | undefined> {
  if (path === undefined) return undefined;
  let problem = 'no PEM';
  try {
    const pem = await readFile(path);
    if (pem.indexOf(PEM) >= 0) return pem;
  } catch (error) {
    problem = (error as NodeJS.ErrnoException).code ?? 'unreadable';
  }
  // Some users put the key itself into the variable.
  const seen = LIKE_A_PATH.test(path) ? `'${path}'` : 'a value that is not shown';
  diagnostics.warn(
    `${setting}: expected a readable PEM file, got ${seen} (${problem}); going on without it`,
  );
  return undefined;
}
