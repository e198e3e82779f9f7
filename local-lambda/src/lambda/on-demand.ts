// An environment that serves one invocation at a time and sleeps in between: on demand, provisioned
// concurrency, SnapStart. Init comes first; after a failure the next invocation initializes anew.
import { preciseNowMs } from './clock';
import { toRequestContext, toResponse } from './invocation';
import type { Invocation, InvocationFailure, InvokeOptions } from './invocation';
import { initialize } from './phases/init-phase';
import { needsReset, runInvocation, toFailure } from './phases/invoke-phase';
import type { InvokeRun } from './phases/invoke-phase';
import { emitReport, readMaxMemoryUsedMb } from './phases/report';
import type { StartDurations } from './phases/report';
import { restore, takeSnapshot } from './phases/snap-start';
import { shutDown } from './phases/shutdown-phase';
import { runtimeDoneRecord, startRecord } from './platform-records';
import type { RequestContext } from './platform-records';
import type { RuntimeDoneDeliveries } from './runtime-done-deliveries';
import type { Sandbox } from './sandbox';

export interface OnDemand {
  /** Runs the init phase; a failure shows in the events and in the next invocation. */
  start(): Promise<void>;
  invoke(payload: unknown, options: InvokeOptions): Promise<Invocation>;
  /** Ends the running invocation with Sandbox.Failure. */
  abort(): void;
}

export function createOnDemand(sandbox: Sandbox, deliveries: RuntimeDoneDeliveries): OnDemand {
  const { settings, telemetry } = sandbox;
  const snapStart = settings.initializationType === 'snap-start';
  let startDurations: StartDurations = {};
  let restored = !snapStart;
  let running = false;

  const freeze = (): void => {
    const { freeze, inspect } = sandbox.options;
    if (freeze !== false && inspect !== true) sandbox.freeze();
  };

  const reset = async (reason: 'timeout' | 'failure', sinceMs?: number): Promise<void> => {
    await shutDown(sandbox, reason, sinceMs);
    sandbox.reset();
  };

  const finish = async (context: RequestContext, run: InvokeRun): Promise<Invocation> => {
    const maxMemoryUsedMb = readMaxMemoryUsedMb(sandbox);
    const extensions = [...sandbox.extensions];
    const timedOut = run.outcome.status === 'timeout';
    if (needsReset(run)) {
      await reset(timedOut ? 'timeout' : 'failure', timedOut ? run.timeUpAtMs : undefined);
    }
    const { outcome, spans, durationMs } = run;
    const start = startDurations;
    startDurations = {};
    const metrics = emitReport(sandbox, {
      ...{ context, outcome, durationMs, maxMemoryUsedMb, start, spans },
    });
    const polled = extensions.flatMap(({ name, nextAtMs }) =>
      nextAtMs === undefined || nextAtMs < run.startedAtMs ? [] : [[name, nextAtMs] as const],
    );
    return {
      requestId: context.requestId,
      traceHeader: context.traceHeader,
      status: outcome.status,
      errorType: run.failure?.errorType,
      ...toResponse(run.result, run.failure),
      metrics,
      timings: {
        startedAtMs: run.startedAtMs,
        respondedAtMs: run.result?.endedAtMs,
        runtimeDoneAtMs: run.runtimeDoneAtMs,
        runtimeDoneDeliveredAtMs: deliveries.of(context.requestId),
        extensionNextAtMs: Object.fromEntries(polled),
        postInvokeMs: Math.max(0, ...polled.map(([, atMs]) => atMs - run.runtimeDoneAtMs)),
        endedAtMs: run.endedAtMs,
      },
    };
  };

  /** The re-run of init inside the invocation failed: the request ends without having run. */
  const failWithoutRun = (context: RequestContext, failure: InvocationFailure): InvokeRun => {
    const startedAtMs = preciseNowMs();
    telemetry.emit('platform.start', startRecord(settings, context), startedAtMs);
    const timedOut = failure.status === 'timeout';
    const outcome = {
      status: failure.status,
      errorType: timedOut ? undefined : failure.errorType,
    };
    const done = { outcome, durationMs: 0, producedBytes: 0, spans: [] };
    telemetry.emit('platform.runtimeDone', runtimeDoneRecord(context, done));
    const endedAtMs = preciseNowMs();
    return {
      outcome,
      failure,
      result: undefined,
      startedAtMs,
      durationMs: timedOut ? settings.timeoutMs : endedAtMs - startedAtMs,
      timeUpAtMs: startedAtMs,
      runtimeDoneAtMs: startedAtMs,
      endedAtMs,
      spans: [],
    };
  };

  const initializeAgain = async (requestId: string): Promise<InvocationFailure | undefined> => {
    if (sandbox.processes().length > 0) await reset('failure');
    telemetry.cut();
    const { outcome } = await initialize(sandbox, 'invoke', settings.timeoutMs);
    if (outcome.status === 'success') return undefined;
    const { failedInit } = sandbox.runtimeApi;
    const message = toFailure(sandbox, requestId)?.message;
    const timedOut = outcome.status === 'timeout';
    const seconds = (settings.timeoutMs / 1000).toFixed(2);
    return {
      status: outcome.status,
      errorType: timedOut ? 'Sandbox.Timedout' : outcome.errorType,
      message: message ?? `RequestId: ${requestId} Error: Task timed out after ${seconds} seconds`,
      body: failedInit?.body,
    };
  };

  return {
    async start() {
      const { outcome, durationMs } = await initialize(sandbox, 'init', settings.initTimeoutMs);
      if (outcome.status !== 'success') return reset('failure');
      if (settings.initializationType === 'on-demand') {
        startDurations = { initDurationMs: durationMs };
      }
      if (snapStart) await takeSnapshot(sandbox);
      else if (settings.initializationType === 'provisioned-concurrency') freeze();
    },
    async invoke(payload, options) {
      const context = toRequestContext(options, sandbox.options.tenantId);
      running = true;
      sandbox.thaw();
      if (!restored && sandbox.initialized) {
        startDurations = { restoreDurationMs: await restore(sandbox) };
        restored = true;
      }
      const usable = sandbox.initialized && sandbox.fatalErrorType === undefined;
      const failure = usable ? undefined : await initializeAgain(context.requestId);
      const run =
        failure === undefined
          ? await runInvocation(sandbox, context, payload)
          : failWithoutRun(context, failure);
      const invocation = await finish(context, run);
      running = false;
      freeze();
      return invocation;
    },
    abort() {
      if (!running) return;
      sandbox.fatalErrorType ??= 'Sandbox.Failure';
      sandbox.watch.changed();
    },
  };
}
