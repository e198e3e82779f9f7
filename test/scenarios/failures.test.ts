// Errors, crashes, timeouts and failed inits: each is seen once, in its own trace, and the next
// invocation, with restarted processes, continues the account.
import {
  childrenOf,
  eventLogs,
  functionLogs,
  invocationSpan,
  serverSpans,
  spansNamed,
  total,
} from './arrived-telemetry';
import { endRuns, finish, startLayer } from './layer-run';
import { eventOf, eventsOf, nanosOf, recordOf, spanBetween, timesOf } from './platform-truth';

afterEach(endRuns);

const ERROR = 2;
const ok = { action: 'log', lines: ['fine'] };

test('a handler that throws is a success to the platform, and an error here', async () => {
  const run = await startLayer();
  const { requestId, status } = await run.lambda.invoke({ action: 'fail' });
  expect(status).toBe('success');
  const telemetry = await finish(run);
  const span = invocationSpan(telemetry, requestId);
  expect(span.status?.code).toBe(ERROR);
  expect(span.plain).toMatchObject({ 'lambda.function_error': true, 'lambda.status': 'success' });
  expect(span.events.map(({ name }) => name)).toEqual(['exception']);
  const [record, ...others] = functionLogs(telemetry).filter(
    ({ plain }) => plain['exception.type'] !== undefined,
  );
  expect(others).toEqual([]);
  expect(record).toMatchObject({
    traceId: span.traceId,
    severityNumber: 17,
    plain: {
      'exception.type': 'TypeError',
      'exception.message': 'failed on purpose',
      'exception.stacktrace': expect.stringContaining('function.mjs') as unknown,
      'faas.invocation_id': requestId,
    },
  });
  expect(total(telemetry, 'faas.errors', { 'lambda.phase': 'invoke' })).toBe(1);
  expect(total(telemetry, 'faas.invocations')).toBe(0);
});

test("a handler that throws is a success where the user wants Lambda's word", async () => {
  const run = await startLayer({ settings: { LAMBDA_OTLP_FUNCTION_ERRORS: 'false' } });
  const { requestId } = await run.lambda.invoke({ action: 'fail' });
  const telemetry = await finish(run);
  expect(invocationSpan(telemetry, requestId).status?.code ?? 0).toBe(0);
  expect(total(telemetry, 'faas.errors')).toBe(0);
  expect(total(telemetry, 'faas.invocations')).toBe(1);
});

test.each([
  ['exits', { action: 'exit', code: 3 }],
  ['is killed', { action: 'kill' }],
  ['dies of an uncaught exception', { action: 'uncaught' }],
])('a runtime that %s makes an error span; the next invocation starts anew', async (_, payload) => {
  const run = await startLayer();
  const failed = await run.lambda.invoke(payload);
  const next = await run.lambda.invoke(ok);
  expect([failed.status, next.status]).toEqual(['error', 'success']);
  const telemetry = await finish(run);
  const { events } = run.lambda;

  expect(serverSpans(telemetry)).toHaveLength(2);
  const span = invocationSpan(telemetry, failed.requestId);
  expect(timesOf(span)).toEqual(
    spanBetween(
      'orders',
      eventOf(events, 'platform.start', failed.requestId),
      eventOf(events, 'platform.runtimeDone', failed.requestId),
    ),
  );
  expect(span.plain).toMatchObject({ 'error.type': 'Runtime.ExitError', 'lambda.status': 'error' });
  expect(span.status?.code).toBe(ERROR);
  expect(invocationSpan(telemetry, next.requestId).status?.code ?? 0).toBe(0);
  if (payload.action === 'uncaught') {
    expect(span.events.map(({ name }) => name)).toContain('exception');
  }

  expect(total(telemetry, 'faas.errors', { 'error.type': 'Runtime.ExitError' })).toBe(1);
  expect(total(telemetry, 'faas.invocations')).toBe(1);
  expect(total(telemetry, 'faas.invoke_duration')).toBe(2);
  expect(total(telemetry, 'lambda.billed_duration')).toBe(2);
  expect(total(telemetry, 'faas.coldstarts')).toBe(1);
  expect(total(telemetry, 'faas.init_duration')).toBe(2);
  const reports = eventLogs(telemetry, 'platform.report');
  expect(reports.map(({ traceId }) => traceId)).toEqual([
    span.traceId,
    invocationSpan(telemetry, next.requestId).traceId,
  ]);
});

test.each(['end', 'overlap', 'adaptive'])(
  'a timeout is one span and one count over both processes, with LAMBDA_OTLP_FLUSH=%s',
  async (strategy) => {
    const run = await startLayer({ timeoutMs: 4000, settings: { LAMBDA_OTLP_FLUSH: strategy } });
    const first = await run.lambda.invoke(ok);
    const late = await run.lambda.invoke({ action: 'sleep', ms: 60_000, before: ['slow today'] });
    const next = await run.lambda.invoke(ok);
    expect([first.status, late.status, next.status]).toEqual(['success', 'timeout', 'success']);
    const telemetry = await finish(run);
    const { events } = run.lambda;

    expect(serverSpans(telemetry)).toHaveLength(3);
    const span = invocationSpan(telemetry, late.requestId);
    expect(span.status?.code).toBe(ERROR);
    expect(span.plain['error.type']).toBe('timeout');
    const start = nanosOf(eventOf(events, 'platform.start', late.requestId).time);
    expect(timesOf(span).start).toBe(start);
    // Its end is runtimeDone, or the deadline when that came too late for the process.
    const lasted = timesOf(span).end - start;
    expect([lasted >= 3_990_000_000n, lasted < 6_000_000_000n]).toEqual([true, true]);

    expect(total(telemetry, 'faas.timeouts')).toBe(1);
    expect(total(telemetry, 'faas.errors')).toBe(0);
    expect(total(telemetry, 'faas.invocations')).toBe(2);
    expect(total(telemetry, 'faas.invoke_duration')).toBe(3);
    expect(total(telemetry, 'lambda.billed_duration')).toBe(3);
    expect(total(telemetry, 'faas.coldstarts')).toBe(1);
    expect(total(telemetry, 'faas.init_duration', { 'lambda.phase': 'invoke' })).toBe(1);

    // The killed process' report reaches its successor, and stays in the killed request's trace.
    const reports = eventLogs(telemetry, 'platform.report');
    expect(reports).toHaveLength(3);
    const report = reports.find(({ plain }) => plain['faas.invocation_id'] === late.requestId);
    expect(report).toMatchObject({
      traceId: span.traceId,
      spanId: span.spanId,
      severityNumber: 17,
    });
    const [line] = functionLogs(telemetry).filter(({ text }) => text === 'slow today');
    expect(line).toMatchObject({ traceId: span.traceId, spanId: span.spanId });

    const again = spansNamed(telemetry, 'init').find(
      ({ plain }) => plain['lambda.phase'] === 'invoke',
    );
    const nextSpan = invocationSpan(telemetry, next.requestId);
    expect(again).toMatchObject({ traceId: nextSpan.traceId, parentSpanId: nextSpan.spanId });
    expect(nextSpan.plain['faas.coldstart']).toBe(true);
  },
);

test('an asynchronous retry of a timed-out request has the same id and a span of its own', async () => {
  const requestId = '9d6b1f8e-2f6c-4a2f-9c0b-0f6c2b1a7d3e';
  const run = await startLayer({ timeoutMs: 4000 });
  await run.lambda.invoke({ action: 'sleep', ms: 60_000 }, { requestId });
  await run.lambda.invoke(ok, { requestId });
  const telemetry = await finish(run);
  const spans = serverSpans(telemetry);
  expect(spans.map(({ plain }) => plain['faas.invocation_id'])).toEqual([requestId, requestId]);
  expect(spans.map(({ status }) => status?.code ?? 0).sort()).toEqual([0, ERROR]);
  expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(2);
  expect(total(telemetry, 'faas.timeouts')).toBe(1);
  expect(total(telemetry, 'faas.invocations')).toBe(1);
});

test('a failed init and the one that repeats it inside the first invocation are two spans', async () => {
  const run = await startLayer({ settings: { FAIL_INIT: 'once' } });
  const { requestId } = await run.lambda.invoke(ok);
  const telemetry = await finish(run);
  const { events } = run.lambda;
  const [failed, repeated] = eventsOf(events, 'platform.initStart');
  const inits = spansNamed(telemetry, 'init');
  expect(inits.map((span) => timesOf(span).start).sort()).toEqual([
    nanosOf(failed?.time ?? ''),
    nanosOf(repeated?.time ?? ''),
  ]);
  const [first, second] = ['init', 'invoke'].map((phase) =>
    inits.find(({ plain }) => plain['lambda.phase'] === phase),
  );
  expect(first?.status?.code).toBe(ERROR);
  expect(first?.plain['error.type']).toBe('Runtime.Unknown');
  const span = invocationSpan(telemetry, requestId);
  expect(second).toMatchObject({ traceId: span.traceId, parentSpanId: span.spanId });
  expect(second?.status?.code ?? 0).toBe(0);
  expect(total(telemetry, 'faas.errors', { 'lambda.phase': 'init' })).toBe(1);
  expect(total(telemetry, 'faas.errors')).toBe(1);
  expect(total(telemetry, 'faas.coldstarts')).toBe(1);
  expect(total(telemetry, 'faas.init_duration')).toBe(2);
  const exceptions = functionLogs(telemetry).filter(
    ({ plain }) => plain['exception.type'] === 'RangeError',
  );
  expect(exceptions.map(({ traceId }) => traceId)).toEqual([first?.traceId]);
});

test('an environment that is shut down in the middle of an invocation closes its span', async () => {
  const run = await startLayer();
  const first = await run.lambda.invoke(ok);
  const underWay = run.nextEvent(({ type }) => type === 'function');
  const running = run.lambda.invoke({ action: 'sleep', ms: 60_000, before: ['under way'] });
  await underWay;
  const telemetry = await finish(run);
  const { requestId, status } = await running;
  expect(status).toBe('failure');
  const span = invocationSpan(telemetry, requestId);
  expect(span.status?.code).toBe(ERROR);
  expect(serverSpans(telemetry)).toHaveLength(2);
  expect(childrenOf(telemetry, invocationSpan(telemetry, first.requestId)).length).toBeGreaterThan(
    3,
  );
  expect(total(telemetry, 'faas.errors')).toBe(1);
});

test('a response that is too large is an error without restart', async () => {
  const run = await startLayer();
  const failed = await run.lambda.invoke({ action: 'large', bytes: 7_000_000 });
  const telemetry = await finish(run);
  const span = invocationSpan(telemetry, failed.requestId);
  expect(span.plain['error.type']).toBe('Function.ResponseSizeTooLarge');
  expect(recordOf(eventOf(run.lambda.events, 'platform.report'))['status']).toBe('error');
  expect(total(telemetry, 'faas.errors', { 'error.type': 'Function.ResponseSizeTooLarge' })).toBe(
    1,
  );
});
