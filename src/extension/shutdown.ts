// The end of the environment: waits a moment for late telemetry, lets the pipeline send what is left, and
// is over before Lambda's SIGKILL whatever happens.
import { pause, settledBefore } from './clock';
import type { Clock } from './clock';
import type { Pipeline } from './pipeline-port';
import type { TelemetryStreamState } from './telemetry-intake';

export interface ShutdownRequest {
  readonly reason: string;
  /** Epoch milliseconds of SIGKILL; NaN or past: unknown. */
  readonly deadlineMs: number;
  /** True while the last invocation's end is still to come. */
  readonly isRunning: boolean;
}

export interface ShutdownPorts {
  readonly pipeline: Pipeline;
  readonly telemetry: TelemetryStreamState;
  readonly clock: Clock;
}

/** An unknown deadline: after an extension's own timeout Lambda gives 1 s, otherwise 2 s. */
const DEFAULT_MS = 1_000;
const MAX_MS = 5_000;
/** For the last lines of this process and its exit. */
const MARGIN_MS = 150;
/** Lambda sends a batch 25 ms after its first event: nothing for this long means that nothing follows. */
const QUIET_MS = 50;
/** A timed-out invocation's runtimeDone and the lines behind it come up to 50 ms later. */
const QUIET_WHILE_RUNNING_MS = 100;
const MAX_DRAIN_MS = 400;

export async function shutDown(
  { pipeline, telemetry, clock }: ShutdownPorts,
  { reason, deadlineMs, isRunning }: ShutdownRequest,
): Promise<void> {
  const startMs = clock.now();
  const isKnown = deadlineMs > startMs;
  const endMs = isKnown ? Math.min(deadlineMs, startMs + MAX_MS) : startMs + DEFAULT_MS;
  if (telemetry.isActive) {
    const latestMs = startMs + Math.min(MAX_DRAIN_MS, (endMs - startMs) / 4);
    const quietMs = isRunning ? QUIET_WHILE_RUNNING_MS : QUIET_MS;
    await drain({ telemetry, clock }, { startMs, latestMs, quietMs });
  }
  const nowMs = clock.now();
  const exportEndMs = Math.max(endMs - MARGIN_MS, nowMs + (endMs - nowMs) / 2);
  // The pipeline ends by its own deadline; if it does not, the process still ends in time.
  await settledBefore(
    clock,
    pipeline.shutdown(reason, exportEndMs),
    exportEndMs + (endMs - exportEndMs) / 2,
  );
}

async function drain(
  { telemetry, clock }: Pick<ShutdownPorts, 'telemetry' | 'clock'>,
  times: { readonly startMs: number; readonly latestMs: number; readonly quietMs: number },
): Promise<void> {
  for (;;) {
    const quietAtMs = Math.max(times.startMs, telemetry.latestBatchAtMs) + times.quietMs;
    const remainingMs = Math.min(quietAtMs, times.latestMs) - clock.now();
    if (remainingMs <= 0) return;
    await pause(clock, remainingMs);
  }
}
