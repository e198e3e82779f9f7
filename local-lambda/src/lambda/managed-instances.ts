// Managed Instances as the runtime interface emulator runs them: concurrent invocations, no freeze,
// no INVOKE events, no runtimeDone, reports with the two response spans. Unlike the emulator it has no
// deadlock with a slow listener, and does not refuse a caller who comes before the runtime's next poll.
import { preciseNowMs } from './clock';
import { toRequestContext, toResponse, toRuntimeInvocation } from './invocation';
import type { Invocation, InvocationFailure, InvokeOptions } from './invocation';
import { initialize } from './phases/init-phase';
import { shutDown } from './phases/shutdown-phase';
import { reportRecord, startRecord, toSpan } from './platform-records';
import type { Outcome, RequestContext, SpanRecord } from './platform-records';
import { toPlatformErrorType } from './runtime-api';
import type { RuntimeInvocation } from './runtime-api';
import type { Sandbox } from './sandbox';

export interface ManagedInstances {
  start(): Promise<void>;
  invoke(payload: unknown, options: InvokeOptions): Promise<Invocation>;
  /** Ends running invocations with Client.ExecutionEnvironmentShutDown. */
  abort(): void;
}

interface Running {
  readonly context: RequestContext;
  readonly invocation: RuntimeInvocation;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly failure: InvocationFailure | undefined;
}

function refusal(errorType: string, context: RequestContext): Invocation {
  const atMs = preciseNowMs();
  return {
    requestId: context.requestId,
    traceHeader: context.traceHeader,
    status: 'failure',
    errorType,
    response: { errorType },
    functionError: undefined,
    streamBroke: false,
    metrics: undefined,
    timings: {
      startedAtMs: atMs,
      respondedAtMs: undefined,
      runtimeDoneAtMs: undefined,
      runtimeDoneDeliveredAtMs: {},
      extensionNextAtMs: {},
      postInvokeMs: 0,
      endedAtMs: atMs,
    },
  };
}

function toSpans({ invocation, startedAtMs }: Running): readonly SpanRecord[] {
  const { result } = invocation;
  if (result === undefined) return [];
  return [
    toSpan('responseLatency', startedAtMs, result.startedAtMs),
    toSpan('responseDuration', result.startedAtMs, result.endedAtMs),
  ];
}

function toOutcome({ failure, invocation }: Running): Outcome {
  if (failure !== undefined) return failure;
  const { result } = invocation;
  // Other than on demand, a stream that breaks off is an error to the emulator (its invoke/running_invoke.go).
  if (result?.kind !== 'error' && result?.brokenOffBy === undefined) return { status: 'success' };
  return { status: 'error', errorType: toPlatformErrorType(result.errorType) };
}

function toInvocation(running: Running, outcome: Outcome): Invocation {
  const { context, invocation, startedAtMs, endedAtMs, failure } = running;
  return {
    requestId: context.requestId,
    traceHeader: context.traceHeader,
    status: outcome.status,
    errorType: outcome.errorType,
    ...toResponse(invocation.result, failure),
    metrics: { durationMs: endedAtMs - startedAtMs },
    timings: {
      startedAtMs,
      respondedAtMs: invocation.result?.endedAtMs,
      runtimeDoneAtMs: undefined,
      runtimeDoneDeliveredAtMs: {},
      extensionNextAtMs: {},
      postInvokeMs: 0,
      endedAtMs,
    },
  };
}

export function createManagedInstances(sandbox: Sandbox): ManagedInstances {
  const { settings, telemetry, runtimeApi, watch } = sandbox;
  const requestIds = new Set<string>();
  let aborted = false;
  let claimedPolls = 0;

  const fail = (context: RequestContext, inTime: boolean): InvocationFailure | undefined => {
    if (aborted) {
      const errorType = 'Client.ExecutionEnvironmentShutDown';
      return { status: 'failure', errorType, message: 'Execution environment is shutting down' };
    }
    const errorType = sandbox.fatalErrorType;
    if (errorType !== undefined) {
      return {
        status: 'error',
        errorType,
        message: `RequestId: ${context.requestId} Error: ${errorType}`,
      };
    }
    if (inTime) return undefined;
    const seconds = (settings.timeoutMs / 1000).toFixed(2);
    const message = `Task timed out after ${seconds} seconds`;
    return { status: 'timeout', errorType: 'Sandbox.Timedout', message };
  };

  const unusable = (): boolean =>
    !sandbox.initialized || sandbox.fatalErrorType !== undefined || aborted;

  /** Waits for a runtime that has answered to poll again; one with its maximum of invocations need not. */
  const claimPoll = async (): Promise<boolean> => {
    let claimed = false;
    const timeoutMs = requestIds.size <= settings.maxConcurrency ? settings.timeoutMs : 0;
    await watch.until(() => {
      if (!claimed && !unusable() && runtimeApi.idlePolls > claimedPolls) {
        claimed = true;
        claimedPolls += 1;
      }
      return claimed || unusable();
    }, timeoutMs);
    return claimed;
  };

  const run = async (context: RequestContext, invocation: RuntimeInvocation): Promise<Running> => {
    const startedAtMs = preciseNowMs();
    telemetry.emit('platform.start', startRecord(settings, context), startedAtMs);
    runtimeApi.dispatch(invocation);
    claimedPolls -= 1;
    const answered = (): boolean => invocation.result !== undefined;
    const isTimeUp = (): boolean => (sandbox.timeUpAtMs ?? 0) >= startedAtMs;
    const inTime = await watch.until(
      () => answered() || aborted || sandbox.fatalErrorType !== undefined || isTimeUp(),
      settings.timeoutMs,
    );
    const failure = answered() ? undefined : fail(context, inTime && !isTimeUp());
    invocation.abandoned = failure !== undefined;
    return { context, invocation, startedAtMs, endedAtMs: preciseNowMs(), failure };
  };

  return {
    async start() {
      const { outcome } = await initialize(sandbox, 'init', settings.initTimeoutMs);
      if (outcome.status !== 'success') await shutDown(sandbox, 'failure');
    },
    async invoke(payload, options) {
      const context = toRequestContext(options, sandbox.options.tenantId);
      if (requestIds.has(context.requestId)) {
        return refusal('Client.DuplicatedInvokeId', context);
      }
      requestIds.add(context.requestId);
      if (!(await claimPoll())) {
        requestIds.delete(context.requestId);
        return refusal('Runtime.Unavailable', context);
      }
      const deadlineMs = preciseNowMs() + settings.timeoutMs;
      const invocation = toRuntimeInvocation(settings, context, { payload, deadlineMs });
      const running = await run(context, invocation);
      requestIds.delete(context.requestId);
      const outcome = toOutcome(running);
      const durationMs = Math.round((running.endedAtMs - running.startedAtMs) * 1000) / 1000;
      const spans = running.failure === undefined ? toSpans(running) : [];
      const record = reportRecord(settings, context, { outcome, metrics: { durationMs }, spans });
      telemetry.emit('platform.report', record);
      return toInvocation(running, outcome);
    },
    abort() {
      aborted = true;
      watch.changed();
    },
  };
}
