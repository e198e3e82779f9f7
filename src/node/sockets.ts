// TCP. What comes in on a socket that this process opened is read into one block of memory that all of them
// share: node:net would allocate 64 KB for every read and take each answer through a stream (a fifth of an
// exchange's CPU).
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket, TcpNetConnectOpts } from 'node:net';

export type { Socket } from 'node:net';

const READ_BYTES = 16_384;
const READ_BLOCK = Buffer.allocUnsafeSlow(READ_BYTES);

/**
 * Connecting; it emits 'data' with bytes of their own, and keeps none for a listener that comes later. Not for
 * a socket that TLS is to take over.
 */
export function openPlainSocket(options: TcpNetConnectOpts): Socket {
  const socket: Socket = connect({
    ...options,
    noDelay: true,
    // Read at once into the block, and copied before another socket's turn.
    onread: {
      buffer: READ_BLOCK,
      callback: (length, bytes) => socket.emit('data', copyOf(bytes as Buffer, length)),
    },
  });
  return socket;
}

/** Buffer.from does the same in five steps. */
function copyOf(bytes: Buffer, length: number): Buffer {
  const copy = Buffer.allocUnsafe(length);
  bytes.copy(copy, 0, 0, length);
  return copy;
}

export interface ListeningOptions {
  /** Default: every address, IPv6 too where there is one. */
  readonly host?: string;
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

function bind(server: Server, { host, port = 0 }: ListeningOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host }, () => {
      server.removeListener('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
