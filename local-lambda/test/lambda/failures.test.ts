// What fails in a function or an extension fails as in Lambda, and the next invocation works.
import { readFileSync } from 'node:fs';
import { delivered, endRuns, eventually, startRun, byProcess } from './probe-run';
import type { ProbeRun } from './probe-run';

afterEach(endRuns);

function emitted({ lambda }: ProbeRun, ...types: readonly string[]): readonly unknown[] {
  return lambda.events
    .filter(({ type }) => types.includes(type.replace('platform.', '')))
    .map(({ type, record }) => {
      const { phase, status, errorType, state } = record as Record<string, unknown>;
      return [type.replace('platform.', ''), phase ?? state, status, errorType].filter(Boolean);
    });
}

const INIT = ['initStart', 'initRuntimeDone', 'extension', 'initReport'];
const INVOKE = ['start', 'runtimeDone', 'report'];

test.each([
  ['exits by itself', { action: 'exit', code: 0 }, 'exit status 0'],
  ['exits with a code', { action: 'exit', code: 3 }, 'exit status 3'],
  ['is killed', { action: 'kill' }, 'signal: killed'],
  ['dies of an uncaught exception', { action: 'uncaught' }, 'exit status 129'],
])('a runtime that %s is Runtime.ExitError, then everything restarts', async (_, event, text) => {
  const run = await startRun({});
  const failed = await run.lambda.invoke(event);
  expect(failed).toMatchObject({ status: 'error', errorType: 'Runtime.ExitError' });
  if (event.action === 'uncaught') {
    expect(JSON.stringify(run.lambda.events)).toContain('Uncaught Exception');
  } else {
    expect(JSON.stringify(failed.response)).toContain(text);
  }
  expect((await run.lambda.invoke({ action: 'echo' })).status).toBe('success');
  expect(emitted(run, ...INIT, ...INVOKE)).toEqual([
    ['initStart', 'init'],
    ['initRuntimeDone', 'init', 'success'],
    ['extension', 'Ready'],
    ['initReport', 'init', 'success'],
    ['start'],
    ['runtimeDone', 'error', 'Runtime.ExitError'],
    ['report', 'error', 'Runtime.ExitError'],
    ['initStart', 'invoke'],
    ['initRuntimeDone', 'invoke', 'success'],
    ['extension', 'Ready'],
    ['initReport', 'invoke', 'success'],
    ['start'],
    ['runtimeDone', 'success'],
    ['report', 'success'],
  ]);
  const shutdowns = run.records().map(({ event: next }) => next?.['shutdownReason']);
  expect(shutdowns).toContain('failure');
});

const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux('a function beyond its memory is Runtime.OutOfMemory, not a timeout', async () => {
  const run = await startRun({}, { memorySizeMb: 256, timeoutMs: 600_000 });
  const failed = await run.lambda.invoke({ action: 'hoard', megabytes: 1_000_000 });
  expect(failed).toMatchObject({ status: 'error', errorType: 'Runtime.OutOfMemory' });
  expect(JSON.stringify(failed.response)).toContain('Runtime exited with error: signal: killed');
  expect(failed.metrics).toMatchObject({ memorySizeMB: 256, maxMemoryUsedMB: 256 });
  const next = await run.lambda.invoke({ action: 'hoard', megabytes: 10 });
  expect(next).toMatchObject({ status: 'success' });
  expect(next.metrics?.maxMemoryUsedMB).toBeLessThan(256);
});

test('a promise that never settles fails the invocation, not the environment', async () => {
  const run = await startRun({});
  const failed = await run.lambda.invoke({ action: 'never' });
  expect(failed.response).toMatchObject({ errorType: 'Runtime.NodeJsExit' });
  expect((await run.lambda.invoke({ action: 'echo' })).response).toEqual({ action: 'echo' });
  expect(byProcess(run.records())).toHaveLength(1);
});

test('a response that is too large is Function.ResponseSizeTooLarge and costs no restart', async () => {
  const run = await startRun({});
  const failed = await run.lambda.invoke({ action: 'large', bytes: 7_000_000 });
  expect(failed).toMatchObject({ status: 'error', errorType: 'Function.ResponseSizeTooLarge' });
  expect((await run.lambda.invoke({ action: 'echo' })).status).toBe('success');
  expect(byProcess(run.records())).toHaveLength(1);
});

test('a failed init is run again inside the first invocation', async () => {
  const run = await startRun({}, { environment: { FAIL_INIT: 'once' } });
  const invocation = await run.lambda.invoke({ action: 'echo' });
  expect(invocation.status).toBe('success');
  expect(invocation.metrics?.initDurationMs).toBeUndefined();
  expect(emitted(run, ...INIT)).toEqual([
    ['initStart', 'init'],
    ['initRuntimeDone', 'init', 'error', 'Runtime.Unknown'],
    ['extension', 'Ready'],
    ['initReport', 'init', 'error', 'Runtime.Unknown'],
    ['initStart', 'invoke'],
    ['initRuntimeDone', 'invoke', 'success'],
    ['extension', 'Ready'],
    ['initReport', 'invoke', 'success'],
  ]);
});

test('an extension that is slow to subscribe gets all of a failing init', async () => {
  const run = await startRun({ subscribeDelayMs: 500 }, { environment: { FAIL_INIT: 'once' } });
  expect(run.records().filter(({ kind }) => kind === 'subscribe')).toMatchObject([{ status: 200 }]);
  // What was sent may not be noted yet.
  await eventually(() => {
    const types = delivered(run.records()).map(({ type }) => type);
    return ['platform.initStart', 'function', 'platform.initRuntimeDone'].every((type) =>
      types.includes(type),
    );
  });
});

test('an init that always fails ends each invocation with its error', async () => {
  const run = await startRun({}, { environment: { FAIL_INIT: 'always' } });
  for (let count = 0; count < 2; count += 1) {
    const failed = await run.lambda.invoke({ action: 'echo' });
    expect(failed).toMatchObject({ status: 'error', errorType: 'Runtime.Unknown' });
    expect(failed.response).toMatchObject({
      ...{ errorType: 'RangeError', errorMessage: 'init failed on purpose' },
    });
  }
  expect(emitted(run, ...INVOKE).slice(0, 3)).toEqual([
    ['start'],
    ['runtimeDone', 'error', 'Runtime.Unknown'],
    ['report', 'error', 'Runtime.Unknown'],
  ]);
});

test('an init beyond its limit is a timeout without initRuntimeDone of the extension stage', async () => {
  const run = await startRun({ stallInitMs: 60_000 }, { initTimeoutMs: 400 });
  expect(emitted(run, 'initReport')).toEqual([['initReport', 'init', 'timeout']]);
});

test.each([
  ['crashes in an invocation', { crashAt: 1 }, 'Extension.Crash'],
  ['exits before it registers', { exitAtStart: 0 }, 'Extension.Crash'],
  ['reports an init error', { initError: 'Extension.NoConfiguration' }, 'Extension.InitError'],
])('an extension that %s fails the invocation', async (_, script, errorType) => {
  const run = await startRun(script, { timeoutMs: 3000 });
  const failed = await run.lambda.invoke({ action: 'sleep', ms: 200 });
  expect(failed).toMatchObject({ status: 'error', errorType });
});

test('an executable that cannot be started is a launch error', async () => {
  const command = [`${__dirname}/failures.test.ts`];
  const run = await startRun({}, { extensionCommands: [{ name: 'broken', command }] });
  const [extension] = run.lambda.events.filter(({ type }) => type === 'platform.extension');
  expect(extension?.record).toEqual({
    ...{ name: 'broken', state: 'LaunchError', events: [], errorType: 'PermissionDenied' },
  });
  const failed = await run.lambda.invoke({});
  expect(failed.errorType).toBe('Extension.LaunchError');
});

test('telemetry that the listener refused comes again with the same id', async () => {
  const run = await startRun({ failFirst: 2 }, { freeze: false });
  await run.lambda.invoke({ action: 'echo' });
  await eventually(() => delivered(run.records()).some(({ type }) => type === 'platform.report'));
  const posts = run.records().filter(({ kind }) => kind === 'delivery');
  const ids = posts.slice(0, 3).map(({ headers }) => headers?.['sequence-id']);
  expect(new Set(ids).size).toBe(1);
  const accepted = posts.filter(({ status }) => status === 200);
  expect(delivered(accepted).map(({ type }) => type)).toEqual(
    run.lambda.events.map(({ type }) => type),
  );
});

test('SHUTDOWN that is not obeyed ends with SIGKILL at its deadline', async () => {
  const run = await startRun({ ignoreShutdown: true }, { shutdownTimeoutMs: 300 });
  await run.lambda.invoke({ action: 'echo' });
  const { extensions } = await run.lambda.shutdown();
  expect(extensions).toMatchObject([{ exitCode: null, signal: 'SIGKILL', killed: true }]);
  expect(extensions[0]?.durationMs).toBeGreaterThan(200);
  await expect(run.lambda.invoke({})).rejects.toThrow('shut down');
});

test('SHUTDOWN that is obeyed tells the exit code and how long it took', async () => {
  const run = await startRun({ exitCode: 4 });
  await run.lambda.invoke({ action: 'echo' });
  const outcome = await run.lambda.shutdown();
  expect(outcome).toMatchObject({
    reason: 'spindown',
    extensions: [{ name: 'probe', exitCode: 4, signal: null, killed: false }],
  });
  expect(await run.lambda.shutdown()).toBe(outcome);
});

onLinux('every process stands still between invocations', async () => {
  const run = await startRun({});
  await run.lambda.invoke({ action: 'echo' });
  const pids = [run.lambda.runtimePid, run.lambda.extensions[0]?.pid];
  const states = (): readonly string[] =>
    pids.map((pid) => /\) (\w)/.exec(readFileSync(`/proc/${pid ?? 0}/stat`, 'utf8'))?.[1] ?? '');
  await eventually(() => states().every((state) => state === 'T'));
  run.lambda.thaw();
  await eventually(() => states().every((state) => state !== 'T'));
  expect(run.lambda.extensions[0]?.readStatistics()?.anonymousBytes).toBeGreaterThan(1_000_000);
});

test('/tmp is kept when the processes restart', async () => {
  const run = await startRun({}, { environment: { FAIL_INIT: 'once' } });
  await run.lambda.invoke({ action: 'exit', code: 1 });
  // The marker that the first init wrote lets every later init succeed.
  expect((await run.lambda.invoke({ action: 'echo' })).status).toBe('success');
});

test('a shutdown ends the invocation that runs and refuses those that wait', async () => {
  const run = await startRun({}, { timeoutMs: 600_000 });
  const invoked = run.lambda.invoke({ action: 'sleep', ms: 600_000 });
  const waiting = run.lambda.invoke({ action: 'echo' });
  const refused = expect(waiting).rejects.toThrow('shut down');
  await eventually(() => run.lambda.events.some(({ type }) => type === 'platform.start'));
  await run.lambda.shutdown();
  expect(await invoked).toMatchObject({ status: 'failure', errorType: 'Sandbox.Failure' });
  await refused;
});
