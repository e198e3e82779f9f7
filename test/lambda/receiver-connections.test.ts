// What the receiver does when more comes over its connections than it can hold.
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { ByteBudget } from '../../src/http/byte-budget';
import { MAX_CONNECTIONS } from '../../src/http/server';
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

it('counts the unfinished request of a connection that is cut for another one', async () => {
  const { open, counts, diagnostics } = await receive(new ByteBudget(24 * MIB));
  const first = await open();
  first.write('POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nunfin');
  // A second one, which is idle.
  const closed = [first, await open()].map((socket) => once(socket, 'close'));
  for (let index = 0; index < MAX_CONNECTIONS; index += 1) await open();
  await Promise.all(closed);
  expect(counts.refused).toBe(1);
  expect(diagnostics.lines).toEqual([expect.stringContaining('and 384 connections, got more')]);
});

const HTTP1 = `POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Length: ${MIB}\r\n\r\n`;
const HTTP2 = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
/** The HEADERS of a call that has a body. */
const headers = (id: number): Buffer => Buffer.from([0, 0, 1, 1, 4, 0, 0, 0, id, 0x83]);
const data = (id: number): Buffer =>
  Buffer.concat([Buffer.from([0, 0x40, 0, 0, 0, 0, 0, 0, id]), Buffer.alloc(16_384)]);

it.each([
  ['HTTP/1.1', [Buffer.from(HTTP1), Buffer.alloc(600_000)]],
  ['gRPC', [Buffer.from(HTTP2), headers(1), ...Array.from({ length: 40 }, () => data(1))]],
])('counts unfinished requests that it cuts, and says so once: %s', async (_, parts) => {
  const { open, counts, diagnostics } = await receive(new ByteBudget(MIB));
  const sockets = [await open(), await open(), await open()];
  for (const socket of sockets) socket.write(Buffer.concat(parts));
  while (counts.refused < 2) await new Promise(setImmediate);
  expect(diagnostics.lines).toEqual([
    expect.stringMatching(/^warn OTLP receiver: expected at most 1048576 bytes of unfinished/),
  ]);
});

it('counts each of the unfinished calls of a gRPC connection that it cuts', async () => {
  const { open, counts } = await receive(new ByteBudget(MIB));
  const calls = Array.from({ length: 10 }, (_, index) => 2 * index + 1);
  const socket = await open();
  socket.write(Buffer.concat([Buffer.from(HTTP2), ...calls.map(headers)]));
  socket.write(Buffer.concat(calls.flatMap((id) => Array.from({ length: 8 }, () => data(id)))));
  while (counts.refused === 0) await new Promise(setImmediate);
  expect(counts.refused).toBe(calls.length);
});

it('counts the unfinished calls of a gRPC connection that violates the protocol', async () => {
  const { open, counts, diagnostics } = await receive(new ByteBudget(MIB));
  const socket = await open();
  const settingsOfOneByte = Buffer.from([0, 0, 1, 4, 0, 0, 0, 0, 0, 0]);
  socket.write(Buffer.concat([Buffer.from(HTTP2), headers(1), headers(3), settingsOfOneByte]));
  await once(socket.resume(), 'end');
  expect(counts.refused).toBe(2);
  expect(diagnostics.lines).toEqual([]);
});
