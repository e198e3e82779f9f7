// The receiver as gRPC's own client for Node.js sees it.
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { gzipSync } from 'node:zlib';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import { ProtobufLogsSerializer } from '@opentelemetry/otlp-transformer';
import { encodeOtlpMessage } from 'local-lambda/otlp/decode';
import { ByteBudget } from '../../src/http/byte-budget';
import { startOtlpReceiver } from '../../src/lambda/otlp-receiver';
import type { OtlpBody } from '../../src/lambda/received-otlp';
import { refusalFields } from '../../src/lambda/grpc-receiver';
import { recordDiagnostics } from '../extension/recorded-diagnostics';
import { freePort } from '../free-ports';

const MIB = 1024 * 1024;
const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

async function receive() {
  const port = await freePort();
  const bodies: OtlpBody[] = [];
  const counts = { refused: 0, rejects: 0 };
  const budget = new ByteBudget(24 * MIB);
  const receiver = await startOtlpReceiver({
    ports: [port],
    budget,
    diagnostics: recordDiagnostics(),
    onBody: (body) => {
      bodies.push(body);
      return counts.rejects;
    },
    onRefused: () => void (counts.refused += 1),
  });
  cleanups.push(() => receiver.close());
  const client = (host = '127.0.0.1', options = {}): Client => {
    const opened = new Client(`${host}:${port}`, credentials.createInsecure(), options);
    cleanups.push(() => opened.close());
    return opened;
  };
  return { port, bodies, counts, budget, client };
}

const SERVICE = 'opentelemetry.proto.collector';
const PATHS = {
  traces: `/${SERVICE}.trace.v1.TraceService/Export`,
  metrics: `/${SERVICE}.metrics.v1.MetricsService/Export`,
  logs: `/${SERVICE}.logs.v1.LogsService/Export`,
};

interface Outcome {
  readonly code: number;
  readonly answer?: Buffer | undefined;
  readonly details?: string;
  readonly metadata?: Record<string, unknown>;
}

function call(
  client: Client,
  path: string,
  body: Buffer,
  metadata = new Metadata(),
): Promise<Outcome> {
  const same = (bytes: Buffer): Buffer => bytes;
  return new Promise((resolve) => {
    const take = (error: ServiceError | null, answer?: Buffer): void => {
      if (error === null) resolve({ code: 0, answer });
      else {
        const { code, details } = error;
        resolve({ code, details, metadata: error.metadata.getMap() });
      }
    };
    client.makeUnaryRequest(path, same, same, body, metadata, take);
  });
}

const logs = (body: string): Buffer =>
  encodeOtlpMessage('ExportLogsServiceRequest', {
    resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: body } }] }] }],
  });
const spans = encodeOtlpMessage('ExportTraceServiceRequest', {
  resourceSpans: [{ scopeSpans: [{ spans: [{ name: 'a' }] }] }],
});
const metrics = encodeOtlpMessage('ExportMetricsServiceRequest', {
  resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'a' }] }] }],
});

it.each(['127.0.0.1', '[::1]'])('takes all three signals at %s', async (host) => {
  const { client, bodies } = await receive();
  const opened = client(host);
  const sent = { traces: spans, metrics, logs: logs('a') };
  for (const [signal, path] of Object.entries(PATHS)) {
    const body = Buffer.from(sent[signal as keyof typeof sent]);
    expect(await call(opened, path, body)).toEqual({ code: 0, answer: Buffer.alloc(0) });
  }
  expect(bodies).toEqual(
    Object.entries(sent).map(([signal, bytes]) => ({
      signal,
      encoding: 'protobuf',
      bytes: Buffer.from(bytes),
      items: 1,
    })),
  );
});

it('takes gzip, also what becomes large, and a hundred calls at once', async () => {
  const { client, bodies, counts } = await receive();
  const opened = client('127.0.0.1', { 'grpc.default_compression_algorithm': 2 });
  const texts = Array.from({ length: 100 }, (_, index) => 'x'.repeat(index * 10_000));
  const answers = await Promise.all(
    texts.map((text) => call(opened, PATHS.logs, Buffer.from(logs(text)))),
  );
  expect(answers.every(({ code }) => code === 0)).toBe(true);
  const lengths = bodies.map(({ bytes }) => bytes.length).sort((a, b) => a - b);
  expect(lengths).toEqual(texts.map((text) => logs(text).length));
  expect(counts.refused).toBe(0);
});

it('says how much of a request had to go at once', async () => {
  const { client, counts } = await receive();
  counts.rejects = 3;
  const { code, answer } = await call(client(), PATHS.logs, Buffer.from(logs('a')));
  expect(code).toBe(0);
  expect(ProtobufLogsSerializer.deserializeResponse(answer ?? Buffer.alloc(0))).toEqual({
    partialSuccess: { rejectedLogRecords: 3, errorMessage: 'the buffer is full' },
  });
});

it('takes an empty request, of which nothing is passed on', async () => {
  const { client, bodies, counts } = await receive();
  expect(await call(client(), PATHS.logs, Buffer.alloc(0))).toMatchObject({ code: 0 });
  expect([bodies, counts.refused]).toEqual([[], 0]);
});

it.each([
  ['another service', '/grpc.health.v1.Health/Check', Buffer.alloc(0), 12],
  ['another method', PATHS.logs.replace('Export', 'Import'), Buffer.alloc(0), 12],
  ['what is no protobuf', PATHS.logs, Buffer.from('hello'), 3],
  ['more than 8 MiB', PATHS.logs, Buffer.alloc(8 * MIB + 1), 3],
])('refuses %s, counts it, and the connection goes on', async (_, path, body, code) => {
  const { client, bodies, counts, budget } = await receive();
  const opened = client();
  const refused = await call(opened, path, body);
  expect(refused).toMatchObject({ code });
  expect(refused.details).toMatch(/^expected .*, got /);
  expect(refused.metadata).not.toHaveProperty('grpc-status-details-bin');
  expect(bodies).toEqual([]);
  expect(counts.refused).toBe(1);
  expect(await call(opened, PATHS.logs, Buffer.from(logs('a')))).toMatchObject({ code: 0 });
  expect(budget.heldBytes).toBeLessThan(100_000);
});

it.each([20_000, 80_000])(
  'refuses metadata of %i bytes, so that no SDK sends it again',
  async (bytes) => {
    const { client, bodies, counts } = await receive();
    const metadata = new Metadata();
    // Characters whose code is not shorter than they are.
    metadata.set('x-key', '^'.repeat(bytes));
    const refused = await call(client(), PATHS.logs, logs('a'), metadata);
    expect(refused).toMatchObject({
      code: 3,
      details: 'expected metadata of at most 16384 bytes, got more',
    });
    expect([bodies, counts.refused]).toEqual([[], 1]);
    // Over another connection.
    expect(await call(client(), PATHS.logs, logs('a'))).toMatchObject({ code: 0 });
  },
);

/** What no gRPC library sends. */
async function sendRaw(
  port: number,
  body: Buffer,
  fields: Readonly<Record<string, string>> = {},
): Promise<Record<string, unknown>> {
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  cleanups.push(() => session.destroy());
  const stream = session.request({
    ':method': 'POST',
    ':path': PATHS.logs,
    'content-type': 'application/grpc',
    ...fields,
  });
  stream.end(body);
  let answer: Record<string, unknown> = {};
  for (const event of ['response', 'trailers']) {
    stream.on(event, (got: Record<string, unknown>) => (answer = { ...answer, ...got }));
  }
  stream.resume();
  await once(stream, 'end');
  return answer;
}

const framed = (bytes: Uint8Array, flag = 0): Buffer => {
  const head = Buffer.from([flag, 0, 0, 0, 0]);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
};
const bomb = gzipSync(Buffer.alloc(20 * MIB));

it.each([
  ['no message', Buffer.alloc(0), {}, '3'],
  ['half a message', framed(logs('abc')).subarray(0, -1), {}, '3'],
  ['two messages', Buffer.concat([framed(logs('a')), framed(logs('b'))]), {}, '3'],
  ['a flag that is none', framed(logs('a'), 2), {}, '3'],
  ['compressed without saying how', framed(gzipSync(logs('a')), 1), {}, '3'],
  ['gzip that is none', framed(logs('a'), 1), { 'grpc-encoding': 'gzip' }, '3'],
  ['gzip that becomes 20 MiB', framed(bomb, 1), { 'grpc-encoding': 'gzip' }, '3'],
  ['another compression', framed(logs('a')), { 'grpc-encoding': 'snappy' }, '12'],
])('refuses %s', async (_, body, fields, status) => {
  const { port, bodies, counts } = await receive();
  const answer = await sendRaw(port, body, fields);
  expect(answer).toMatchObject({ ':status': 200, 'grpc-status': status });
  if (status === '12') expect(answer['grpc-accept-encoding']).toBe('identity,gzip');
  expect([bodies, counts.refused]).toEqual([[], 1]);
});

it('takes a message that is not compressed although gzip is announced', async () => {
  const { port, bodies } = await receive();
  const answer = await sendRaw(port, framed(logs('a')), { 'grpc-encoding': 'gzip' });
  expect(answer).toMatchObject({ 'grpc-status': '0' });
  expect(bodies).toHaveLength(1);
});

it('answers HTTP/2 that is not gRPC with 415', async () => {
  const { port, counts } = await receive();
  expect(await sendRaw(port, logs('a'), { 'content-type': 'application/json' })).toMatchObject({
    ':status': 415,
  });
  expect(counts.refused).toBe(1);
});

it('refuses in ASCII, whatever letters it has to repeat', () => {
  expect(refusalFields({ status: 3, message: 'got ä%\n' })).toEqual({
    'grpc-status': '3',
    'grpc-message': 'got %C3%A4%25%0A',
  });
});
