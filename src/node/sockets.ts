// TCP and TLS. What comes in on a socket that this process opened is read into one block of memory that all of them
// share: node:net would allocate 64 KB for every read and take each answer through a stream (a fifth of an
// exchange's CPU).
import { _createServerHandle, connect, createServer, isIP } from 'node:net';
import type { AddressInfo, ListenOptions, Server, Socket, TcpNetConnectOpts } from 'node:net';
import type { SecureContext } from 'node:tls';

export { BlockList, isIP } from 'node:net';
export type { Socket } from 'node:net';

/** A freeze may outlast any TCP keep-alive; it is there for middle boxes that drop idle connections. */
const SOCKET_OPTIONS = { noDelay: true, keepAlive: true, autoSelectFamily: true } as const;
const READ_BYTES = 16_384;
const READ_BLOCK = Buffer.allocUnsafeSlow(READ_BYTES);

/**
 * Connecting; it emits 'data' with bytes of their own, and keeps none for a listener that comes later. Not for
 * a socket that TLS is to take over.
 */
export function openPlainSocket(options: TcpNetConnectOpts): Socket {
  const socket: Socket = connect({
    ...SOCKET_OPTIONS,
    ...options,
    // Read at once into the block, and copied before another socket's turn.
    onread: {
      buffer: READ_BLOCK,
      callback: (length, bytes) => socket.emit('data', copyOf(bytes as Buffer, length)),
    },
  });
  return socket;
}

/** Connecting, for TLS to take over. */
export function openSocket(address: Address): Socket {
  return connect({ ...address, ...SOCKET_OPTIONS });
}

/** Buffer.from does the same in five steps. */
function copyOf(bytes: Buffer, length: number): Buffer {
  const copy = Buffer.allocUnsafe(length);
  bytes.copy(copy, 0, 0, length);
  return copy;
}

declare module 'node:net' {
  /** What Node's own clusters listen with; no part of its documented interface, so that it may be missing. */
  const _createServerHandle:
    | ((...at: [address: string, port: number, family: 4 | 6, fd: -1]) => ListenOptions | number)
    | undefined;
}

export interface ListeningOptions {
  /** A loopback address. Default: every address, IPv6 too where there is one. */
  readonly host?: '127.0.0.1' | '::1';
  /** Default: a free one. */
  readonly port?: number;
  /** Never chosen among the free ones. */
  readonly reservedPort?: number;
  readonly onConnection: (socket: Socket) => void;
  /** After it was bound. */
  readonly onError: (error: Error) => void;
}

export interface Listening {
  readonly port: number;
  /** Takes no further connection; those that are open stay. */
  close(): void;
}

/** Accepts connections; each may outlive its peer's end of it. Rejects when nothing can be bound. */
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
 * For a host Node loads node:dns, and compiles the pattern by which it tells IPv6 addresses from names: 4 ms of CPU
 * before the first poll. Throws where the machine has no IPv6.
 */
function toTarget({ host, port = 0 }: ListeningOptions): ListenOptions {
  const family = host === '::1' ? 6 : 4;
  const bound = host && _createServerHandle?.(host, port, family, -1);
  if (typeof bound === 'object') return bound;
  if (typeof bound === 'number' && family === 6) {
    throw Object.assign(new Error(`no ${host} here`), { code: 'EADDRNOTAVAIL' });
  }
  // What else can be wrong, Node says.
  return { port, host };
}

/** Of one endpoint; PEM. */
export interface TlsOptions {
  /** Trusted instead of the public authorities. */
  readonly ca?: Buffer | undefined;
  readonly cert?: Buffer | undefined;
  readonly key?: Buffer | undefined;
  /** Trusted besides. */
  readonly more: readonly (Buffer | undefined)[];
}

/** `socket`: an open tunnel to use instead of a connection of its own. */
type TlsTarget = Address & { readonly socket?: Socket };

export type TlsConnector = (target: TlsTarget) => Socket;

/**
 * TLS connections to one endpoint. The last session is kept: after a thaw the handshake is resumed, which saves a
 * round trip and the server's certificate. Loads node:tls, which costs milliseconds, for the first https endpoint.
 */
export async function loadTlsConnector({ ca, cert, key, more }: TlsOptions): Promise<TlsConnector> {
  const { connect, createSecureContext } = await import('node:tls');
  let secureContext: SecureContext | undefined;
  let session: Buffer | undefined;
  // Throws each time for invalid certificates or keys: the failed request then reports it.
  const createContext = (): SecureContext => {
    const created = createSecureContext({ ca, cert, key });
    const { context } = created as { readonly context: { addCACert(pem: Buffer): void } };
    // What Node does with `ca` itself. A list with tls.rootCertificates would do the same in 50 ms instead of 2.
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
    // As an option it has no effect on a TLS socket: each flush would wait for a delayed acknowledgement.
    secure.setNoDelay(true);
    secure.on('session', (latest: Buffer) => (session = latest));
    // A session that the server does not take any more must not break the next connection too.
    secure.on('error', () => (session = undefined));
    return secure;
  };
}

/** Where a URL's connections go. */
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
