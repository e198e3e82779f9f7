// TLS before an endpoint that speaks none, as a load balancer is: what it does to a connection is done to both.
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:tls';
import { certificateFile, identityOf } from '../delivery/tls-endpoint';

export const AUTHORITY = certificateFile('ca.pem');

export interface TlsFront {
  readonly url: string;
  /** Where the connections from now on lead to. */
  port: number;
  /** Those that carry nothing just now are ended. */
  endIdle(): void;
  close(): void;
}

export async function startTlsFront(): Promise<TlsFront> {
  const open = new Map<Socket, { isIdle: boolean }>();
  const server = createServer(identityOf('server'), (socket) => {
    const state = { isIdle: true };
    open.set(socket, state);
    const onward = connect({ port: front.port, host: '127.0.0.1', noDelay: true });
    socket.on('data', (bytes: Buffer) => {
      state.isIdle = false;
      onward.write(bytes);
    });
    onward.on('data', (bytes: Buffer) => {
      socket.write(bytes);
      state.isIdle = true;
    });
    for (const [from, to] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      from.on('error', () => undefined);
      from.on('close', () => to.destroy());
    }
    socket.on('close', () => open.delete(socket));
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const front: TlsFront = {
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    port: 0,
    endIdle() {
      for (const [socket, { isIdle }] of open) if (isIdle) socket.destroy();
    },
    close() {
      server.close();
      for (const socket of open.keys()) socket.destroy();
    },
  };
  return front;
}
