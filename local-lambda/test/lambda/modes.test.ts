// Initialization types, log formats and subscriptions beside the plain on-demand function.
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { delivered, endRuns, eventually, startRun } from './probe-run';
import type { ProbeRun } from './probe-run';

afterEach(endRuns);

const types = ({ lambda }: ProbeRun): readonly string[] =>
  lambda.events.map(({ type }) => type).filter((type) => type.startsWith('platform.'));

function recordOf({ lambda }: ProbeRun, type: string): Record<string, unknown> {
  const found = lambda.events.find((event) => event.type === type);
  return (found?.record ?? {}) as Record<string, unknown>;
}

test('a relative extensionsDir is found from the folder of this process', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'extensions-'));
  copyFileSync(join(__dirname, 'fixtures/probe.mjs'), join(directory, 'probe.mjs'));
  const extensionsDir = relative(process.cwd(), directory);
  const run = await startRun({ name: 'probe.mjs' }, { extensionsDir, extensionCommands: [] });
  expect(await run.lambda.invoke({ action: 'echo' })).toMatchObject({ status: 'success' });
  expect(recordOf(run, 'platform.extension')).toMatchObject({ state: 'Ready' });
  rmSync(directory, { recursive: true });
});

test('SnapStart restores before the first start and reports the restore once', async () => {
  const run = await startRun({}, { initializationType: 'snap-start' });
  expect(run.lambda.frozen).toBe(true);
  const first = await run.lambda.invoke({ action: 'echo' });
  const second = await run.lambda.invoke({ action: 'echo' });
  expect(types(run)).toEqual([
    'platform.initStart',
    'platform.telemetrySubscription',
    'platform.initRuntimeDone',
    'platform.extension',
    'platform.initReport',
    'platform.restoreStart',
    'platform.restoreRuntimeDone',
    'platform.restoreReport',
    ...Array.from({ length: 2 }, () => [
      'platform.start',
      'platform.runtimeDone',
      'platform.report',
    ]).flat(),
  ]);
  expect(recordOf(run, 'platform.initReport')['initializationType']).toBe('snap-start');
  const { restoreDurationMs, billedRestoreDurationMs, initDurationMs } = first.metrics ?? {};
  expect(billedRestoreDurationMs).toBe(Math.ceil(restoreDurationMs ?? NaN));
  expect([initDurationMs, second.metrics?.restoreDurationMs]).toEqual([undefined, undefined]);
});

test('provisioned concurrency sleeps after init, which the first report does not bill', async () => {
  const run = await startRun({}, { initializationType: 'provisioned-concurrency' });
  expect(run.lambda.frozen).toBe(true);
  const { metrics } = await run.lambda.invoke({ action: 'echo' });
  expect(metrics?.billedDurationMs).toBe(Math.ceil(metrics?.durationMs ?? NaN));
  expect(recordOf(run, 'platform.initStart')['initializationType']).toBe('provisioned-concurrency');
});

test('JSON logs arrive as objects with level, requestId and tenant', async () => {
  const run = await startRun({}, { logFormat: 'JSON', tenantId: 'blue' });
  const { requestId } = await run.lambda.invoke({ action: 'log', lines: ['hello'] });
  await run.lambda.invoke({ action: 'fail' });
  const logs = run.lambda.events.filter(({ type }) => type === 'function').map((e) => e.record);
  expect(logs).toMatchObject([
    { level: 'INFO', message: 'FUNCTION_INIT' },
    { level: 'INFO', message: 'hello', requestId, tenantId: 'blue' },
    {
      level: 'ERROR',
      message: { errorType: 'TypeError', errorMessage: 'failed on purpose' },
    },
  ]);
  expect(recordOf(run, 'platform.start')['tenantId']).toBe('blue');
});

test('text logs keep inner newlines in one event, as through the runtime log descriptor', async () => {
  const run = await startRun({});
  const { requestId } = await run.lambda.invoke({ action: 'log', lines: ['one\ntwo'] });
  const logs = run.lambda.events.filter(({ type }) => type === 'function').map((e) => e.record);
  expect(logs[0]).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z\tundefined\tINFO\tFUNCTION_INIT\n$/);
  expect(logs[1]).toMatch(new RegExp(`Z\\t${requestId}\\tINFO\\tone\\ntwo\\n$`));
});

test('a sampled trace is in platform events, the INVOKE event and _X_AMZN_TRACE_ID', async () => {
  const traceHeader = 'Root=1-6740aa11-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=1';
  const run = await startRun({});
  const { response } = await run.lambda.invoke({ action: 'log', lines: [] }, { traceHeader });
  const start = recordOf(run, 'platform.start')['tracing'] as { spanId: string };
  expect(response).toEqual({ traceId: traceHeader.replace('53995c3f42cd8ad8', start.spanId) });
  const tracing = { type: 'X-Amzn-Trace-Id', value: traceHeader };
  for (const type of ['platform.start', 'platform.runtimeDone', 'platform.report']) {
    expect(recordOf(run, type)['tracing']).toMatchObject({
      ...tracing,
      spanId: expect.stringMatching(/^[0-9a-f]{16}$/) as unknown,
    });
  }
  const invoke = run.records().find(({ kind }) => kind === 'next');
  expect(invoke?.event).toMatchObject({ eventType: 'INVOKE', tracing });
});

test('TCP subscribers get one event a line', async () => {
  const run = await startRun({ protocol: 'TCP' }, { freeze: false });
  await run.lambda.invoke({ action: 'echo' });
  await eventually(() => delivered(run.records()).length === run.lambda.events.length);
  expect(delivered(run.records())).toEqual(run.lambda.events);
});

test('PUT and the path of the destination are kept', async () => {
  const run = await startRun({ destination: { method: 'PUT' } });
  const [first] = run.records().filter(({ kind }) => kind === 'delivery');
  expect(first).toMatchObject({ method: 'PUT', url: '/telemetry' });
  expect(first?.headers?.['sequence-id']).toMatch(/^[A-Za-z0-9+/]{43}$/);
});

test('an older schema version has fewer fields', async () => {
  const run = await startRun({ subscription: { schemaVersion: '2022-07-01' } });
  await run.lambda.invoke({ action: 'echo' });
  await run.lambda.shutdown();
  const events = delivered(run.records());
  const keys = (type: string): readonly string[] =>
    Object.keys(events.find((event) => event.type === type)?.record ?? {}).sort();
  expect(keys('platform.initReport')).toEqual(['initializationType', 'metrics', 'phase']);
  expect(keys('platform.start')).toEqual(['requestId', 'version']);
  expect(keys('platform.initStart')).not.toContain('functionName');
});

test('without Telemetry API the subscription is answered with 202 and nothing is delivered', async () => {
  const run = await startRun({}, { telemetry: 'unsupported' });
  await run.lambda.invoke({ action: 'echo' });
  await run.lambda.shutdown();
  const subscribed = run.records().find(({ kind }) => kind === 'subscribe');
  expect(subscribed).toMatchObject({
    status: 202,
    body: { errorType: 'Telemetry.NotSupported' },
  });
  expect(delivered(run.records())).toEqual([]);
});

test('several extensions each get the events, and an INVOKE-only one is killed at the end', async () => {
  const command = [process.execPath, `${__dirname}/fixtures/probe.mjs`];
  const run = await startRun(
    { events: ['INVOKE'] },
    {
      extensionCommands: ['first', 'second'].map((name) => ({ name, command: [...command, name] })),
    },
  );
  await run.lambda.invoke({ action: 'echo' });
  const { extensions } = await run.lambda.shutdown();
  expect(extensions.map(({ name, signal }) => [name, signal])).toEqual([
    ['first', 'SIGKILL'],
    ['second', 'SIGKILL'],
  ]);
  const ready = run.lambda.events.filter(({ type }) => type === 'platform.extension');
  expect(ready.map(({ record }) => (record as Record<string, unknown>)['name'])).toEqual([
    'first',
    'second',
  ]);
});

test('a streamed response lasts from its first byte to its last', async () => {
  const handler = `${__dirname}/fixtures/function.streaming`;
  const run = await startRun({}, { handler });
  const { response, metrics } = await run.lambda.invoke({});
  expect(response).toBe('first second');
  expect(metrics?.durationMs).toBeGreaterThan(20);
  const spans = recordOf(run, 'platform.runtimeDone')['spans'] as { durationMs: number }[];
  expect(spans[1]?.durationMs).toBeGreaterThan(10);
  const failed = await run.lambda.invoke({ fail: 'before' });
  expect(failed.response).toMatchObject({ errorType: 'TypeError' });
});

test('a stream that breaks off after its first byte is an error to its caller, a success to the platform', async () => {
  const handler = `${__dirname}/fixtures/function.streaming`;
  const run = await startRun({}, { handler });
  const { response, ...rest } = await run.lambda.invoke({ fail: 'after' });
  const success = { status: 'success', functionError: 'Unhandled', streamBroke: true };
  expect(rest).toMatchObject(success);
  expect(response).toMatchObject({ errorType: 'TypeError', errorMessage: 'failed in mid-stream' });
  const spans = recordOf(run, 'platform.runtimeDone')['spans'] as { name: string }[];
  expect(spans[0]?.name).toBe('responseLatency');
});

describe('Managed Instances, as the emulator', () => {
  const MANAGED = {
    initializationType: 'lambda-managed-instances',
    maxConcurrency: 3,
  } as const;
  const SHUTDOWN_ONLY = { events: ['SHUTDOWN'], log: true };

  test('a stream that breaks off is an error to everyone', async () => {
    const handler = `${__dirname}/fixtures/function.streaming`;
    const run = await startRun(SHUTDOWN_ONLY, { ...MANAGED, handler });
    const { status, streamBroke } = await run.lambda.invoke({ fail: 'after' });
    expect({ status, streamBroke }).toEqual({ status: 'error', streamBroke: true });
    expect(recordOf(run, 'platform.report')).toMatchObject({ status: 'error' });
  });

  test('concurrent invocations, two response spans, no INVOKE, no runtimeDone, no freeze', async () => {
    const run = await startRun(SHUTDOWN_ONLY, MANAGED);
    const sleeping = [1, 2, 3].map(() => run.lambda.invoke({ action: 'sleep', ms: 300 }));
    const refused = await run.lambda.invoke({ action: 'echo' });
    expect(refused).toMatchObject({ status: 'failure', errorType: 'Runtime.Unavailable' });
    expect((await Promise.all(sleeping)).map(({ status }) => status)).toEqual(
      Array.from({ length: 3 }, () => 'success'),
    );
    expect(types(run).filter((type) => type === 'platform.start')).toHaveLength(3);
    expect(types(run)).not.toContain('platform.runtimeDone');
    const report = recordOf(run, 'platform.report');
    expect(Object.keys(report['metrics'] as object)).toEqual(['durationMs']);
    expect((report['spans'] as { name: string }[]).map(({ name }) => name)).toEqual([
      'responseLatency',
      'responseDuration',
    ]);
    await run.lambda.shutdown();
    const nexts = run.records().filter(({ kind }) => kind === 'next');
    expect(nexts).toMatchObject([{ event: { eventType: 'SHUTDOWN', shutdownReason: 'spindown' } }]);
  });

  test.each([1, 3])('callers one after the other, %i at a time, are all served', async (count) => {
    const run = await startRun(SHUTDOWN_ONLY, { ...MANAGED, maxConcurrency: count });
    for (let round = 0; round < 4; round += 1) {
      const invoked = Array.from({ length: count }, () => run.lambda.invoke({ action: 'echo' }));
      const statuses = (await Promise.all(invoked)).map(({ status }) => status);
      expect(statuses).toEqual(Array.from({ length: count }, () => 'success'));
    }
  });

  test('errors and timeouts of a report name their type', async () => {
    const run = await startRun(SHUTDOWN_ONLY, { ...MANAGED, timeoutMs: 400 });
    const failed = await run.lambda.invoke({ action: 'fail' });
    expect(failed).toMatchObject({ status: 'error', errorType: 'Runtime.Unknown' });
    const late = await run.lambda.invoke({ action: 'sleep', ms: 800 });
    expect(late).toMatchObject({ status: 'timeout', errorType: 'Sandbox.Timedout' });
  });

  test('an invocation that runs at the shutdown is Client.ExecutionEnvironmentShutDown', async () => {
    const run = await startRun(SHUTDOWN_ONLY, MANAGED);
    const invocation = run.lambda.invoke({ action: 'sleep', ms: 5000 });
    await run.lambda.shutdown();
    expect(await invocation).toMatchObject({
      status: 'failure',
      errorType: 'Client.ExecutionEnvironmentShutDown',
    });
  });

  test('lines are strings without newline, also in JSON, posted to /', async () => {
    const run = await startRun(SHUTDOWN_ONLY, { ...MANAGED, logFormat: 'JSON' });
    await run.lambda.invoke({ action: 'log', lines: ['hello'] });
    await run.lambda.shutdown();
    const events = delivered(run.records());
    const line = events
      .map(({ record }) => (typeof record === 'string' ? record : ''))
      .find((record) => record.includes('hello'));
    expect(JSON.parse(line ?? '')).toMatchObject({ message: 'hello' });
    expect(line?.endsWith('\n')).toBe(false);
    const post = run.records().find(({ kind }) => kind === 'delivery');
    expect(post?.url).toBe('/');
    expect(post?.headers?.['sequence-id']).toMatch(/^[A-Za-z0-9+/]{43}=$/);
  });

  test.each([
    ['INVOKE is refused', { events: ['INVOKE', 'SHUTDOWN'], subscribe: false }, 'register', 403],
    [
      'older schema versions are refused',
      { ...SHUTDOWN_ONLY, subscription: { schemaVersion: '2022-12-13' } },
      'subscribe',
      400,
    ],
  ])('%s', async (_, script, kind, status) => {
    const run = await startRun(script, { ...MANAGED, initTimeoutMs: 3000 });
    const answer = run.records().find((record) => record.kind === kind);
    expect(answer?.status).toBe(status);
    // A refused schema comes with a body that is no JSON; the probe keeps it as text.
    expect(JSON.stringify(answer?.body)).toMatch(/InvalidEventType|ValidationError/);
    if (kind === 'subscribe') expect(typeof answer?.body).toBe('string');
  });
});
