// The init phase: extensions start and register, the runtime starts and polls, all extensions poll.
// Order of events as captured: initStart, initRuntimeDone, extension…, initReport.
import { preciseNowMs } from '../clock';
import { initReportRecord, initRuntimeDoneRecord, initStartRecord } from '../platform-records';
import type { Outcome, Phase } from '../platform-records';
import type { Extension } from '../extension-registry';
import type { Sandbox } from '../sandbox';
import { toRegistration } from '../extensions-api';
import { startExtensions, startRuntime } from '../sandbox-processes';

export interface InitResult {
  readonly outcome: Outcome;
  readonly durationMs: number;
}

const SUCCESS: Outcome = { status: 'success' };

/** Waits for one stage of init, or for the first fatal error, or for the deadline. */
async function reach(sandbox: Sandbox, test: () => boolean, deadlineMs: number): Promise<Outcome> {
  const failed = (): string | undefined =>
    sandbox.fatalErrorType ?? sandbox.runtimeApi.failedInit?.errorType;
  const settled = await sandbox.watch.until(
    () => failed() !== undefined || test(),
    deadlineMs - preciseNowMs(),
  );
  const errorType = failed();
  if (errorType !== undefined) return { status: 'error', errorType };
  return settled ? SUCCESS : { status: 'timeout' };
}

/** True if it has polled or never will. */
function hasStarted({ kind, state }: Extension): boolean {
  return kind === 'internal' || (state !== 'Started' && state !== 'Registered');
}

async function runStages(sandbox: Sandbox, phase: Phase, deadlineMs: number): Promise<Outcome> {
  const { settings, telemetry, runtimeApi, extensions } = sandbox;
  startExtensions(sandbox);
  const registered = await reach(
    sandbox,
    () => extensions.every(({ kind, state }) => kind === 'internal' || state !== 'Started'),
    deadlineMs,
  );
  if (registered.status !== 'success') return registered;

  startRuntime(sandbox);
  const done = await reach(sandbox, () => runtimeApi.ready, deadlineMs);
  if (done.status !== 'timeout') {
    const record = initRuntimeDoneRecord(settings, phase, done);
    telemetry.emit('platform.initRuntimeDone', record);
  }
  if (done.status === 'error') {
    // Extensions must have subscribed before the runtime ends init, so that they get what it printed.
    await sandbox.watch.until(
      () => extensions.every((extension) => hasStarted(extension)),
      deadlineMs - preciseNowMs(),
    );
  }
  if (done.status !== 'success') return done;

  sandbox.registrationOpen = false;
  return reach(sandbox, () => extensions.every(({ state }) => state === 'Ready'), deadlineMs);
}

function emitExtensions({ extensions, telemetry }: Sandbox): void {
  for (const { name, state, events, errorType } of extensions) {
    const record = { name, state, events };
    telemetry.emit(
      'platform.extension',
      errorType === undefined ? record : { ...record, errorType },
    );
  }
}

/** Starts every process. If the outcome is not success, the caller must reset the sandbox. */
export async function initialize(
  sandbox: Sandbox,
  phase: Phase,
  timeoutMs: number,
): Promise<InitResult> {
  const { settings, telemetry } = sandbox;
  const startedAtMs = preciseNowMs();
  telemetry.open();
  sandbox.registrationOpen = true;
  sandbox.options.onLifecycle?.({ kind: 'register', body: toRegistration(settings) });
  telemetry.emit('platform.initStart', initStartRecord(settings, phase), startedAtMs);
  const outcome = await runStages(sandbox, phase, startedAtMs + timeoutMs);
  sandbox.registrationOpen = false;
  const durationMs = preciseNowMs() - startedAtMs;
  emitExtensions(sandbox);
  const report = initReportRecord(settings, phase, { outcome, durationMs });
  telemetry.emit('platform.initReport', report);
  sandbox.initialized = outcome.status === 'success';
  telemetry.closeSubscription();
  return { outcome, durationMs };
}
