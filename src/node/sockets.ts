// TCP and TLS. The sockets that this process opens are read into one shared block of memory: node:net would allocate
// 64 KB for every read and pass each answer through a stream (a fifth of an exchange's CPU).
import { _createServerHandle, connect, createServer, isIP } from 'node:net';
import type { AddressInfo, ListenOptions, Server, Socket, TcpNetConnectOpts } from 'node:net';
import type { SecureContext } from 'node:tls';

export { BlockList, isIP } from 'node:net';
export type { Socket } from 'node:net';

/** A freeze may outlast any TCP keep-alive; keep-alive is for middleboxes that drop idle connections. */
const SOCKET_OPTIONS = { noDelay: true, keepAlive: true, autoSelectFamily: true } as const;
const READ_BYTES = 16_384;
const READ_BLOCK = Buffer.allocUnsafeSlow(READ_BYTES);

/**
 * Returns a socket that is still connecting. Each 'data' event has bytes of its own; bytes that arrive before there
 * is a listener are lost. Not for a socket that TLS is to take over.
 */
export function openPlainSocket(options: TcpNetConnectOpts): Socket {
  const socket: Socket = connect({
    ...SOCKET_OPTIONS,
    ...options,
    // The block is read at once, and copied before another socket's turn.
    onread: {
      buffer: READ_BLOCK,
      callback: (length, bytes) => socket.emit('data', copyOf(bytes as Buffer, length)),
    },
  });
  return socket;
}

/** Returns a socket that is still connecting, for TLS to take over. */
export function openSocket(address: Address): Socket {
  return connect({ ...address, ...SOCKET_OPTIONS });
}

/** Buffer.from would do the same, in five steps. */
function copyOf(bytes: Buffer, length: number): Buffer {
  const copy = Buffer.allocUnsafe(length);
  bytes.copy(copy, 0, 0, length);
  return copy;
}

declare module 'node:net' {
  /** What Node's cluster module listens with. It is not documented, so it may be missing. */
  const _createServerHandle:
    | ((...at: [address: string, port: number, family: 4 | 6, fd: -1]) => ListenOptions | number)
    | undefined;
}

export interface ListeningOptions {
  /** A loopback address; by default every address, including IPv6 where there is one. */
  readonly host?: '127.0.0.1' | '::1';
  /** By default a free port. */
  readonly port?: number;
  /** A port that must not be chosen when a free one is looked for. */
  readonly reservedPort?: number;
  readonly onConnection: (socket: Socket) => void;
  /** Called for errors after the server was bound. */
  readonly onError: (error: Error) => void;
}

export interface Listening {
  readonly port: number;
  /** Stops accepting connections; open ones stay open. */
  close(): void;
}

/** Accepts connections; each stays half-open when the peer ends its side. Rejects when nothing can be bound. */
export async function listen(options: ListeningOptions): Promise<Listening> {
  const server = createServer({ noDelay: true, allowHalfOpen: true }, options.onConnection);
  let port = await bind(server, options);
  if (port === options.reservedPort) {
    await new Promise<void>((resolve) => void server.close(() => resolve()));
    port = await bind(server, options);
  }
  server.on('error', options.onError);
  return { port, close: () => void server.close() };
}

function bind(server: Server, address: ListeningOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(toTarget(address), () => {
      server.removeListener('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/**
 * Given a host, Node would load node:dns and compile the pattern that tells IPv6 addresses from names, 4 ms of CPU
 * before the first poll; an open handle avoids that. Throws if the machine has no IPv6.
 */
function toTarget({ host, port = 0 }: ListeningOptions): ListenOptions {
  const family = host === '::1' ? 6 : 4;
  const bound = host && _createServerHandle?.(host, port, family, -1);
  if (typeof bound === 'object') return bound;
  if (typeof bound === 'number' && family === 6) {
    throw Object.assign(new Error(`no ${host} here`), { code: 'EADDRNOTAVAIL' });
  }
  // Node reports any other error.
  return { port, host };
}

/** The TLS settings of one endpoint, in PEM. */
export interface TlsOptions {
  /** Trusted instead of the public certificate authorities. */
  readonly ca?: Buffer | undefined;
  readonly cert?: Buffer | undefined;
  readonly key?: Buffer | undefined;
  /** Trusted in addition to the others. */
  readonly more: readonly (Buffer | undefined)[];
}

/** `socket`: an open tunnel, used instead of a new connection. */
type TlsTarget = Address & { readonly socket?: Socket };

export type TlsConnector = (target: TlsTarget) => Socket;

/**
 * TLS connections to one endpoint. The last session is kept, so that after a thaw the handshake is resumed, which
 * saves a round trip and the server's certificate. Loads node:tls, which takes milliseconds, only when there is an
 * https endpoint.
 */
export async function loadTlsConnector({ ca, cert, key, more }: TlsOptions): Promise<TlsConnector> {
  const { connect, createSecureContext } = await import('node:tls');
  let secureContext: SecureContext | undefined;
  let session: Buffer | undefined;
  // Throws every time if a certificate or key is invalid; the failed request reports it.
  const createContext = (): SecureContext => {
    const created = createSecureContext({ ca, cert, key });
    const { context } = created as { readonly context: { addCACert(pem: Buffer): void } };
    // As Node itself does with `ca`. Passing a list with tls.rootCertificates would take 50 ms instead of 2.
    for (const pem of more) if (pem !== undefined) context.addCACert(pem);
    return created;
  };
  return ({ host, port, socket }) => {
    secureContext ??= createContext();
    const secure = connect({
      ...SOCKET_OPTIONS,
      secureContext,
      host,
      ...(socket === undefined ? { port } : { socket }),
      ALPNProtocols: ['http/1.1'],
      ...(isIP(host) === 0 && { servername: host }),
      ...(session !== undefined && { session }),
    });
    // As an option it has no effect on a TLS socket; without this call each flush would wait for a delayed
    // acknowledgement.
    secure.setNoDelay(true);
    secure.on('session', (latest: Buffer) => (session = latest));
    // A session that the server no longer accepts must not break the next connection as well.
    secure.on('error', () => (session = undefined));
    return secure;
  };
}

/** The target of a URL's connections. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

export function toAddress(url: string): Address {
  const { hostname, port, protocol } = new URL(url);
  const standard = protocol === 'https:' ? 443 : 80;
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? standard : Number(port),
  };
}
