// The pipeline with a real receiver and a clock that stands still until a test moves it: when metrics leave.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pipeline } from '../../src/extension/pipeline';
import { createDiagnosticsWriter } from '../../src/extension/diagnostics-writer';
import { createPipeline } from '../../src/extension/pipeline';
import { DEAD_ENDS, rehearse } from '../../src/extension/rehearsal';
import type { Transport } from '../../src/delivery/transport/transport';
import type { TransportFactory } from '../../src/delivery/transport/transport-factory';
import { startOtlpReceiver } from 'local-lambda/otlp/otlp-receiver';
import type { OtlpReceiver } from 'local-lambda/otlp/otlp-receiver';
import { encodeOtlpMessage } from 'local-lambda/otlp/decode';
import { toFlatLogRecords, toFlatMetrics, toFlatSpans } from 'local-lambda/otlp/flatten';
import { recordDiagnostics } from './recorded-diagnostics';

const ORIGIN_MS = Date.UTC(2026, 2, 2, 8, 15, 0);
const RUNNING = true;

interface Scene {
  readonly pipeline: Pipeline;
  readonly receiver: OtlpReceiver;
  /** An invocation's telemetry, from start to report. */
  readonly takeInvocation: (requestId: string) => void;
  readonly moveClock: (ms: number) => void;
  readonly flush: (whileRunning?: boolean) => Promise<void>;
  /** How many requests with metrics came. */
  readonly metricsRequests: () => number;
  /** The sum of a counter's points; undefined: it never came. */
  readonly total: (metric: string) => number | undefined;
}

const NOTHING_UNREAD = { bodies: 0, bytes: 0, records: 0 };

function end(pipeline: Pipeline): Promise<void> {
  return pipeline.shutdown({
    reason: 'spindown',
    deadlineMs: ORIGIN_MS + 2_000,
    unread: NOTHING_UNREAD,
  });
}

let folder: string;
let receiver: OtlpReceiver;
let nowMs: number;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lambda-otlp-pipeline-'));
  nowMs = ORIGIN_MS;
  jest.spyOn(Date, 'now').mockImplementation(() => nowMs);
  receiver = await startOtlpReceiver();
});

afterEach(async () => {
  jest.restoreAllMocks();
  await receiver.close();
  rmSync(folder, { recursive: true });
});

function toBody(requestId: string): string {
  const time = (ms: number) => new Date(nowMs + ms).toISOString();
  const metrics = { durationMs: 12, billedDurationMs: 13, memorySizeMB: 128, maxMemoryUsedMB: 70 };
  return JSON.stringify([
    { time: time(0), type: 'platform.start', record: { requestId } },
    {
      time: time(12),
      type: 'platform.runtimeDone',
      record: { requestId, status: 'success', metrics: { durationMs: 12 } },
    },
    {
      time: time(13),
      type: 'platform.report',
      record: { requestId, status: 'success', metrics },
    },
  ]);
}

function createScene(variables: Record<string, string> = {}): Scene {
  const pipeline = createPipeline({
    variables: {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      // With an endpoint on localhost every export would take metrics along.
      LAMBDA_OTLP_FLUSH: 'adaptive',
      TMPDIR: folder,
      ...variables,
    },
    registration: { extensionId: 'id' },
    diagnostics: recordDiagnostics(),
  });
  return {
    pipeline,
    receiver,
    takeInvocation: (requestId) => pipeline.accept(toBody(requestId)),
    moveClock: (ms) => (nowMs += ms),
    flush: async (whileRunning) => {
      await pipeline.flush(nowMs + 10_000, whileRunning);
    },
    metricsRequests: () => receiver.accepted.metrics.length,
    total(name) {
      const points = toFlatMetrics(receiver.accepted.metrics)
        .filter(({ metric }) => metric.name === name)
        .flatMap(({ metric }) => metric.sum?.dataPoints ?? []);
      if (points.length === 0) return undefined;
      return points.reduce((sum, point) => sum + Number(point.asInt ?? point.asDouble), 0);
    },
  };
}

it('metrics of exports while the function runs leave with the first, then not before three seconds have passed', async () => {
  const { takeInvocation, moveClock, flush, metricsRequests, total } = createScene();
  const seen: number[] = [];
  for (const id of ['a', 'b', 'c', 'd']) {
    takeInvocation(id);
    await flush(RUNNING);
    seen.push(metricsRequests());
    moveClock(1_499);
  }
  takeInvocation('e');
  await flush(RUNNING);
  expect([...seen, metricsRequests()]).toEqual([1, 1, 1, 2, 2]);
  expect(total('faas.invocations')).toBe(4);
});

it('metrics of exports while the function runs leave with every export beside a Collector on localhost', async () => {
  const { takeInvocation, flush, metricsRequests } = createScene({ LAMBDA_OTLP_FLUSH: '' });
  for (const id of ['a', 'b', 'c']) {
    takeInvocation(id);
    await flush(RUNNING);
  }
  expect(metricsRequests()).toBe(3);
});

it('metrics of exports while the function runs wait although nothing else does, so the pipeline is not idle', async () => {
  const { pipeline, takeInvocation, flush, receiver: endpoint } = createScene();
  takeInvocation('a');
  await flush(RUNNING);
  expect(pipeline.idle).toBe(true);
  takeInvocation('b');
  await flush(RUNNING);
  expect(endpoint.accepted.traces).toHaveLength(2);
  expect(pipeline.idle).toBe(false);
});

it.each([
  ['an export at the end of an invocation', (scene: Scene) => scene.flush()],
  ['SHUTDOWN', (scene: Scene) => end(scene.pipeline)],
  [
    'a clock that was set back',
    (scene: Scene) => {
      scene.moveClock(-3_600_000);
      return scene.flush(RUNNING);
    },
  ],
  [
    'telemetry that could not be read',
    (scene: Scene) => {
      scene.pipeline.accept('no JSON');
      return scene.flush(RUNNING);
    },
  ],
])(
  'metrics that wait while the function runs leave with %s, each invocation counted once',
  async (_, leave) => {
    const scene = createScene();
    for (const id of ['a', 'b', 'c']) {
      scene.takeInvocation(id);
      await scene.flush(RUNNING);
    }
    expect(scene.total('faas.invocations')).toBe(1);
    await leave(scene);
    expect(scene.total('faas.invocations')).toBe(3);
    expect(scene.pipeline.idle).toBe(true);
  },
);

it('an export at the end takes the metrics along whenever it is', async () => {
  const { takeInvocation, flush, metricsRequests } = createScene();
  for (const id of ['a', 'b', 'c']) {
    takeInvocation(id);
    await flush();
  }
  expect(metricsRequests()).toBe(3);
});

it('an export at the end takes the metrics along also when one while running begins meanwhile', async () => {
  const scene = createScene();
  scene.takeInvocation('a');
  await scene.flush(RUNNING);
  // An endpoint that failed is tried with one request first; metrics follow when it was answered.
  receiver.respondWith(() => ({ kind: 'status', status: 503 }));
  scene.takeInvocation('b');
  await scene.flush(RUNNING);
  receiver.respondWith(undefined);
  const atEnd = scene.flush();
  const besides = scene.flush(RUNNING);
  await Promise.all([atEnd, besides]);
  expect(scene.total('faas.invocations')).toBe(2);
});

const EVERY_SETTING = {
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
  LAMBDA_OTLP_REDACT: 'all',
  LAMBDA_OTLP_KEEP: 'errors',
  LAMBDA_OTLP_OTHERS: 'none',
};

it.each([{}, EVERY_SETTING])(
  'the rehearsal of the first invocation leaves nothing behind, with %j',
  async (variables) => {
    const { pipeline, receiver: endpoint } = createScene(variables);
    await pipeline.rehearse(() => false);
    expect(pipeline.idle).toBe(true);
    await end(pipeline);
    const { traces, metrics, logs } = endpoint.accepted;
    const names = toFlatMetrics(metrics).map(({ metric }) => metric.name);
    expect({ traces, logs }).toEqual({ traces: [], logs: [] });
    expect(names.filter((name) => !name.startsWith('otel.sdk.'))).toEqual([]);
  },
);

it('the rehearsal of the first invocation changes nothing of what the first invocation sends', async () => {
  const sent: unknown[] = [];
  for (const isRehearsed of [false, true]) {
    const { pipeline, takeInvocation, flush, receiver: endpoint } = createScene();
    if (isRehearsed) await pipeline.rehearse(() => false);
    const from = endpoint.accepted.traces.length;
    takeInvocation('a');
    await flush();
    sent.push(
      endpoint.accepted.traces.slice(from).map(({ resourceSpans }) => resourceSpans[0]?.scopeSpans),
    );
  }
  expect(sent[1]).toEqual(sent[0]);
});

it.each([
  ['goes as far as requests of each signal', () => false, ['logs', 'metrics', 'traces']],
  ['ends where an invocation comes', () => true, []],
])('the rehearsal of the first invocation %s', async (_, isOver, expected) => {
  const signals = new Set<string>();
  const transports: TransportFactory = {
    ...DEAD_ENDS,
    create(signal, configuration) {
      const wayOut = DEAD_ENDS.create(signal, configuration);
      const send: Transport['send'] = (...request) => {
        signals.add(signal);
        return wayOut.transport.send(...request);
      };
      return { ...wayOut, transport: { ...wayOut.transport, send } };
    },
  };
  const diagnostics = recordDiagnostics();
  const registration = { extensionId: 'id' };
  const variables = { TMPDIR: folder };
  const pipeline = createPipeline({ variables, registration, diagnostics, transports });
  await rehearse(pipeline, isOver);
  expect([...signals].sort()).toEqual(expected);
});

const span = { traceId: Buffer.alloc(16, 1), spanId: Buffer.alloc(8, 2), name: 'late' };
const bytes = encodeOtlpMessage('ExportTraceServiceRequest', {
  resourceSpans: [{ scopeSpans: [{ spans: [span] }] }],
});
const otlp = { signal: 'traces', encoding: 'protobuf', bytes, items: 1 } as const;

it.each([
  ['data points', 'metrics', 'ExportMetricsServiceRequest'],
  ['log records', 'logs', 'ExportLogsServiceRequest'],
] as const)(
  'what the SDK hands over has as many %s refused as its answer says',
  async (_, signal, message) => {
    const { pipeline, flush } = createScene({ LAMBDA_OTLP_BUFFER_BYTES: '65536' });
    const point = { asInt: 1, attributes: [{ key: 'a', value: { stringValue: 'x'.repeat(90) } }] };
    const items = Array.from({ length: 1_000 }, (_, index) =>
      signal === 'metrics'
        ? { name: `many.${index}`, gauge: { dataPoints: [point, point] } }
        : { body: { stringValue: 'x'.repeat(100) }, severityNumber: 9 },
    );
    const bytes = encodeOtlpMessage(
      message,
      signal === 'metrics'
        ? { resourceMetrics: [{ scopeMetrics: [{ metrics: items }] }] }
        : { resourceLogs: [{ scopeLogs: [{ logRecords: items }] }] },
    );
    let isRead = false;
    const otlpBody = { signal, encoding: 'protobuf', bytes, items: items.length } as const;
    const rejected = pipeline.acceptOtlp(otlpBody, () => (isRead = true));
    expect(isRead).toBe(true);
    expect(rejected).toBeGreaterThan(300);
    await flush();
    const arrived = {
      metrics: toFlatMetrics(receiver.accepted.metrics)
        .filter(({ metric }) => metric.name.startsWith('many'))
        .flatMap(({ metric }) => metric.gauge?.dataPoints ?? []).length,
      logs: toFlatLogRecords(receiver.accepted.logs).length,
    };
    expect(arrived[signal] + rejected).toBe(signal === 'metrics' ? 2_000 : 1_000);
  },
);

it('what the SDK hands over and has room is read after its answer', async () => {
  const { pipeline } = createScene();
  let answered = false;
  const wasAnswered = new Promise((resolve) => {
    pipeline.acceptOtlp(otlp, () => resolve(answered));
  });
  answered = true;
  expect(await wasAnswered).toBe(true);
});

it('what the SDK hands over and fills the buffer is answered before an export is asked for', async () => {
  const { pipeline } = createScene({ LAMBDA_OTLP_BUFFER_BYTES: '65536' });
  let hasAnswer = false;
  const asked = new Promise((resolve) => {
    pipeline.onNeedsFlush = () => resolve(hasAnswer);
  });
  const logRecords = Array.from({ length: 400 }, () => ({
    body: { stringValue: 'x'.repeat(100) },
  }));
  const bytes = encodeOtlpMessage('ExportLogsServiceRequest', {
    resourceLogs: [{ scopeLogs: [{ logRecords }] }],
  });
  const otlpBody = { signal: 'logs', encoding: 'protobuf', bytes, items: 400 } as const;
  pipeline.acceptOtlp(otlpBody, () => undefined);
  hasAnswer = true;
  expect(await asked).toBe(true);
});

it('what the SDK hands over while an export is under way leaves with it, and what comes after that with the next', async () => {
  const { pipeline, takeInvocation, flush } = createScene();
  receiver.respondWith(({ signal }) => {
    if (signal === 'traces') pipeline.acceptOtlp(otlp, () => undefined);
    return undefined;
  });
  takeInvocation('a');
  await flush();
  const names = toFlatSpans(receiver.accepted.traces).map(({ span }) => span.name);
  expect(names.filter((name) => name === 'late')).toHaveLength(1);
  expect(pipeline.idle).toBe(false);
});

it('what the SDK hands over while an export at the end is under way leaves with it, also when it is translated at once', async () => {
  const { pipeline, takeInvocation, flush } = createScene();
  const { time, type } = { time: new Date(nowMs).toISOString(), type: 'function' };
  const lines = Array.from({ length: 500 }, (_, index) => ({ time, type, record: `${index}` }));
  let isFirst = true;
  receiver.respondWith(({ signal }) => {
    if (signal !== 'traces' || !isFirst) return undefined;
    isFirst = false;
    pipeline.acceptOtlp(otlp, () => undefined);
    pipeline.accept(JSON.stringify(lines));
    return undefined;
  });
  takeInvocation('a');
  await flush();
  const names = toFlatSpans(receiver.accepted.traces).map(({ span }) => span.name);
  expect(names).toContain('late');
  expect(toFlatLogRecords(receiver.accepted.logs).length).toBeGreaterThanOrEqual(500);
  expect(pipeline.idle).toBe(true);
});

const text = 'the same line, from stdout and from the SDK';

const saidWith = async (variables: Readonly<Record<string, string>>): Promise<string> => {
  const diagnostics = recordDiagnostics();
  const pipeline = createPipeline({
    variables: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, TMPDIR: folder, ...variables },
    registration: { extensionId: 'id' },
    diagnostics,
  });
  const nanos = BigInt(nowMs) * 1_000_000n;
  const timeUnixNano = { low: Number(BigInt.asIntN(32, nanos)), high: Number(nanos >> 32n) };
  const logRecords = [{ timeUnixNano, severityNumber: 9, body: { stringValue: text } }];
  const bytes = encodeOtlpMessage('ExportLogsServiceRequest', {
    resourceLogs: [{ scopeLogs: [{ logRecords }] }],
  });
  pipeline.acceptOtlp({ signal: 'logs', encoding: 'protobuf', bytes, items: 1 }, () => undefined);
  const time = new Date(nowMs).toISOString();
  pipeline.accept(JSON.stringify([{ time, type: 'function', record: text }]));
  await pipeline.flush(nowMs + 10_000);
  await end(pipeline);
  return diagnostics.lines.join('\n');
};

it('lines that come from stdout and from the SDK cause a note that they may leave twice', async () => {
  expect(await saidWith({})).toContain('may leave twice');
});

it.each([{ LAMBDA_OTLP_OTEL_LOGS_EXPORTER: 'none' }, { LAMBDA_OTLP_DROP_LOGS: 'body~^the same' }])(
  'lines that come from stdout and from the SDK cause no note with %j, where none leaves',
  async (variables) => {
    expect(await saidWith(variables)).not.toContain('LAMBDA_OTLP_STREAMS=platform');
  },
);

const exported = 'otel.sdk.exporter.span.exported';

it("the extension's own figures leave every ten seconds, also after the clock was set back by an hour", async () => {
  const { takeInvocation, moveClock, flush, total } = createScene();
  const totals: number[] = [];
  for (const ms of [0, 9_999, 1, 9_999, -3_600_000]) {
    moveClock(ms);
    takeInvocation(`request-${totals.length}`);
    await flush();
    totals.push(total(exported) ?? 0);
  }
  const isMore = totals.map((value, index) => value > (totals[index - 1] ?? 0));
  expect(isMore).toEqual([true, false, true, false, true]);
});

const saidOf = (variables: Readonly<Record<string, string>>, text: string): string => {
  const lines: string[] = [];
  const write = (line: string): unknown => lines.push(line);
  const diagnostics = createDiagnosticsWriter({ write, now: () => 0 });
  const pipeline = createPipeline({
    variables: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, TMPDIR: folder, ...variables },
    registration: { extensionId: 'e-1' },
    diagnostics,
    setMask: diagnostics.setMask,
  });
  pipeline.accept(text);
  // A fault, caught where the process is put together.
  diagnostics.error(`"${text}" is not valid JSON`);
  return lines.join('');
};

it('what the pipeline says of itself passes the same redaction as everything else', () => {
  const said = saidOf(
    { LAMBDA_OTLP_REDACT: 'emails', LAMBDA_OTLP_FLUSH: 'x', LAMBDA_OTLP_OTHERS: 'a@b.org' },
    '["me@b.org"',
  );
  expect(said).toContain('LAMBDA_OTLP_OTHERS');
  expect(said).not.toContain('a@b.org');
  expect(said).not.toContain('me@b.org');
});

it('what the pipeline says of itself quotes nothing where a rule is broken, and says so', () => {
  const said = saidOf({ LAMBDA_OTLP_REDACT_PATTERNS: '["("]', LAMBDA_OTLP_OTHERS: 'secret' }, '');
  expect(said).toContain('a mask over all free text');
  expect(said).not.toContain("'secret'");
});
