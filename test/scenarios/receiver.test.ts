// The function's own SDK hands its telemetry to the layer at localhost, and both become one trace.
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  ProtobufLogsSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';
import { encodeOtlpMessage } from 'local-lambda/otlp/decode';
import { SPAN_KIND } from 'local-lambda/otlp/model';
import type { ArrivedSpan } from './arrived-telemetry';
import { total } from './arrived-telemetry';
import { startInstrumented } from './instrumented-run';
import { endRuns, EXTENSIONS, finish, startLayer } from './layer-run';
import type { LayerRun } from './layer-run';

afterEach(endRuns);

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly length: string | null;
  readonly body: string;
}

const protobuf = { 'content-type': 'application/x-protobuf' };
const json = { 'content-type': 'application/json' };

async function post(run: LayerRun, requests: readonly unknown[]): Promise<readonly Answer[]> {
  const { response: payload } = await run.lambda.invoke({ action: 'post', requests });
  return payload as readonly Answer[];
}

const hexOf = (byte: number, length: number): string =>
  byte.toString(16).padStart(2, '0').repeat(length);

const attributes = [{ key: 'a', value: { stringValue: 'b' } }];
/** Below a parent that is not received: nothing to join. */
const spans = Array.from({ length: 10 }, (_, index) => ({
  traceId: hexOf(index + 1, 16),
  spanId: hexOf(index + 1, 8),
  parentSpanId: hexOf(0xee, 8),
  name: `span ${index}`,
  kind: 3,
  startTimeUnixNano: '1790000000123456789',
  endTimeUnixNano: '1790000000987654321',
  attributes,
}));
const requestOf = (list: readonly unknown[]): unknown => ({
  resourceSpans: [
    { resource: { attributes }, scopeSpans: [{ scope: { name: 's' }, spans: list }] },
  ],
});
const longOf = (text: string): unknown => ({
  low: Number(BigInt.asIntN(32, BigInt(text))),
  high: Number(BigInt(text) >> 32n),
});
const wireSpans = spans.map((span) => ({
  ...span,
  traceId: Buffer.from(span.traceId, 'hex'),
  spanId: Buffer.from(span.spanId, 'hex'),
  parentSpanId: Buffer.from(span.parentSpanId, 'hex'),
  startTimeUnixNano: longOf(span.startTimeUnixNano),
  endTimeUnixNano: longOf(span.endTimeUnixNano),
}));
const protobufBody = encodeOtlpMessage(
  'ExportTraceServiceRequest',
  requestOf(wireSpans) as Record<string, unknown>,
);
const jsonBody = Buffer.from(JSON.stringify(requestOf(spans)));

const SERIALIZERS = {
  traces: ProtobufTraceSerializer,
  metrics: ProtobufMetricsSerializer,
  logs: ProtobufLogsSerializer,
};

function rejectedOf(signal: keyof typeof SERIALIZERS, answer: Buffer): number {
  const { partialSuccess = {} } = SERIALIZERS[signal].deserializeResponse(answer);
  return Number(Object.values(partialSuccess).find((value) => typeof value === 'number'));
}

/** Of each of `manyOf`. */
const REDACTING = { LAMBDA_OTLP_REDACT_PATTERNS: '["xxxxx"]' };

/** More spans than wait to be joined. */
const MANY = 10_000;

/** Items of some 200 bytes. */
function manyOf(signal: keyof typeof SERIALIZERS, count: number): Record<string, unknown> {
  const text = (index: number): string => `many ${index} ${'x'.repeat(150)}`;
  const times = { startTimeUnixNano: longOf('1790000000123456789') };
  const items = {
    traces: (index: number) => ({ ...wireSpans[0], spanId: idOf(index), name: text(index) }),
    logs: (index: number) => ({
      timeUnixNano: times.startTimeUnixNano,
      observedTimeUnixNano: times.startTimeUnixNano,
      body: { stringValue: text(index) },
    }),
    metrics: (index: number) => ({
      name: `many.${index}`,
      description: text(index),
      gauge: { dataPoints: [{ ...times, timeUnixNano: times.startTimeUnixNano, asDouble: 1 }] },
    }),
  };
  const list = Array.from({ length: count }, (_, index) => items[signal](index + 1));
  const [resources, scopes, name] = {
    traces: ['resourceSpans', 'scopeSpans', 'spans'],
    logs: ['resourceLogs', 'scopeLogs', 'logRecords'],
    metrics: ['resourceMetrics', 'scopeMetrics', 'metrics'],
  }[signal] as [string, string, string];
  return { [resources]: [{ [scopes]: [{ scope: { name: 's' }, [name]: list }] }] };
}

const idOf = (index: number): Buffer => Buffer.from(index.toString(16).padStart(16, '0'), 'hex');

const LAYER = dirname(EXTENSIONS);
/** On the native host files are bytecode. */
const EXTENSION_OF_CODE = existsSync(join(LAYER, 'lambda-otlp/main.js')) ? '.js' : '.qbc';

function copyLayerWithout(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'layer-'));
  cpSync(LAYER, folder, { recursive: true });
  rmSync(join(folder, 'lambda-otlp', `${name}${EXTENSION_OF_CODE}`));
  return folder;
}

function sdkSpans(list: readonly ArrivedSpan[]): readonly ArrivedSpan[] {
  return list.filter(({ name }) => name.startsWith('span '));
}

describe('the receiver', () => {
  it.each([
    ['protobuf', protobuf, protobufBody, 'application/x-protobuf', ''],
    ['JSON', json, jsonBody, 'application/json', '{"partialSuccess":{}}'],
    [
      'gzip',
      { ...protobuf, 'content-encoding': 'gzip' },
      gzipSync(protobufBody),
      'application/x-protobuf',
      '',
    ],
  ])('takes spans in %s and passes them on before the next poll', async (...row) => {
    const [, headers, body, type, text] = row;
    const run = await startInstrumented();
    const [answer] = await post(run, [{ headers, body: body.toString('base64') }]);
    expect(answer).toMatchObject({ status: 200, type, length: String(text.length) });
    expect(Buffer.from(answer?.body ?? '', 'base64').toString()).toBe(text);
    const arrived = sdkSpans(run.arrivedAtReport(0).spans);
    expect(arrived).toMatchObject(spans.map((span) => ({ ...span, attributes: [{ key: 'a' }] })));
    expect(sdkSpans((await finish(run)).spans)).toHaveLength(10);
  });

  it.each([
    ['spans', 'traces', 'ExportTraceServiceRequest', 'span', {}],
    ['log records', 'logs', 'ExportLogsServiceRequest', 'log', {}],
    ['data points', 'metrics', 'ExportMetricsServiceRequest', 'metric_data_point', {}],
    ['redacted spans', 'traces', 'ExportTraceServiceRequest', 'span', REDACTING],
    ['redacted log records', 'logs', 'ExportLogsServiceRequest', 'log', REDACTING],
  ] as const)('says how many %s had no room, and counts each once', async (...row) => {
    const [, signal, message, item, settings] = row;
    const run = await startInstrumented({
      settings: { LAMBDA_OTLP_BUFFER_BYTES: '65536', ...settings },
    });
    // Loads what the first request waits for.
    await post(run, [{ headers: protobuf, body: '' }]);
    const body = Buffer.from(encodeOtlpMessage(message, manyOf(signal, MANY)));
    const [answer] = await post(run, [
      { path: `/v1/${signal}`, headers: protobuf, body: body.toString('base64') },
    ]);
    const rejected = rejectedOf(signal, Buffer.from(answer?.body ?? '', 'base64'));
    expect(answer?.status).toBe(200);
    expect(rejected).toBeGreaterThan(MANY / 3);
    const telemetry = await finish(run);
    const arrived = {
      traces: telemetry.spans.filter(({ name }) => name.startsWith('many')).length,
      logs: telemetry.logs.filter(({ text }) => JSON.stringify(text).includes('many')).length,
      metrics: telemetry.series.filter(({ name }) => name.startsWith('many')).length,
    };
    // What the extension itself adds takes some room, too.
    expect(arrived[signal]).toBeLessThanOrEqual(MANY - rejected);
    const dropped = total(telemetry, `otel.sdk.exporter.${item}.exported`, {
      'error.type': 'queue_full',
    });
    expect(dropped).toBeGreaterThanOrEqual(MANY - arrived[signal]);
  });

  it('completes the resource of the SDK', async () => {
    const run = await startInstrumented();
    await post(run, [{ headers: protobuf, body: protobufBody.toString('base64') }]);
    const [span] = sdkSpans((await finish(run)).spans);
    expect(span?.resource).toMatchObject({
      a: 'b',
      'service.name': 'orders',
      'faas.name': 'orders',
      'cloud.provider': 'aws',
      'service.instance.id': expect.any(String) as string,
    });
    expect(span?.resource).not.toHaveProperty(['telemetry.sdk.name']);
  });

  it('refuses what is no OTLP, counts it, and goes on', async () => {
    const run = await startInstrumented();
    const answers = await post(run, [
      { path: '/', headers: protobuf, body: '' },
      { method: 'GET' },
      { headers: { 'content-type': 'text/plain' }, body: 'YQ==' },
      { headers: protobuf, body: protobufBody.subarray(0, -1).toString('base64') },
      { headers: { ...protobuf, 'content-encoding': 'gzip' }, body: 'YWJj' },
      {
        headers: { ...protobuf, 'content-encoding': 'gzip' },
        body: gzipSync(Buffer.alloc(10_000_000)).toString('base64'),
      },
      { headers: protobuf, body: '' },
      { headers: protobuf, body: protobufBody.toString('base64') },
    ]);
    expect(answers.map(({ status }) => status)).toEqual([404, 405, 415, 400, 400, 413, 200, 200]);
    const { series, spans: arrived } = await finish(run);
    expect(sdkSpans(arrived)).toHaveLength(10);
    const invalid = series.filter(({ name }) => name === 'lambda.telemetry.invalid');
    expect(invalid).toHaveLength(1);
  });

  it.each([
    ['HTTP', {}],
    ['gRPC', { RECEIVER_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }],
  ])(
    'makes one trace with one SERVER span of what Lambda and the SDK know, by %s',
    async (...row) => {
      const run = await startInstrumented({ settings: row[1] });
      const traceId = hexOf(0xab, 16);
      const caller = hexOf(0xcd, 8);
      const headers = { traceparent: `00-${traceId}-${caller}-01` };
      const { response: payload, requestId } = await run.lambda.invoke({
        action: 'traced',
        headers,
      });
      const { spanId } = payload as { readonly spanId: string };
      const { spans: arrived, logs } = await finish(run);
      const servers = arrived.filter(({ kind }) => kind === SPAN_KIND.server);
      expect(servers).toHaveLength(1);
      expect(servers[0]).toMatchObject({ traceId, spanId, parentSpanId: caller, name: 'handler' });
      expect(servers[0]?.plain).toMatchObject({
        'faas.invocation_id': requestId,
        'faas.coldstart': true,
        'lambda.status': 'success',
      });
      const names = (parent: string): readonly string[] =>
        arrived.filter(({ parentSpanId }) => parentSpanId === parent).map(({ name }) => name);
      expect(names(spanId)).toEqual(
        expect.arrayContaining([
          'child 0',
          'child 1',
          'init',
          'responseLatency',
          'runtimeOverhead',
        ]),
      );
      expect(new Set(arrived.map((span) => span.traceId))).toEqual(new Set([traceId]));
      const line = logs.find(({ text }) => text === 'in the handler');
      expect(line).toMatchObject({ traceId, spanId });
      expect(run.output()).not.toContain('grpc');
    },
  );

  it('puts the invocation span above a lone root of the SDK', async () => {
    const run = await startInstrumented();
    const { response: payload } = await run.lambda.invoke({ action: 'traced', server: false });
    const { traceId } = payload as { readonly traceId: string };
    const { spans: arrived } = await finish(run);
    const own = arrived.find(({ kind }) => kind === SPAN_KIND.server);
    expect(own).toMatchObject({ traceId, name: 'orders' });
    const root = arrived.find(({ name }) => name === 'handler');
    expect(root).toMatchObject({ parentSpanId: own?.spanId });
  });

  it.each([
    ['warns once of lines that come from stdout and from the SDK', ['a', 'b'], ['a', 'b'], 1],
    ['says nothing of lines that only one of them has', ['a', 'b'], ['c', 'd'], 0],
  ])('%s, and passes both on', async (_, lines, bridged, warnings) => {
    const run = await startInstrumented();
    for (let count = 0; count < 3; count += 1) {
      await run.lambda.invoke({ action: 'logged', lines, bridged });
    }
    const { logs } = await finish(run);
    for (const text of new Set([...lines, ...bridged])) {
      const times = Number(lines.includes(text)) + Number(bridged.includes(text));
      expect(logs.filter((record) => record.text === text)).toHaveLength(3 * times);
    }
    const said = run.output().match(/LAMBDA_OTLP_STREAMS=platform/g) ?? [];
    expect(said).toHaveLength(warnings);
  });

  it('leaves what the SDK says alone where nothing is to be joined', async () => {
    const run = await startInstrumented({ settings: { LAMBDA_OTLP_JOIN: 'off' } });
    await run.lambda.invoke({ action: 'traced' });
    const { spans: arrived } = await finish(run);
    expect(arrived.filter(({ kind }) => kind === SPAN_KIND.server)).toHaveLength(2);
  });

  it('without what speaks gRPC warns once, closes such connections, and goes on', async () => {
    const layer = copyLayerWithout('grpc-receiver');
    const run = await startInstrumented({
      extensionsDir: join(layer, 'extensions'),
      // As an SDK says that it will speak it, and at whose connections it is loaded.
      settings: { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
    });
    for (let count = 0; count < 4; count += 1) {
      const socket = connect(run.receiverPort, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
      await once(socket, 'close');
    }
    await post(run, [{ headers: protobuf, body: protobufBody.toString('base64') }]);
    const { spans: arrived } = await finish(run);
    expect(sdkSpans(arrived)).toHaveLength(10);
    expect(arrived.filter(({ kind }) => kind === SPAN_KIND.server)).toHaveLength(1);
    expect(run.output().match(/gRPC could not be loaded/g)).toHaveLength(1);
    rmSync(layer, { recursive: true });
  });

  it('takes everything where nothing can be sent, so that no handler waits', async () => {
    const layer = copyLayerWithout('pipeline');
    const run = await startInstrumented({ extensionsDir: join(layer, 'extensions') });
    const body = Buffer.from(encodeOtlpMessage('ExportLogsServiceRequest', manyOf('logs', 5_000)));
    const request = { path: '/v1/logs', headers: protobuf, body: body.toString('base64') };
    for (let count = 0; count < 4; count += 1) {
      const answers = await post(
        run,
        Array.from({ length: 10 }, () => request),
      );
      expect(answers.every(({ status }) => status === 200)).toBe(true);
    }
    expect((await finish(run)).logs).toEqual([]);
    expect(run.output()).toContain('the function runs without telemetry');
    rmSync(layer, { recursive: true });
  });

  it('follows the sampler of the SDK: what it did not draw leaves no span', async () => {
    const run = await startInstrumented({ settings: { LAMBDA_OTLP_OTEL_TRACES_SAMPLER: 'sdk' } });
    await post(run, []);
    const drawn = await run.lambda.invoke({ action: 'traced' });
    const manual = await run.lambda.invoke({ action: 'traced', server: false });
    const failed = await run.lambda.invoke({ action: 'none such' });
    expect(failed.functionError).toBeDefined();
    const { spans: arrived, logs, series } = await finish(run);
    const servers = arrived.filter(({ kind }) => kind === SPAN_KIND.server);
    expect(servers.map(({ plain }) => plain['faas.invocation_id'])).toEqual([
      drawn.requestId,
      manual.requestId,
    ]);
    expect(new Set(arrived.map(({ traceId }) => traceId)).size).toBe(2);
    expect(logs.some(({ plain }) => plain['faas.invocation_id'] === failed.requestId)).toBe(true);
    expect(total({ spans: [], logs: [], series }, 'faas.invocations')).toBe(3);
  });

  it('keeps what KEEP names beside that', async () => {
    const settings = { LAMBDA_OTLP_OTEL_TRACES_SAMPLER: 'sdk', LAMBDA_OTLP_KEEP: 'errors' };
    const run = await startInstrumented({ settings });
    await post(run, []);
    const failed = await run.lambda.invoke({ action: 'none such' });
    const servers = (await finish(run)).spans.filter(({ kind }) => kind === SPAN_KIND.server);
    expect(servers.map(({ plain }) => plain['faas.invocation_id'])).toEqual([failed.requestId]);
  });

  it('takes signals that the extension does not export, drops them, and says so once', async () => {
    const run = await startInstrumented({
      settings: {
        LAMBDA_OTLP_OTEL_METRICS_EXPORTER: 'none',
        LAMBDA_OTLP_OTEL_LOGS_EXPORTER: 'none',
      },
    });
    const body = (signal: 'logs' | 'metrics', message: string) => ({
      path: `/v1/${signal}`,
      headers: protobuf,
      body: Buffer.from(encodeOtlpMessage(message, manyOf(signal, 3))).toString('base64'),
    });
    const answers = await post(run, [
      body('metrics', 'ExportMetricsServiceRequest'),
      body('logs', 'ExportLogsServiceRequest'),
      body('metrics', 'ExportMetricsServiceRequest'),
      { headers: protobuf, body: protobufBody.toString('base64') },
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const { spans: arrived, logs, series } = await finish(run);
    expect(sdkSpans(arrived)).toHaveLength(10);
    expect([logs, series]).toEqual([[], []]);
    expect(run.output().match(/exports no metrics, logs/g)).toHaveLength(1);
  });

  it('warns once of a port that is taken, and the function goes on', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const run = await startLayer({ settings: { LAMBDA_OTLP_RECEIVER: String(port) } });
    await run.lambda.invoke({});
    expect((await finish(run)).spans.length).toBeGreaterThan(0);
    expect(run.output().match(/EADDRINUSE/g)).toHaveLength(1);
    taken.close();
  });
});
