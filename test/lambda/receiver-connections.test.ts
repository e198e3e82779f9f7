// How many connections the receiver keeps: a process may have 1,024 files in Lambda.
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { ByteBudget } from '../../src/http/byte-budget';
import { startOtlpReceiver } from '../../src/lambda/otlp-receiver';
import { recordDiagnostics } from '../extension/recorded-diagnostics';
import { freePorts } from '../free-ports';

it('are bounded over all ports together: the least useful goes first', async () => {
  const ports = await freePorts(2);
  const receiver = await startOtlpReceiver({
    ports,
    budget: new ByteBudget(24 * 1024 * 1024),
    diagnostics: recordDiagnostics(),
    onBody: () => 0,
    onRefused: () => undefined,
  });
  const open = (port: number): Promise<Socket> =>
    new Promise((resolve) => {
      const socket: Socket = connect({ port, host: '127.0.0.1' }, () => resolve(socket));
      socket.on('error', () => undefined);
    });
  const sockets: Socket[] = [];
  for (const port of ports) {
    for (let index = 0; index < 300; index += 1) sockets.push(await open(port));
  }
  for (const socket of sockets.slice(0, 200)) {
    if (!socket.closed) await once(socket, 'close');
  }
  expect(sockets.at(-1)?.closed).toBe(false);
  receiver.close();
  for (const socket of sockets) socket.destroy();
});
