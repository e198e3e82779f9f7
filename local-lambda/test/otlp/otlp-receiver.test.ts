// The receiver over real sockets: what it takes, what it refuses, and each way to misbehave.
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { encodeOtlpMessage } from '../../src/otlp/decode';
import type { OtlpReceiver, OtlpReceiverOptions } from '../../src/otlp/otlp-receiver';
import { startOtlpReceiver } from '../../src/otlp/otlp-receiver';

let receiver: OtlpReceiver;

async function start(options?: OtlpReceiverOptions): Promise<void> {
  receiver = await startOtlpReceiver(options);
}

afterEach(() => receiver.close());

const body = encodeOtlpMessage('ExportTraceServiceRequest', {
  resourceSpans: [{ scopeSpans: [{ spans: [{ name: 'orders' }] }] }],
});
const protobuf = { 'content-type': 'application/x-protobuf' };
const json = { 'content-type': 'application/json; charset=utf-8' };

function post(path = '/v1/traces', init: RequestInit = {}): Promise<Response> {
  return fetch(`${receiver.url}${path}`, { method: 'POST', headers: protobuf, body, ...init });
}

test('a request is taken, decoded and kept with what came over the wire', async () => {
  await start();
  const answer = await post();
  expect([answer.status, answer.headers.get('content-type')]).toEqual([
    200,
    'application/x-protobuf',
  ]);
  expect(await answer.text()).toBe('');
  expect(receiver.requests).toHaveLength(1);
  const [request] = receiver.requests;
  expect(request).toMatchObject({
    signal: 'traces',
    encoding: 'protobuf',
    outcome: 200,
    path: '/v1/traces',
    otlp: { resourceSpans: [{ scopeSpans: [{ spans: [{ name: 'orders' }] }] }] },
  });
  expect(request?.rawBody.equals(body)).toBe(true);
  expect(request?.headers['content-type']).toBe('application/x-protobuf');
  expect(receiver.accepted.traces).toHaveLength(1);
});

test('gzip is unpacked, and both forms of the body are kept', async () => {
  await start();
  const compressed = gzipSync(body);
  await post('/v1/traces', {
    headers: { ...protobuf, 'content-encoding': 'gzip' },
    body: compressed,
  });
  expect(receiver.requests[0]?.rawBody.equals(compressed)).toBe(true);
  expect(receiver.requests[0]?.body.equals(body)).toBe(true);
});

test('OTLP/JSON is taken and answered in JSON', async () => {
  await start();
  const answer = await post('/v1/logs', { headers: json, body: '{"resourceLogs":[]}' });
  expect(await answer.json()).toEqual({});
  expect(receiver.requests[0]).toMatchObject({ signal: 'logs', encoding: 'json' });
});

test('a base path before /v1 is fine', async () => {
  await start();
  expect((await post('/gateway/v1/metrics', { body: '' })).status).toBe(200);
  expect(receiver.requests[0]?.path).toBe('/gateway/v1/metrics');
});

test.each<[string, string, RequestInit, number]>([
  ['another path', '/v1/profiles', {}, 404],
  ['another method', '/v1/traces', { method: 'PUT' }, 405],
  ['another media type', '/v1/traces', { headers: { 'content-type': 'text/plain' } }, 415],
  [
    'another compression',
    '/v1/traces',
    { headers: { ...protobuf, 'content-encoding': 'br' } },
    415,
  ],
  ['broken gzip', '/v1/traces', { headers: { ...protobuf, 'content-encoding': 'gzip' } }, 400],
  ['broken protobuf', '/v1/traces', { body: 'text' }, 400],
  ['broken JSON', '/v1/traces', { headers: json, body: '{' }, 400],
  [
    'JSON that is not UTF-8',
    '/v1/traces',
    { headers: json, body: Buffer.from([0x22, 0xff, 0x22]) },
    400,
  ],
])('%s is refused with its status and a reason', async (_what, path, init, status) => {
  await start();
  expect((await post(path, init)).status).toBe(status);
  expect(receiver.requests).toEqual([]);
  expect(receiver.refused).toMatchObject([{ path, status }]);
  expect(receiver.refused[0]?.reason).not.toBe('');
});

test.each<[string, Buffer, Record<string, string>]>([
  ['a large body', Buffer.alloc(1001), {}],
  [
    'a small body that unpacks to a large one',
    gzipSync(Buffer.alloc(100_000)),
    { 'content-encoding': 'gzip' },
  ],
])('%s is refused with 413', async (_what, large, headers) => {
  await start({ maxBodyBytes: 1000 });
  expect(
    (await post('/v1/traces', { headers: { ...protobuf, ...headers }, body: large })).status,
  ).toBe(413);
});

test('a scripted status carries its headers, and the request counts as not accepted', async () => {
  await start({
    respond: () => ({
      kind: 'status',
      status: 503,
      headers: { 'retry-after': '7' },
      message: 'later',
    }),
  });
  const answer = await post('/v1/logs', { headers: json, body: '{}' });
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '7']);
  expect(await answer.json()).toEqual({ message: 'later' });
  expect(receiver.requests[0]?.outcome).toBe(503);
  expect(receiver.accepted.logs).toEqual([]);
});

test('the script sees the decoded request, and can be changed on the way', async () => {
  await start({
    respond: (request) =>
      request.signal === 'traces' && request.otlp.resourceSpans.length === 1
        ? { kind: 'status', status: 429 }
        : undefined,
  });
  expect((await post()).status).toBe(429);
  receiver.respondWith(undefined);
  expect((await post()).status).toBe(200);
});

test('partial success names what was rejected, in the words of its signal', async () => {
  await start({ respond: () => ({ kind: 'partial-success', rejected: 2, message: 'too old' }) });
  const answers = await Promise.all(
    ['traces', 'metrics', 'logs'].map(async (signal) => {
      const answer = await post(`/v1/${signal}`, { headers: json, body: '{}' });
      return answer.json();
    }),
  );
  expect(answers).toEqual([
    { partialSuccess: { rejectedSpans: '2', errorMessage: 'too old' } },
    { partialSuccess: { rejectedDataPoints: '2', errorMessage: 'too old' } },
    { partialSuccess: { rejectedLogRecords: '2', errorMessage: 'too old' } },
  ]);
  const bytes = new Uint8Array(await (await post()).arrayBuffer());
  expect([...bytes]).toEqual([0x0a, 11, 8, 2, 0x12, 7, ...Buffer.from('too old')]);
});

test.each(['reset', 'reset-in-answer'] as const)('%s breaks the connection', async (kind) => {
  await start({ respond: () => ({ kind }) });
  await expect(post().then((answer) => answer.text())).rejects.toThrow();
  expect(receiver.requests[0]?.outcome).toBe('reset');
  receiver.respondWith(undefined);
  expect((await post()).status).toBe(200);
  expect(receiver.connections).toBe(2);
});

test('hang never answers, and closing the receiver ends it', async () => {
  await start({ respond: () => ({ kind: 'hang' }) });
  const answer = post();
  await receiver.waitFor(({ requests }) => requests.length === 1, 5000);
  expect(receiver.requests[0]?.outcome).toBe('hung');
  await Promise.all([expect(answer).rejects.toThrow(), receiver.close()]);
});

test('slow answers after its delay, and closing the receiver does not wait for it', async () => {
  await start({
    respond: () => ({ kind: 'slow', delayMs: 1, then: { kind: 'status', status: 502 } }),
  });
  expect((await post()).status).toBe(502);
  receiver.respondWith(() => ({ kind: 'slow', delayMs: 1_000_000 }));
  const answer = post();
  await receiver.waitFor(({ requests }) => requests.length === 2, 5000);
  await Promise.all([expect(answer).rejects.toThrow(), receiver.close()]);
});

test('an early answer comes before the body is read', async () => {
  await start({ respondEarly: () => ({ kind: 'reset' }) });
  const socket = connect(receiver.port, '127.0.0.1');
  const broken = new Promise<string>((resolve) =>
    socket.on('error', ({ message }) => resolve(message)),
  );
  socket.write('POST /v1/metrics HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\n');
  socket.write('Content-Length: 1000\r\n\r\n');
  expect(await broken).toContain('ECONNRESET');
  expect(receiver.requests).toEqual([]);
});

test('a client that goes away within its body is noted', async () => {
  await start();
  const socket = connect(receiver.port, '127.0.0.1');
  socket.write('POST /v1/logs HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\n');
  socket.write('Content-Length: 1000\r\n\r\nabc', () => socket.destroy());
  await receiver.waitFor(({ refused }) => refused.length === 1, 5000);
  expect(receiver.refused[0]).toMatchObject({ path: '/v1/logs', status: 0 });
});

test('a script that throws is a 500 with its message, not a hanging client', async () => {
  await start({
    respond: () => {
      throw new Error('script failed');
    },
  });
  expect((await post()).status).toBe(500);
  expect(receiver.refused[0]?.reason).toContain('script failed');
});

test('requests of one connection carry its number', async () => {
  await start();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (const path of ['/v1/traces', '/v1/logs']) {
    const outgoing = request(`${receiver.url}${path}`, {
      method: 'POST',
      agent,
      headers: protobuf,
    });
    outgoing.end();
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    await once(answer.resume(), 'end');
  }
  agent.destroy();
  expect(receiver.requests.map(({ connection }) => connection)).toEqual([1, 1]);
});

test('waiting in vain says what did arrive', async () => {
  await start();
  await post();
  await expect(receiver.waitFor(({ requests }) => requests.length === 2, 5)).rejects.toThrow(
    'waited 5 ms in vain; arrived: traces (200)',
  );
});

test('closing twice is fine', async () => {
  await start();
  await receiver.close();
  await receiver.close();
});
