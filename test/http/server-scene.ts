// A server that answers 200, on a budget of its own, and clients by hand.
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { ByteBudget } from '../../src/http/byte-budget';
import { startHttpServer } from '../../src/http/server';
import type { HttpServerOptions, ReceivedRequest } from '../../src/http/served-connection';
import type { HttpServer } from '../../src/http/server';

export const MIB = 1024 * 1024;
const cleanups: (() => void)[] = [];

/** At the end of the test. */
export function atEnd(cleanup: () => void): void {
  cleanups.push(cleanup);
}

/** Ends servers and clients of the test. */
export function endScenes(): void {
  for (const cleanup of cleanups.splice(0)) cleanup();
}

export interface Scene {
  readonly budget: ByteBudget;
  readonly server: HttpServer;
  readonly requests: ReceivedRequest[];
  readonly open: () => Promise<Peer>;
}

export async function serve(
  options: Partial<HttpServerOptions> = {},
  limitBytes = 8 * MIB,
): Promise<Scene> {
  const budget = new ByteBudget(limitBytes);
  const requests: ReceivedRequest[] = [];
  const server = await startHttpServer(
    {
      maxBodyBytes: 8 * MIB,
      budget,
      onRequest: (request) => {
        requests.push(request);
        request.respond(200);
      },
      onOversize: (request) => request.respond(413),
      onError: () => undefined,
      ...options,
    },
    { host: '127.0.0.1' },
  );
  cleanups.push(() => server.close());
  return { budget, server, requests, open: () => Peer.connect(server.port) };
}

/** A client's socket: what it got, and whether it was closed. */
export class Peer {
  received = '';
  isClosed = false;
  private readonly waiting: (() => void)[] = [];

  private constructor(readonly socket: Socket) {
    socket.on('data', (bytes) => {
      this.received += bytes.toString('latin1');
      this.look();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.isClosed = true;
      this.look();
    });
  }

  /** `allowHalfOpen`: it goes on sending once the server has ended its side. */
  static connect(port: number, allowHalfOpen = false): Promise<Peer> {
    return new Promise((resolve) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen }, () => {
        cleanups.push(() => socket.destroy());
        resolve(new Peer(socket));
      });
    });
  }

  write(bytes: string | Buffer): Promise<void> {
    return new Promise((resolve) => this.socket.write(bytes, () => resolve()));
  }

  async until(isSo: (peer: Peer) => boolean): Promise<void> {
    while (!isSo(this)) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  get answers(): number {
    return this.received.split('HTTP/1.1 200').length - 1;
  }

  private look(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}

export const post = (body: string | number): string =>
  typeof body === 'number'
    ? `POST / HTTP/1.1\r\nContent-Length: ${body}\r\n\r\n`
    : `POST / HTTP/1.1\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
