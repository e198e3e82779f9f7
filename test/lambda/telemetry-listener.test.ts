import { request } from 'node:http';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { ByteBudget } from '../../src/http/byte-budget';
import { startTelemetryListener } from '../../src/lambda/telemetry-api';
import type { TelemetryListener } from '../../src/lambda/telemetry-api';
import { recordDiagnostics } from '../extension/recorded-diagnostics';

interface Arrived {
  readonly text: string;
  readonly isGzip: boolean;
  readonly sequenceId: string | undefined;
}

const listeners: TelemetryListener[] = [];

async function listen() {
  const arrived: Arrived[] = [];
  const waiting: (() => void)[] = [];
  const diagnostics = recordDiagnostics();
  const listener = await startTelemetryListener({
    diagnostics,
    budget: new ByteBudget(24 * 1024 * 1024),
    onBody: ({ bytes, isGzip, sequenceId }) => {
      arrived.push({ text: bytes.toString('utf8'), isGzip, sequenceId });
      for (const wake of waiting.splice(0)) wake();
    },
  });
  listeners.push(listener);
  const until = async (count: number): Promise<void> => {
    while (arrived.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
  };
  return { arrived, until, diagnostics, port: listener.port };
}

interface Post {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly chunks?: readonly (string | Buffer)[];
}

function send(port: number, { method = 'POST', path = '/', headers, chunks = [] }: Post) {
  return new Promise<number | 'cut'>((resolve) => {
    const outgoing = request({ port, host: '127.0.0.1', method, path, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    outgoing.on('error', () => resolve('cut'));
    for (const chunk of chunks) outgoing.write(chunk);
    outgoing.end();
  });
}

afterEach(() => {
  for (const listener of listeners.splice(0)) listener.close();
});

it.each([
  { method: 'POST', path: '/telemetry' },
  { method: 'PUT', path: '/telemetry/' },
  { method: 'POST', path: '/' },
  { method: 'POST', path: '/any/where?x=1' },
])('the listener takes $method $path', async ({ method, path }) => {
  const { arrived, until, port } = await listen();
  const headers = { 'Sequence-Id': 's1' };
  expect(await send(port, { method, path, headers, chunks: ['[]'] })).toBe(200);
  await until(1);
  expect(arrived).toEqual([{ text: '[]', isGzip: false, sequenceId: 's1' }]);
});

it.each(['GET', 'HEAD', 'DELETE'])('the listener refuses %s and goes on', async (method) => {
  const { arrived, until, port } = await listen();
  expect(await send(port, { method })).toBe(405);
  expect(await send(port, { chunks: ['[]'] })).toBe(200);
  await until(1);
  expect(arrived).toHaveLength(1);
});

it('the listener joins a character that two chunks share', async () => {
  const { arrived, until, port } = await listen();
  const bytes = Buffer.from('["ö€😀"]');
  const chunks = [...bytes].map((byte) => Buffer.of(byte));
  expect(await send(port, { headers: { 'Content-Type': 'x/y; charset=utf-8' }, chunks })).toBe(200);
  await until(1);
  expect(arrived[0]?.text).toBe('["ö€😀"]');
});

it.each(['gzip', 'x-gzip', ' GZIP '])(
  'the listener hands over what is said to be %s as it came',
  async (encoding) => {
    const { arrived, until, port } = await listen();
    const body = gzipSync('[1]');
    const headers = { 'Content-Encoding': encoding };
    expect(await send(port, { headers, chunks: [body] })).toBe(200);
    await until(1);
    expect(arrived).toEqual([{ text: body.toString('utf8'), isGzip: true }]);
  },
);

it.each(['br', 'deflate', 'zstd', 'gzip, gzip'])(
  'the listener refuses %s with 415',
  async (encoding) => {
    const { arrived, until, port } = await listen();
    expect(await send(port, { headers: { 'Content-Encoding': encoding }, chunks: ['x'] })).toBe(
      415,
    );
    await send(port, { headers: { 'Content-Encoding': 'identity' }, chunks: ['[]'] });
    await until(1);
    expect(arrived.map(({ text }) => text)).toEqual(['[]']);
  },
);

it('acknowledges an empty body, and hands nothing over', async () => {
  const { arrived, until, port } = await listen();
  expect(await send(port, {})).toBe(200);
  await send(port, { chunks: ['[]'] });
  await until(1);
  expect(arrived).toHaveLength(1);
});

it('the listener hands over nothing of a body whose sender disconnected', async () => {
  const { arrived, until, port } = await listen();
  const socket = connect(port, '127.0.0.1');
  await new Promise<void>((resolve) =>
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n[{"time"', () =>
      resolve(),
    ),
  );
  socket.resetAndDestroy();
  await send(port, { chunks: ['[]'] });
  await until(1);
  expect(arrived.map(({ text }) => text)).toEqual(['[]']);
});

it.each([
  { title: 'says that it is too long', headers: { 'Content-Length': String(9 * 1024 * 1024) } },
  { title: 'turns out to be too long', headers: { 'Transfer-Encoding': 'chunked' } },
])('the listener cuts a body that $title, and goes on', async ({ headers }) => {
  const { arrived, until, diagnostics, port } = await listen();
  const chunks = Array.from({ length: 9 }, () => Buffer.alloc(1024 * 1024, 0x20));
  expect(await send(port, { headers, chunks })).toBe('cut');
  expect(await send(port, { chunks: ['[]'] })).toBe(200);
  await until(1);
  expect(arrived).toHaveLength(1);
  expect(diagnostics.lines).toEqual([expect.stringContaining('warn telemetry listener: expected')]);
});

it('the listener takes 8 MiB at once', async () => {
  const { arrived, until, port } = await listen();
  const chunks = [Buffer.alloc(8 * 1024 * 1024, 0x20)];
  expect(await send(port, { chunks })).toBe(200);
  await until(1);
  expect(arrived[0]?.text.length).toBe(8 * 1024 * 1024);
});

it('survives bytes that are not HTTP', async () => {
  const { until, port } = await listen();
  await new Promise<void>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('\u0000\u0001 nonsense\r\n\r\n'));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
    socket.resume();
  });
  expect(await send(port, { chunks: ['[]'] })).toBe(200);
  await until(1);
});

it('every listener has a port of its own, none of them 9001', async () => {
  const ports = [await listen(), await listen()].map(({ port }) => port);
  expect(new Set([...ports, 9001]).size).toBe(3);
});
