// The end of the environment: waits a moment for late telemetry, lets the pipeline send what is left, and
// is over before Lambda's SIGKILL whatever happens. Times are steady ones: the clock may be set meanwhile.
import { pause, settledBefore } from '../node/clock';
import type { Clock } from '../node/clock';
import type { TelemetryStream } from './inbox';
import type { Pipeline } from './pipeline';

export interface ShutdownRequest {
  readonly reason: string;
  /** Epoch milliseconds of SIGKILL; NaN or past: unknown. */
  readonly deadlineMs: number;
  /** True while the last invocation's end is still to come. */
  readonly isRunning: boolean;
}

export interface ShutdownPorts {
  /** Undefined: it could not be loaded. */
  readonly pipeline: Promise<Pipeline | undefined>;
  readonly telemetry: TelemetryStream;
  readonly clock: Clock;
}

/** An unknown deadline: after an extension's own timeout Lambda gives 1 s, otherwise 2 s. */
const DEFAULT_MS = 1_000;
const MAX_MS = 5_000;
/** Of the time: what is not read by then is dropped, so that what was read can be sent. */
const READING_SHARE = 0.4;
/** For the last lines of this process and its exit. */
const MARGIN_MS = 150;
/** The same when there was more to read than time: the event loop is late then. */
const BUSY_MARGIN_MS = 400;
/** Lambda sends a batch 25 ms after its first event: nothing for this long means that nothing follows. */
const QUIET_MS = 50;
/** A timed-out invocation's runtimeDone and the lines behind it come up to 50 ms later. */
const QUIET_WHILE_RUNNING_MS = 100;
const MAX_DRAIN_MS = 400;

export async function shutDown(
  ports: ShutdownPorts,
  { reason, deadlineMs, isRunning }: ShutdownRequest,
): Promise<void> {
  const { telemetry, clock } = ports;
  const leftMs = deadlineMs - clock.now();
  const startMs = clock.steadyMs();
  const endMs = startMs + (leftMs > 0 ? Math.min(leftMs, MAX_MS) : DEFAULT_MS);
  const readEndMs = startMs + (endMs - startMs) * READING_SHARE;
  telemetry.stopReading(readEndMs);
  if (telemetry.isActive) {
    const latestMs = startMs + Math.min(MAX_DRAIN_MS, (endMs - startMs) / 4);
    const quietMs = isRunning ? QUIET_WHILE_RUNNING_MS : QUIET_MS;
    await drain({ telemetry, clock }, { startMs, latestMs, quietMs });
  }
  const pipeline = await settledBefore(clock, ports.pipeline, toEpoch(clock, readEndMs));
  if (pipeline === undefined) return;
  await catchUp({ pipeline, telemetry, clock }, readEndMs);
  const unread = await telemetry.close(readEndMs + (endMs - readEndMs) / 4);
  const nowMs = clock.steadyMs();
  const marginMs = unread.bodies > 0 ? BUSY_MARGIN_MS : MARGIN_MS;
  const exportEndMs = Math.max(endMs - marginMs, nowMs + (endMs - nowMs) / 2);
  // The pipeline ends by its own deadline; if it does not, the process still ends in time.
  await settledBefore(
    clock,
    pipeline.shutdown({ reason, deadlineMs: toEpoch(clock, exportEndMs), unread }),
    toEpoch(clock, exportEndMs + (endMs - exportEndMs) / 2),
  );
}

/** The epoch time, as the clock is set now, of a steady one. */
function toEpoch(clock: Clock, steadyMs: number): number {
  return clock.now() + steadyMs - clock.steadyMs();
}

interface LoadedPorts extends Omit<ShutdownPorts, 'pipeline'> {
  readonly pipeline: Pipeline;
}

/** Bodies that wait for room in the buffer get it by exports, before everything is closed. */
async function catchUp(
  { pipeline, telemetry, clock }: LoadedPorts,
  untilMs: number,
): Promise<void> {
  while (telemetry.isBehind) {
    const deadlineMs = toEpoch(clock, untilMs);
    await settledBefore(clock, pipeline.flush(deadlineMs, true), deadlineMs);
    await pause(clock, 1);
  }
}

async function drain(
  { telemetry, clock }: Pick<ShutdownPorts, 'telemetry' | 'clock'>,
  times: { readonly startMs: number; readonly latestMs: number; readonly quietMs: number },
): Promise<void> {
  for (;;) {
    const { latestBatchMs, latestOtlpMs = Number.NEGATIVE_INFINITY } = telemetry;
    const quietAtMs = Math.max(times.startMs, latestBatchMs, latestOtlpMs) + times.quietMs;
    const remainingMs = Math.min(quietAtMs, times.latestMs) - clock.steadyMs();
    if (remainingMs <= 0) return;
    await pause(clock, remainingMs);
  }
}
