// Kinds of environments beside the plain one on demand: provisioned concurrency, SnapStart, custom
// runtimes, environments without Telemetry API, neighbours among the extensions.
import {
  eventLogs,
  functionLogs,
  invocationSpan,
  serverSpans,
  spansNamed,
  total,
} from './arrived-telemetry';
import { endRuns, EXTENSION, finish, startLayer } from './layer-run';
import { eventOf, functionLines, phaseSpan, recordOf, timesOf } from './platform-truth';

afterEach(endRuns);

const echo = { action: 'log', lines: ['hello'] };

test('an init of provisioned concurrency has its own trace, is linked, and is no cold start', async () => {
  const run = await startLayer({ initializationType: 'provisioned-concurrency' });
  const first = await run.lambda.invoke(echo);
  const second = await run.lambda.invoke(echo);
  const telemetry = await finish(run);
  const [init, ...others] = spansNamed(telemetry, 'init');
  expect(others).toEqual([]);
  expect(init).toMatchObject({ parentSpanId: '', kind: 1 });
  expect(init?.plain).toMatchObject({
    'lambda.initialization_type': 'provisioned-concurrency',
    'faas.coldstart': false,
  });
  const [one, two] = [first, second].map(({ requestId }) => invocationSpan(telemetry, requestId));
  expect(one?.traceId).not.toBe(init?.traceId);
  expect(one?.links).toMatchObject([{ traceId: init?.traceId, spanId: init?.spanId }]);
  expect(two?.links).toEqual([]);
  expect([one, two].map((span) => span?.plain['faas.coldstart'])).toEqual([false, false]);
  expect(total(telemetry, 'faas.coldstarts')).toBe(0);
  const types = { 'lambda.initialization_type': 'provisioned-concurrency' };
  expect(total(telemetry, 'faas.init_duration', types)).toBe(1);
  const [loading] = functionLogs(telemetry).filter(({ text }) => text === 'loading');
  expect(loading?.traceId).toBe(init?.traceId);
});

test('a SnapStart restore is in the first trace and is its cold start', async () => {
  const run = await startLayer({ initializationType: 'snap-start' });
  const first = await run.lambda.invoke(echo);
  const second = await run.lambda.invoke(echo);
  const telemetry = await finish(run);
  const { events } = run.lambda;
  const [restore, ...others] = spansNamed(telemetry, 'restore');
  expect(others).toEqual([]);
  const [one, two] = [first, second].map(({ requestId }) => invocationSpan(telemetry, requestId));
  expect(restore).toMatchObject({ traceId: one?.traceId, parentSpanId: one?.spanId });
  expect(restore && timesOf(restore)).toEqual(phaseSpan(events, 'restore'));
  const [init] = spansNamed(telemetry, 'init');
  expect(init?.traceId).not.toBe(one?.traceId);
  expect([one, two].map((span) => span?.plain['faas.coldstart'])).toEqual([true, false]);
  expect(total(telemetry, 'faas.coldstarts', { 'lambda.initialization_type': 'snap-start' })).toBe(
    1,
  );
  expect(total(telemetry, 'lambda.restore_duration')).toBe(1);
  expect(total(telemetry, 'lambda.billed_restore_duration')).toBe(1);
  const environments = [one, two, restore].map((span) => span?.resource['service.instance.id']);
  expect(new Set(environments).size).toBe(1);
});

test('lines of a custom runtime belong to the only invocation that runs', async () => {
  const run = await startLayer({
    bootstrap: [process.execPath, `${__dirname}/bootstrap.mjs`],
  });
  const invocations = [
    await run.lambda.invoke({
      lines: ['plain line', '{"level":"warn","msg":"structured","order":{"id":7}}'],
    }),
    await run.lambda.invoke({ lines: ['second'], error: 'Function.OutOfStock' }),
  ];
  const telemetry = await finish(run);
  const [one, two] = invocations.map(({ requestId }) => invocationSpan(telemetry, requestId));
  const records = functionLogs(telemetry);
  const recordWith = (text: string) => records.find((record) => record.text === text);
  expect(records).toHaveLength(functionLines(run.lambda.events).length);
  for (const text of ['bootstrap loading', 'plain line', 'structured']) {
    expect([text, recordWith(text)?.traceId]).toEqual([text, one?.traceId]);
  }
  expect(recordWith('structured')).toMatchObject({
    severityNumber: 13,
    severityText: 'warn',
    plain: { order: { id: 7 } },
  });
  expect(recordWith('second')).toMatchObject({ traceId: two?.traceId, spanId: two?.spanId });
});

test('JSON logs keep their fields, request and tenant', async () => {
  const run = await startLayer({ logFormat: 'JSON', tenantId: 'blue' });
  const { requestId } = await run.lambda.invoke({
    action: 'log',
    lines: ['hello', { message: 'object', nested: { a: [1, 'two'] } }],
  });
  const failed = await run.lambda.invoke({ action: 'fail' });
  const telemetry = await finish(run);
  const span = invocationSpan(telemetry, requestId);
  expect(span.plain['lambda.tenant_id']).toBe('blue');
  const records = functionLogs(telemetry);
  expect(records).toHaveLength(functionLines(run.lambda.events).length);
  expect(records.find(({ text }) => text === 'hello')).toMatchObject({
    traceId: span.traceId,
    severityText: 'INFO',
    plain: { 'faas.invocation_id': requestId },
  });
  const error = records.find(({ plain }) => plain['exception.type'] !== undefined);
  expect(error).toMatchObject({
    severityNumber: 17,
    plain: {
      'exception.type': 'TypeError',
      'exception.message': 'failed on purpose',
      'faas.invocation_id': failed.requestId,
    },
  });
  expect(telemetry.series.some(({ attributes }) => 'lambda.tenant_id' in attributes)).toBe(false);
});

test('without Telemetry API (SAM, RIE on demand) the function is served and nothing is waited for', async () => {
  const run = await startLayer({
    telemetry: 'unsupported',
    // Longer than this test may take: nobody waits for it.
    timeoutMs: 900_000,
    settings: { LAMBDA_OTLP_FLUSH: 'end' },
  });
  const invocations = [await run.lambda.invoke(echo), await run.lambda.invoke(echo)];
  expect(invocations.map(({ status }) => status)).toEqual(['success', 'success']);
  await finish(run);
  const lines = run.output().trim().split('\n');
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'warn' });
});

test('beside other extensions, whose lines it takes when told to', async () => {
  const command = [
    process.execPath,
    `${__dirname}/../../local-lambda/test/lambda/fixtures/probe.mjs`,
    'neighbour',
  ];
  const run = await startLayer({
    extensionCommands: [{ name: 'neighbour', command }],
    settings: {
      PROBE: JSON.stringify({ log: true }),
      PROBE_RECORD: '/dev/null',
      LAMBDA_OTLP_STREAMS: 'platform,function,extension',
      LAMBDA_OTLP_PLATFORM_LOGS: 'debug',
    },
  });
  const { requestId } = await run.lambda.invoke(echo);
  await run.lambda.invoke(echo);
  const telemetry = await finish(run);
  const lines = telemetry.logs.filter(({ scopeName }) => scopeName === 'lambda-otlp/extension');
  expect(lines.map(({ text }) => text)).toContain('EXTENSION_INVOKE');
  expect(invocationSpan(telemetry, requestId).plain['lambda.status']).toBe('success');
  const ready = eventLogs(telemetry, 'platform.extension').map(({ plain }) => plain['lambda.name']);
  expect(ready).toEqual(expect.arrayContaining([EXTENSION, 'neighbour']));
  expect(total(telemetry, 'lambda.extension_overhead')).toBe(2);
});

test('an environment that serves nobody exports its init alone', async () => {
  const run = await startLayer();
  const telemetry = await finish(run);
  const [init, ...others] = telemetry.spans.filter(({ name }) => name !== 'initRuntime');
  expect(others).toEqual([]);
  expect(init).toMatchObject({ name: 'init', parentSpanId: '' });
  expect(serverSpans(telemetry)).toEqual([]);
  expect(total(telemetry, 'faas.coldstarts')).toBe(0);
  expect(recordOf(eventOf(run.lambda.events, 'platform.initReport'))['status']).toBe('success');
});
