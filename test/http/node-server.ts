// node:http as the reference, and what a server in this process costs for bytes that come piece by piece.
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';

export async function serveWithNode(): Promise<{ readonly port: number; close(): void }> {
  const server: Server = createServer((request, response) => {
    request.resume().on('end', () => response.end());
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Milliseconds of CPU from the first byte to the answer of what follows all of them; the client's included. */
export async function cpuMs(port: number, pieces: readonly string[]): Promise<number> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const ended = new Promise<void>((resolve) => void socket.on('close', () => resolve()));
  socket.on('error', () => undefined);
  socket.resume();
  const before = process.cpuUsage();
  for (const piece of pieces) {
    await new Promise<void>((resolve) => void socket.write(piece, 'latin1', () => resolve()));
  }
  socket.end('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  await ended;
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
