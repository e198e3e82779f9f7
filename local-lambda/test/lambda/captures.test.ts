// The local Lambda against captures of the service: same events, order, fields, states and batches.
import {
  byProcess,
  captureShapes,
  delivered,
  endRuns,
  eventually,
  platformShapes,
  readCapture,
  startRun,
} from './probe-run';
import type { ProbeEvent, ProbeRecord } from './probe-run';

afterEach(endRuns);

/** Slower than any machine that runs this; a test that wants a timeout says when. */
const UNHURRIED = { timeoutMs: 600_000, initTimeoutMs: 600_000, shutdownTimeoutMs: 600_000 };

const isType = (type: string) => (event: { readonly type: string }) => event.type === type;

function batches(records: readonly ProbeRecord[]): readonly (readonly string[])[] {
  return records
    .filter(({ kind }) => kind === 'delivery')
    .map(({ events = [] }) => events.map(({ type }) => type));
}

test('a cold start, an extension that uses up the timeout and its restart match the captures', async () => {
  const run = await startRun(
    {
      log: true,
      busy: true,
      shutdownDelayMs: 60,
      registerHeaders: { 'Lambda-Extension-Accept-Feature': 'accountId' },
    },
    UNHURRIED,
  );
  for (let count = 1; count <= 2; count += 1) {
    const invoked = run.lambda.invoke({ action: 'log', lines: ['FUNCTION_START'] });
    await eventually(
      () => run.lambda.events.filter(isType('platform.runtimeDone')).length === count,
    );
    run.lambda.timeOut();
    run.signal(`free-${run.lambda.extensions[0]?.pid ?? 0}`);
    expect((await invoked).status).toBe('timeout');
  }

  const [cold = [], restarted = []] = byProcess(run.records());
  expect(platformShapes(delivered(cold))).toEqual(
    captureShapes('lifecycle-extension-timeout-1-coldstart'),
  );
  expect(platformShapes(delivered(restarted))).toEqual(
    captureShapes('lifecycle-extension-timeout-2-restart'),
  );
  const bodies = (records: readonly ProbeRecord[]): unknown[] =>
    records.filter(({ kind }) => kind === 'subscribe').map(({ body }) => body);
  expect([bodies(cold), bodies(restarted)]).toEqual([['OK'], ['AlreadySubscribed']]);
  expect(batches(restarted)[0]).toEqual(['platform.report']);
  expect(cold[0]?.body).toEqual({
    accountId: '123456789012',
    functionName: 'local-function',
    functionVersion: '$LATEST',
    handler: 'function.handler',
  });
});

test('SHUTDOWN after a timeout is text/plain, and its time runs from the instant of the timeout', async () => {
  const run = await startRun({ busyMs: 600 }, { timeoutMs: 500, shutdownTimeoutMs: 60_000 });
  const { timings, metrics } = await run.lambda.invoke({ action: 'sleep', ms: 60_000 });
  expect(metrics).toMatchObject({ durationMs: 500 });
  const shutdown = run.records().findLast(({ kind }) => kind === 'next');
  expect(shutdown?.contentType).toBe('text/plain; charset=utf-8');
  expect(shutdown?.event).toMatchObject({ eventType: 'SHUTDOWN', shutdownReason: 'timeout' });
  const expected = timings.startedAtMs + 500 + 60_000;
  expect(Math.abs(Number(shutdown?.event?.['deadlineMs']) - expected)).toBeLessThanOrEqual(2);
});

test('a runtime that times out matches the captures, and the late report carries the init', async () => {
  const run = await startRun({ log: true, shutdownDelayMs: 80 }, UNHURRIED);
  const invoked = run.lambda.invoke({ action: 'sleep', ms: 600_000 });
  const isInvoked = ({ record }: ProbeEvent): boolean => record === 'EXTENSION_INVOKE\n';
  await eventually(() => delivered(run.records()).some(isInvoked));
  run.lambda.timeOut();
  const timedOut = await invoked;
  expect(timedOut).toMatchObject({ status: 'timeout', errorType: 'Sandbox.Timedout' });
  const { initDurationMs = 0, billedDurationMs, durationMs = 0 } = timedOut.metrics ?? {};
  expect(billedDurationMs).toBe(Math.ceil(durationMs + initDurationMs));

  await run.lambda.invoke({ action: 'echo' });
  await run.lambda.shutdown();
  const [killed = [], recovered = []] = byProcess(run.records());
  expect(platformShapes(delivered(killed))).toEqual(
    captureShapes('lifecycle-runtime-timeout-1-coldstart'),
  );
  const expected = captureShapes('lifecycle-runtime-timeout-2-recovery');
  expect(platformShapes(delivered(recovered)).slice(0, expected.length)).toEqual(expected);
});

test('what is left at the freeze arrives with the thaw as a batch of its own', async () => {
  const run = await startRun({ log: true, busyMs: 120 });
  for (let count = 0; count < 3; count += 1) {
    await run.lambda.invoke({ action: 'log', lines: ['FUNCTION_START'] });
    expect(run.lambda.frozen).toBe(true);
  }
  const expected = captureShapes('lifecycle-normal-slow-extension');
  expect(platformShapes(delivered(run.records())).slice(0, expected.length)).toEqual(expected);
  const withReport = batches(run.records()).filter((types) => types.includes('platform.report'));
  expect(withReport.every((types) => types.length === 1)).toBe(true);
});

test('an exception that the runtime handled is a success without spans, as captured', async () => {
  const run = await startRun({});
  await run.lambda.invoke({ action: 'echo' });
  const failed = await run.lambda.invoke({ action: 'fail' });
  expect(failed).toMatchObject({ status: 'success', functionError: 'Unhandled' });
  expect(failed.response).toMatchObject({ errorType: 'TypeError' });
  await run.lambda.invoke({ action: 'echo' });
  // The report is sent with the next invocation, and may still be on its way when that has ended.
  await run.lambda.shutdown();
  const pick = (events: readonly ProbeEvent[]): readonly unknown[] =>
    platformShapes(
      [events.filter(isType('platform.runtimeDone')), events.filter(isType('platform.report'))]
        .map((found) => found[1])
        .filter((event) => event !== undefined),
    );
  const captured = readCapture('platform-normal-error-timeout').flatMap(
    ({ events = [] }) => events,
  );
  expect(pick(delivered(run.records()))).toEqual(pick(captured));
});

test('partial lines of one stream join across a line of the other, as captured', async () => {
  let output = '';
  const run = await startRun({}, { ...UNHURRIED, onFunctionOutput: (chunk) => (output += chunk) });
  const writes = [
    { stream: 'stdout', text: 'STDOUT_PREFIX ' },
    { stream: 'stderr', text: 'STDERR_LINE\n' },
    { stream: 'stdout', text: 'STDOUT_SUFFIX\n' },
  ];
  const invoked = run.lambda.invoke({ action: 'write', writes });
  for (const [index, { text }] of writes.entries()) {
    await eventually(() => output.includes(text));
    run.signal(`read-${index}`);
  }
  await invoked;
  await run.lambda.shutdown();
  const lines = (events: readonly ProbeEvent[]): readonly unknown[] =>
    events.filter(isType('function')).map(({ record }) => record);
  const captured = lines(readCapture('streams-normal').flatMap(({ events = [] }) => events));
  const expected = captured.filter(
    (line) => line === 'STDERR_LINE\n' || line === 'STDOUT_PREFIX STDOUT_SUFFIX\n',
  );
  expect(lines(delivered(run.records())).slice(1)).toEqual(expected.slice(0, 2));
});

test('a slow consumer loses the oldest lines and is told a running total first in its batch', async () => {
  const subscription = {
    types: ['function'],
    buffering: { maxItems: 1000, maxBytes: 1_048_576, timeoutMs: 25 },
  };
  const run = await startRun({ answerDelayMs: 300, subscription }, UNHURRIED);
  await run.lambda.invoke({ action: 'flood', count: 20_000 });
  run.lambda.thaw();
  const isLast = ({ record }: ProbeEvent): boolean =>
    typeof record === 'string' && record.endsWith('line 19999\n');
  await eventually(() => delivered(run.records()).some(isLast));

  const all = run.records().filter(({ kind }) => kind === 'delivery');
  const captured = readCapture('buffering-logs-dropped').flatMap(({ events = [] }) => events);
  const dropped = delivered(all).filter(isType('platform.logsDropped'));
  // How often the queue overflows before the consumer is asked again is the machine's affair.
  expect(dropped.length).toBeGreaterThan(0);
  const shapes = platformShapes(captured);
  expect(platformShapes(dropped.slice(0, 2))).toEqual(shapes.slice(0, Math.min(2, dropped.length)));
  expect(captured.find(isType('platform.logsDropped'))?.record).toMatchObject({
    reason: (dropped[0]?.record as Record<string, unknown>)['reason'],
  });
  for (const { events = [] } of all) {
    expect(events.length).toBeLessThanOrEqual(1000);
    expect(events.slice(1).some(isType('platform.logsDropped'))).toBe(false);
  }
  const totals = dropped.map(({ record }) =>
    Number((record as Record<string, unknown>)['droppedRecords']),
  );
  expect(totals).toEqual([...totals].sort((left, right) => left - right));
  const lines = delivered(all).filter(isType('function')).length;
  expect(lines + (totals.at(-1) ?? 0)).toBe(20_001);
});
