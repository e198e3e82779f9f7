// What the receiver does when more comes over its connections than it can hold.
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { ByteBudget } from '../../src/http/byte-budget';
import { startOtlpReceiver } from '../../src/lambda/otlp-receiver';
import { recordDiagnostics } from '../extension/recorded-diagnostics';
import { freePorts } from '../free-ports';

const MIB = 1024 * 1024;
const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

async function receive(budget: ByteBudget) {
  const ports = await freePorts(2);
  const diagnostics = recordDiagnostics();
  const counts = { refused: 0 };
  const receiver = await startOtlpReceiver({
    ports,
    budget,
    diagnostics,
    onBody: () => 0,
    onRefused: () => void (counts.refused += 1),
  });
  cleanups.push(() => receiver.close());
  const open = async (port = ports[0]): Promise<Socket> => {
    const socket = connect({ port: port ?? 0, host: '127.0.0.1' });
    socket.on('error', () => undefined);
    cleanups.push(() => socket.destroy());
    await once(socket, 'connect');
    return socket;
  };
  return { ports, open, counts, diagnostics };
}

it('bounds connections over all ports together: the least useful goes first', async () => {
  const { ports, open } = await receive(new ByteBudget(24 * MIB));
  const sockets: Socket[] = [];
  for (const port of ports) {
    for (let index = 0; index < 300; index += 1) sockets.push(await open(port));
  }
  for (const socket of sockets.slice(0, 200)) {
    if (!socket.closed) await once(socket, 'close');
  }
  expect(sockets.at(-1)?.closed).toBe(false);
});

const HTTP1 = `POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Length: ${MIB}\r\n\r\n`;
const HTTP2 = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
/** The HEADERS of a call that has a body, and DATA. */
const HEADERS = Buffer.from([0, 0, 1, 1, 4, 0, 0, 0, 1, 0x83]);
const DATA = Buffer.concat([Buffer.from([0, 0x40, 0, 0, 0, 0, 0, 0, 1]), Buffer.alloc(16_384)]);

it.each([
  ['HTTP/1.1', [Buffer.from(HTTP1), Buffer.alloc(600_000)]],
  ['gRPC', [Buffer.from(HTTP2), HEADERS, ...Array.from({ length: 40 }, () => DATA)]],
])('counts unfinished requests that it cuts, and says so once: %s', async (_, parts) => {
  const { open, counts, diagnostics } = await receive(new ByteBudget(MIB));
  const sockets = [await open(), await open(), await open()];
  for (const socket of sockets) socket.write(Buffer.concat(parts));
  while (counts.refused < 2) await new Promise(setImmediate);
  expect(diagnostics.lines).toEqual([
    expect.stringMatching(/^warn OTLP receiver: expected at most 1048576 bytes of unfinished/),
  ]);
});
