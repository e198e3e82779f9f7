// HTTP by a bare socket: node:http's client takes longer than the servers that are measured.
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

/** Milliseconds until the answer came. */
export async function post(
  socket: Socket,
  { path, type, body }: { readonly path: string; readonly type: string; readonly body: Buffer },
): Promise<number> {
  const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`;
  const answered = once(socket, 'data');
  const startMs = performance.now();
  socket.write(Buffer.concat([Buffer.from(head), body]));
  await answered;
  return performance.now() - startMs;
}

export async function connectTo(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  return socket;
}
