// What the receiver promises where things go wrong around it: an endpoint that is gone, floods, deltas of unknown fate,
// a platform without the Telemetry API.
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { encodeOtlpMessage } from 'local-lambda/otlp/decode';
import { toFlatMetrics } from 'local-lambda/otlp/flatten';
import { readStopLine } from '../faults/accounting';
import { startFaultyEndpoint } from '../faults/faulty-endpoint';
import type { FaultyEndpoint } from '../faults/faulty-endpoint';
import { freePort } from '../free-ports';
import { readTelemetry, total } from './arrived-telemetry';
import { startInstrumented } from './instrumented-run';
import { endRuns, EXTENSION, EXTENSIONS, finish } from './layer-run';
import type { LayerRun } from './layer-run';

let endpoint: FaultyEndpoint;
beforeEach(async () => {
  endpoint = await startFaultyEndpoint();
});
afterEach(async () => {
  await endRuns();
  await endpoint.close();
});

const MIB = 1_048_576;
const FLOOD_TIMEOUT_MS = 120_000;
const TIMEOUT_MS = 1_500;
const ENDPOINT = 'LAMBDA_OTLP_OTEL_EXPORTER_OTLP_ENDPOINT';
const protobuf = { 'content-type': 'application/x-protobuf' };

type Trouble = 'refuses' | 'hangs' | 'answers 503';

async function begin(trouble: Trouble): Promise<void> {
  if (trouble === 'refuses') await endpoint.stopListening();
  else if (trouble === 'hangs') endpoint.respondWith(() => ({ kind: 'hang' }));
  else endpoint.respondWith(() => ({ kind: 'status', status: 503 }));
}

const SDK_NAMES = ['child 0', 'child 1', 'handler'];
const sdkSpansAt = ({ requests }: FaultyEndpoint) =>
  readTelemetry(requests).spans.filter(({ name }) => SDK_NAMES.includes(name));
const startWith = (settings: Readonly<Record<string, string>> = {}) =>
  startInstrumented({ settings: { [ENDPOINT]: endpoint.url, ...settings } });

describe.each<Trouble>(['refuses', 'hangs', 'answers 503'])('an endpoint that %s', (trouble) => {
  it('holds no flush of the SDK, and gets every span once when it is well', async () => {
    const run = await startWith({
      LAMBDA_OTLP_FLUSH_BUDGET_MS: '100',
      LAMBDA_OTLP_OTEL_EXPORTER_OTLP_TIMEOUT: String(TIMEOUT_MS),
    });
    await run.lambda.invoke({ action: 'traced' });
    await begin(trouble);
    const flushesMs: number[] = [];
    for (let count = 0; count < 20; count += 1) {
      const { response } = await run.lambda.invoke({ action: 'traced' });
      flushesMs.push((response as { readonly flushMs: number }).flushMs);
    }
    // An SDK that waited for the endpoint would wait for its timeout each time; a busy machine is slow now and then.
    expect(Math.min(...flushesMs)).toBeLessThan(TIMEOUT_MS);
    await endpoint.heal();
    await finish(run);
    const ids = sdkSpansAt(endpoint).map(({ spanId }) => spanId);
    expect(ids).toHaveLength(63);
    expect(new Set(ids).size).toBe(63);
  });

  it('at SHUTDOWN costs no more than its time, and what it did not take is counted', async () => {
    const run = await startWith();
    await begin(trouble);
    await run.lambda.invoke({ action: 'unflushed' });
    await finish(run);
    const { exported, dropped } = readStopLine(run.output());
    expect(exported.traces).toBe(0);
    expect(dropped.traces).toBeGreaterThanOrEqual(3);
  });
});

/** Some 200 bytes each, below a parent that is not received. */
function spansBody(count: number): Buffer {
  const spans = Array.from({ length: count }, (_, index) => ({
    traceId: Buffer.alloc(16, 7),
    spanId: Buffer.from((index + 1).toString(16).padStart(16, '0'), 'hex'),
    parentSpanId: Buffer.alloc(8, 9),
    name: `flood ${index}`,
    kind: 3,
    attributes: [{ key: 'a', value: { stringValue: 'x'.repeat(130) } }],
  }));
  return Buffer.from(
    encodeOtlpMessage('ExportTraceServiceRequest', {
      resourceSpans: [{ scopeSpans: [{ scope: { name: 's' }, spans }] }],
    }),
  );
}

const anonymousBytes = ({ lambda }: LayerRun): number =>
  lambda.extensions.find(({ name }) => name === EXTENSION)?.readStatistics()?.anonymousBytes ?? 0;

/** At SHUTDOWN what an endpoint is slow to answer would be sent twice. */
async function drain(run: LayerRun): Promise<void> {
  for (;;) {
    const { response } = await run.lambda.invoke({ action: 'traced' });
    const { spanId } = response as { readonly spanId: string };
    if (sdkSpansAt(endpoint).some((span) => span.spanId === spanId)) return;
    await wait(200);
  }
}

it(
  'takes 200 MB of spans with the endpoint gone, in bounded memory, and counts each',
  async () => {
    const run = await startInstrumented({
      // A host that interprets takes some ten megabytes a second.
      timeoutMs: FLOOD_TIMEOUT_MS,
      settings: { [ENDPOINT]: endpoint.url, LAMBDA_OTLP_BUFFER_BYTES: String(4 * MIB) },
    });
    await run.lambda.invoke({ action: 'traced' });
    await endpoint.stopListening();
    const idleBytes = anonymousBytes(run);
    const body = spansBody(5_000);
    const count = Math.ceil((200 * MIB) / body.length);
    const flood = { action: 'flood', count, body: body.toString('base64') };
    const { response } = await run.lambda.invoke(flood);
    expect(response).toEqual({ 200: count });
    // Three times the buffer, and what V8 has not collected yet, of which Node.js 24 lets more gather.
    expect(anonymousBytes(run) - idleBytes).toBeLessThan(3 * 4 * MIB + 52 * MIB);
    await endpoint.heal();
    await drain(run);
    await finish(run);
    const { spans } = readTelemetry(endpoint.requests);
    const { exported, dropped } = readStopLine(run.output());
    expect(spans).toHaveLength(exported.traces);
    const own = spans.filter(({ name }) => !name.startsWith('flood')).length;
    // Of the extension's own some went, too.
    const counted = exported.traces + dropped.traces - own;
    expect(counted).toBeGreaterThanOrEqual(count * 5_000);
    expect(counted).toBeLessThan(count * 5_000 + 30);
  },
  2 * FLOOD_TIMEOUT_MS,
);

it('passes deltas and totals on unchanged, and sends only totals again where their fate is unknown', async () => {
  const time = { low: 1, high: 416_000_000 };
  const sum = (aggregationTemporality: number) => ({
    aggregationTemporality,
    isMonotonic: true,
    dataPoints: [{ startTimeUnixNano: time, timeUnixNano: time, asDouble: 1.5 }],
  });
  const metrics = [
    { name: 'sdk.delta', sum: sum(1) },
    { name: 'sdk.cumulative', sum: sum(2) },
    { name: 'sdk.gauge', gauge: { dataPoints: [{ timeUnixNano: time, asDouble: 2.5 }] } },
  ];
  const body = encodeOtlpMessage('ExportMetricsServiceRequest', {
    resourceMetrics: [{ scopeMetrics: [{ scope: { name: 's' }, metrics }] }],
  });
  const requests = [
    { path: '/v1/metrics', headers: protobuf, body: Buffer.from(body).toString('base64') },
  ];
  const run = await startWith();
  await run.lambda.invoke({ action: 'post', requests });
  const taken = (): readonly string[] =>
    toFlatMetrics(
      endpoint.requests.flatMap((request) =>
        request.signal === 'metrics' && request.outcome === 200 ? [request.otlp] : [],
      ),
    )
      .filter(({ metric }) => metric.name.startsWith('sdk.'))
      .map(({ metric }) => JSON.stringify([metric.name, metric.sum ?? metric.gauge]));
  const first = taken();
  expect(first).toHaveLength(3);
  endpoint.respondWith(({ signal }) => (signal === 'metrics' ? { kind: 'reset' } : undefined));
  await run.lambda.invoke({ action: 'post', requests });
  endpoint.respondWith(undefined);
  await finish(run);
  expect(taken().slice(3)).toEqual(first.filter((metric) => !metric.includes('delta')));
  const unknown = total(
    readTelemetry(endpoint.requests),
    'otel.sdk.exporter.metric_data_point.exported',
    { 'error.type': 'unknown_fate' },
  );
  expect(unknown).toBeGreaterThanOrEqual(1);
});

it('relays without the Telemetry API: while the function runs, with the next request, at SHUTDOWN', async () => {
  const run = await startInstrumented({
    telemetry: 'unsupported',
    settings: { [ENDPOINT]: endpoint.url },
  });
  for (let count = 0; count < 3; count += 1) await run.lambda.invoke({ action: 'traced' });
  // Beside the last one at the latest.
  expect(sdkSpansAt(endpoint).length).toBeGreaterThan(0);
  await finish(run);
  expect(sdkSpansAt(endpoint)).toHaveLength(9);
  expect(run.output().match(/"level":"warn"/g)).toHaveLength(1);
});

it('does not send to itself: one warning, and platform telemetry goes on where it can', async () => {
  const port = await freePort();
  const run = await startInstrumented({
    settings: {
      LAMBDA_OTLP_RECEIVER: String(port),
      [ENDPOINT]: `http://127.1:${port}`,
      [`${ENDPOINT.replace('_ENDPOINT', '')}_TRACES_ENDPOINT`]: `${endpoint.url}/v1/traces`,
    },
  });
  await run.lambda.invoke({ action: 'none such' });
  await run.lambda.shutdown();
  expect(run.output().match(/which is the receiver itself/g)).toHaveLength(1);
  expect(readTelemetry(endpoint.requests).spans.length).toBeGreaterThan(0);
});

/** An Extensions API that does what `onPoll` says at the first poll, and then shuts down. */
async function serveApi(onPoll: () => Promise<void>): Promise<number> {
  const server = createServer((request, response) => {
    request.resume();
    const path = request.url ?? '';
    if (path.endsWith('/register')) {
      response.setHeader('Lambda-Extension-Identifier', 'id');
      response.end('{"functionName":"orders","functionVersion":"7","handler":"h"}');
    } else if (path.endsWith('/event/next')) {
      const deadlineMs = Date.now() + 2_000;
      const event = { eventType: 'SHUTDOWN', shutdownReason: 'spindown', deadlineMs };
      void onPoll().then(() => response.end(JSON.stringify(event)));
    } else response.end('OK');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  servers.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

const servers: (() => void)[] = [];
afterEach(() => {
  for (const close of servers.splice(0)) close();
});

function accepts(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port });
  return new Promise((resolve) => {
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

it('accepts at both addresses of localhost before the first poll, so before any handler can run', async () => {
  const port = await freePort();
  const accepted: boolean[] = [];
  const api = await serveApi(async () => {
    const hosts = ['127.0.0.1', '::1'];
    accepted.push(...(await Promise.all(hosts.map((host) => accepts(host, port)))));
  });
  const extension = spawn(join(EXTENSIONS, EXTENSION), {
    env: {
      PATH: process.env['PATH'],
      AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${api}`,
      LAMBDA_OTLP_RECEIVER: String(port),
      [ENDPOINT]: endpoint.url,
    },
  });
  const [code] = (await once(extension, 'close')) as [number];
  expect(code).toBe(0);
  expect(accepted).toEqual([true, true]);
});
