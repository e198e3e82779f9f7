// node:http as the reference, and a client that sends bytes piece by piece.
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

/** Sends the pieces one by one, then a request; resolves when that is answered and the connection closed. */
export async function sendPieces(port: number, pieces: readonly string[]): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const ended = new Promise<void>((resolve) => void socket.on('close', () => resolve()));
  socket.on('error', () => undefined);
  socket.resume();
  for (const piece of pieces) {
    await new Promise<void>((resolve) => void socket.write(piece, 'latin1', () => resolve()));
  }
  socket.end('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  await ended;
}
