// Managed Instances as the runtime interface emulator runs them: several requests at once in one
// environment, no INVOKE, no runtimeDone, no freeze.
import {
  childrenOf,
  functionLogs,
  invocationSpan,
  namesOf,
  serverSpans,
  spansNamed,
  total,
} from './arrived-telemetry';
import { endRuns, finish, startLayer } from './layer-run';
import {
  byStart,
  eventOf,
  functionLines,
  platformSpansOf,
  recordOf,
  timesOf,
  toNanos,
  traceIdOf,
} from './platform-truth';

afterEach(endRuns);

const MANAGED = { initializationType: 'lambda-managed-instances' } as const;
const numbers = Array.from({ length: 8 }, (_, index) => index);

function sampledHeader(index: number): string {
  return `Root=1-6740aa11-0123456789abcdef0123456${index};Parent=53995c3f42cd8ad${index};Sampled=1`;
}

test('eight interleaved requests are eight traces, and no line lies in another request', async () => {
  const run = await startLayer({ ...MANAGED, maxConcurrency: 8 });
  const invocations = await Promise.all(
    numbers.map((index) =>
      run.lambda.invoke(
        // The later they begin, the sooner they end.
        {
          action: 'sleep',
          ms: 50 * (8 - index),
          before: [`begin ${index}`],
          after: [`end ${index}`],
        },
        { traceHeader: sampledHeader(index) },
      ),
    ),
  );
  expect(invocations.map(({ status }) => status)).toEqual(numbers.map(() => 'success'));
  const telemetry = await finish(run);
  const { events } = run.lambda;
  expect(serverSpans(telemetry)).toHaveLength(8);
  for (const [index, { requestId, traceHeader }] of invocations.entries()) {
    const span = invocationSpan(telemetry, requestId);
    expect(span.traceId).toBe(traceIdOf(traceHeader));
    const report = recordOf(eventOf(events, 'platform.report', requestId));
    const { durationMs } = report['metrics'] as { durationMs: number };
    const { start, end } = timesOf(span);
    expect(end - start).toBe(toNanos(durationMs));
    expect(byStart(childrenOf(telemetry, span).map(timesOf))).toEqual(
      byStart(platformSpansOf(events, 'platform.report', requestId)),
    );
    const own = functionLogs(telemetry).filter(
      ({ plain }) => plain['faas.invocation_id'] === requestId,
    );
    expect(own.map(({ text }) => text)).toEqual([`begin ${index}`, `end ${index}`]);
    expect(own.map(({ traceId, spanId }) => [traceId, spanId])).toEqual(
      own.map(() => [span.traceId, span.spanId]),
    );
  }
  expect(functionLogs(telemetry)).toHaveLength(functionLines(events).length);
  expect(total(telemetry, 'faas.invocations')).toBe(8);
  expect(total(telemetry, 'faas.invoke_duration')).toBe(8);
  expect(total(telemetry, 'lambda.response_latency')).toBe(8);
  expect(total(telemetry, 'faas.coldstarts')).toBe(0);
  expect(total(telemetry, 'faas.mem_usage') + total(telemetry, 'lambda.billed_duration')).toBe(0);
});

test('a line without request id, written while several requests run, is given to none of them', async () => {
  const run = await startLayer({ ...MANAGED, maxConcurrency: 4 });
  const running = [0, 1, 2].map((index) =>
    run.lambda.invoke({ action: 'sleep', ms: 600, before: [`begin ${index}`] }),
  );
  await run.lambda.invoke({ action: 'write', texts: ['whose line\n'] });
  await Promise.all(running);
  const telemetry = await finish(run);
  const [line, ...others] = functionLogs(telemetry).filter(({ text }) => text === 'whose line');
  expect(others).toEqual([]);
  expect(line?.plain['faas.invocation_id']).toBeUndefined();
  expect(line?.traceId).toBe('');
});

test('the init has its own trace, and only the first request is linked to it', async () => {
  const run = await startLayer({ ...MANAGED });
  const first = await run.lambda.invoke({});
  const second = await run.lambda.invoke({});
  const telemetry = await finish(run);
  const [init, ...others] = spansNamed(telemetry, 'init');
  expect(others).toEqual([]);
  const [one, two] = [first, second].map(({ requestId }) => invocationSpan(telemetry, requestId));
  expect([init?.parentSpanId, init?.traceId === one?.traceId]).toEqual(['', false]);
  expect(one?.links).toMatchObject([{ traceId: init?.traceId, spanId: init?.spanId }]);
  expect([two?.links, two?.plain['faas.coldstart']]).toEqual([[], false]);
});

test('errors, a timeout and a shutdown in the middle each end their own request', async () => {
  const run = await startLayer({ ...MANAGED, timeoutMs: 3000, maxConcurrency: 4 });
  const [failed, late, fine] = await Promise.all([
    run.lambda.invoke({ action: 'fail' }),
    run.lambda.invoke({ action: 'sleep', ms: 60_000 }),
    run.lambda.invoke({ action: 'sleep', ms: 100 }),
  ]);
  const running = run.lambda.invoke({ action: 'sleep', ms: 60_000 });
  const telemetry = await finish(run);
  const cut = await running;
  const errorTypes = [failed, late, fine, cut].map(({ requestId }) => {
    const { plain, status } = invocationSpan(telemetry, requestId);
    return [plain['error.type'], status?.code ?? 0];
  });
  expect(errorTypes).toEqual([
    ['Runtime.Unknown', 2],
    ['Sandbox.Timedout', 2],
    [undefined, 0],
    ['Client.ExecutionEnvironmentShutDown', 2],
  ]);
  expect(total(telemetry, 'faas.timeouts')).toBe(1);
  expect(total(telemetry, 'faas.errors')).toBe(2);
  expect(total(telemetry, 'faas.invocations')).toBe(1);
  expect(namesOf(childrenOf(telemetry, invocationSpan(telemetry, failed.requestId)))).toEqual([
    'responseDuration',
    'responseLatency',
  ]);
});

test('telemetry leaves without any shutdown, since such an environment may live for days', async () => {
  const run = await startLayer({ ...MANAGED });
  const { requestId } = await run.lambda.invoke({ action: 'log', lines: ['hello'] });
  await run.receiver.waitFor(
    () => serverSpans(run.arrived()).length === 1 && functionLogs(run.arrived()).length === 2,
    8000,
  );
  const telemetry = await finish(run);
  expect(invocationSpan(telemetry, requestId).plain['lambda.status']).toBe('success');
  expect(total(telemetry, 'faas.invocations')).toBe(1);
});
