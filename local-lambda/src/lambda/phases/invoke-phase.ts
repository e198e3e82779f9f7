// The invoke phase on demand: start, INVOKE to extensions and runtime, runtimeDone, the extensions'
// next polls, report; timeouts count the extensions too. Any failure resets the environment.
import { preciseNowMs, toIsoTime } from '../clock';
import { sendNextEvent } from '../extension-registry';
import type { NextEventBody } from '../extension-registry';
import { toRuntimeInvocation } from '../invocation';
import type { InvocationFailure } from '../invocation';
import { runtimeDoneRecord, startRecord, toSpan } from '../platform-records';
import type { Outcome, RequestContext, SpanRecord } from '../platform-records';
import type { RuntimeInvocation, RuntimeResult } from '../runtime-api';
import type { Sandbox } from '../sandbox';

export interface InvokeRun {
  readonly outcome: Outcome;
  readonly failure: InvocationFailure | undefined;
  readonly result: RuntimeResult | undefined;
  readonly startedAtMs: number;
  readonly durationMs: number;
  /** Epoch milliseconds of the function's timeout. */
  readonly timeUpAtMs: number;
  readonly runtimeDoneAtMs: number;
  readonly endedAtMs: number;
  /** Of platform.report. */
  readonly spans: readonly SpanRecord[];
}

interface Run {
  readonly sandbox: Sandbox;
  readonly context: RequestContext;
  readonly invocation: RuntimeInvocation;
  readonly startedAtMs: number;
  readonly deadlineMs: number;
}

function isTimeUp({ sandbox: { timeUpAtMs }, startedAtMs }: Run): boolean {
  return timeUpAtMs !== undefined && timeUpAtMs >= startedAtMs;
}

function timeoutFailure({ sandbox, context }: Run): InvocationFailure {
  const seconds = (sandbox.settings.timeoutMs / 1000).toFixed(2);
  return {
    status: 'timeout',
    errorType: 'Sandbox.Timedout',
    message: `RequestId: ${context.requestId} Error: Task timed out after ${seconds} seconds`,
  };
}

/** Error types whose message says how the process ended. */
const EXITS: readonly string[] = ['Runtime.ExitError', 'Runtime.OutOfMemory'];

/** Signals by the names that the service writes, which are Go's. */
const SIGNAL_NAMES: Readonly<Record<string, string>> = {
  SIGABRT: 'aborted',
  SIGBUS: 'bus error',
  SIGFPE: 'floating point exception',
  SIGILL: 'illegal instruction',
  SIGKILL: 'killed',
  SIGSEGV: 'segmentation fault',
  SIGTERM: 'terminated',
};

function describeExit({ runtime, outOfMemory }: Sandbox): string {
  const { code = 0, signal = null } = runtime?.exit ?? {};
  if (outOfMemory) return 'signal: killed';
  return signal === null ? `exit status ${code ?? 0}` : `signal: ${SIGNAL_NAMES[signal] ?? signal}`;
}

/** The first fatal error as a failure of this request. */
export function toFailure(sandbox: Sandbox, requestId: string): InvocationFailure | undefined {
  const errorType = sandbox.fatalErrorType;
  if (errorType === undefined) return undefined;
  const what = EXITS.includes(errorType)
    ? `Runtime exited with error: ${describeExit(sandbox)}`
    : errorType;
  // AWS: Sandbox.* goes with status failure, every other error type with error.
  const platformStatus = errorType.startsWith('Sandbox.') ? 'failure' : 'error';
  return { status: platformStatus, errorType, message: `RequestId: ${requestId} Error: ${what}` };
}

function tooLarge({ context }: Run): InvocationFailure {
  return {
    status: 'error',
    errorType: 'Function.ResponseSizeTooLarge',
    message: `RequestId: ${context.requestId} Error: Response payload size exceeded maximum allowed payload size (6291556 bytes).`,
  };
}

function sendInvoke({ sandbox, context, invocation, deadlineMs }: Run): void {
  const event: NextEventBody = {
    eventType: 'INVOKE',
    deadlineMs: Math.floor(deadlineMs),
    requestId: context.requestId,
    invokedFunctionArn: sandbox.settings.arn,
    tracing: { type: 'X-Amzn-Trace-Id', value: context.traceHeader },
  };
  sandbox.options.onLifecycle?.({ kind: 'next', event });
  for (const extension of sandbox.extensions) {
    if (extension.events.includes('INVOKE')) sendNextEvent(extension, event);
  }
  sandbox.runtimeApi.dispatch(invocation);
}

function toRuntimeSpans(run: Run, readyAtMs: number): readonly SpanRecord[] {
  const { result } = run.invocation;
  if (result === undefined || result.kind === 'error' || result.tooLarge) return [];
  return [
    toSpan('responseLatency', run.startedAtMs, result.startedAtMs),
    toSpan('responseDuration', result.startedAtMs, result.endedAtMs),
    toSpan('runtimeOverhead', result.endedAtMs, readyAtMs),
  ];
}

async function runtimePart(run: Run): Promise<InvocationFailure | undefined> {
  const { sandbox, invocation, context } = run;
  const ready = (): boolean => invocation.runtimeReadyAtMs !== undefined;
  const inTime = await sandbox.watch.until(
    () => ready() || sandbox.fatalErrorType !== undefined || isTimeUp(run),
    run.deadlineMs - preciseNowMs(),
  );
  const failure = ready()
    ? invocation.result?.tooLarge === true
      ? tooLarge(run)
      : undefined
    : inTime && !isTimeUp(run)
      ? toFailure(sandbox, context.requestId)
      : timeoutFailure(run);
  const endedAtMs = invocation.runtimeReadyAtMs ?? preciseNowMs();
  const record = runtimeDoneRecord(context, {
    outcome: {
      status: failure?.status ?? 'success',
      // The service sends no errorType with a timeout (captures).
      errorType: failure?.status === 'timeout' ? undefined : failure?.errorType,
    },
    durationMs: endedAtMs - run.startedAtMs,
    producedBytes: failure === undefined ? (invocation.result?.producedBytes ?? 0) : 0,
    spans: ready() ? toRuntimeSpans(run, endedAtMs) : [],
  });
  sandbox.telemetry.emit('platform.runtimeDone', record);
  return failure;
}

async function extensionPart(run: Run): Promise<InvocationFailure | undefined> {
  const { sandbox } = run;
  const allReady = (): boolean =>
    sandbox.extensions.every(
      ({ state, events }) => !events.includes('INVOKE') || state === 'Ready',
    );
  const inTime = await sandbox.watch.until(
    () => allReady() || sandbox.fatalErrorType !== undefined || isTimeUp(run),
    run.deadlineMs - preciseNowMs(),
  );
  if (allReady() && sandbox.fatalErrorType === undefined) return undefined;
  return inTime && !isTimeUp(run) ? toFailure(sandbox, run.context.requestId) : timeoutFailure(run);
}

/** Failures that leave the processes in an unknown state; a response that is too large does not. */
export function needsReset({ failure }: Pick<InvokeRun, 'failure'>): boolean {
  return failure !== undefined && failure.errorType !== 'Function.ResponseSizeTooLarge';
}

/** From platform.start until runtime and extensions are done; never longer than the timeout. */
export async function runInvocation(
  sandbox: Sandbox,
  context: RequestContext,
  payload: unknown,
): Promise<InvokeRun> {
  const startedAtMs = preciseNowMs();
  const deadlineMs = startedAtMs + sandbox.settings.timeoutMs;
  const invocation = toRuntimeInvocation(sandbox.settings, context, { payload, deadlineMs });
  const run: Run = { sandbox, context, invocation, startedAtMs, deadlineMs };
  sandbox.telemetry.emit('platform.start', startRecord(sandbox.settings, context), startedAtMs);
  sendInvoke(run);

  const runtimeFailure = await runtimePart(run);
  const runtimeDoneAtMs = preciseNowMs();
  const reset = needsReset({ failure: runtimeFailure });
  const failure = reset ? runtimeFailure : ((await extensionPart(run)) ?? runtimeFailure);
  const endedAtMs = preciseNowMs();
  const timeUpAtMs = (isTimeUp(run) ? sandbox.timeUpAtMs : undefined) ?? deadlineMs;
  const overMs = failure?.status === 'timeout' ? timeUpAtMs : endedAtMs;
  const overhead =
    reset || sandbox.extensions.length === 0
      ? []
      : [
          {
            ...toSpan('extensionOverhead', runtimeDoneAtMs, overMs),
            start: toIsoTime(invocation.runtimeReadyAtMs ?? runtimeDoneAtMs),
          },
        ];
  return {
    outcome: {
      status: failure?.status ?? 'success',
      errorType: failure?.status === 'timeout' ? undefined : failure?.errorType,
    },
    failure,
    result: invocation.result,
    startedAtMs,
    durationMs: overMs - startedAtMs,
    timeUpAtMs,
    runtimeDoneAtMs,
    endedAtMs,
    spans: overhead,
  };
}
