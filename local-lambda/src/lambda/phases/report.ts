// platform.report of an on-demand invocation: its duration, cost and memory. Source: AWS "Lambda
// Telemetry API event schema", platform.report; captures (billed = ceil(duration + init)).
import { reportRecord } from '../platform-records';
import type { Outcome, ReportMetrics, RequestContext, SpanRecord } from '../platform-records';
import { sumMemory } from '../memory-limit';
import { ESTIMATED_PROCESS_MB, readProcessMemory } from '../process-statistics';
import type { Sandbox } from '../sandbox';

const MIB = 1024 * 1024;

/** Durations that belong to the first report of an environment only. */
export interface StartDurations {
  readonly initDurationMs?: number | undefined;
  readonly restoreDurationMs?: number | undefined;
}

export interface ReportInput {
  readonly context: RequestContext;
  readonly outcome: Outcome;
  readonly durationMs: number;
  readonly maxMemoryUsedMb: number;
  readonly start: StartDurations;
  readonly spans: readonly SpanRecord[];
}

/**
 * Peak memory of runtime and extensions so far, in MB and at most the function's memory; exactly that if a process was
 * killed for it. An estimate on systems without /proc.
 */
export function readMaxMemoryUsedMb(sandbox: Sandbox): number {
  const alive = sandbox.processes().filter(({ exit }) => exit === undefined);
  const { memorySizeMb } = sandbox.settings;
  if (sandbox.outOfMemory) return memorySizeMb;
  const peaks = alive.map(({ pid }) => {
    const memory = readProcessMemory(pid);
    return memory === undefined
      ? { ownBytes: ESTIMATED_PROCESS_MB * MIB, fileBytes: 0, peakOwnBytes: 0 }
      : { ...memory, ownBytes: memory.peakOwnBytes };
  });
  return Math.min(Math.ceil(sumMemory(peaks) / MIB), memorySizeMb);
}

function toMilliseconds(durationMs: number): number {
  return Math.round(durationMs * 1000) / 1000;
}

function toMetrics(sandbox: Sandbox, input: ReportInput): ReportMetrics {
  const { initDurationMs, restoreDurationMs } = input.start;
  const durationMs = toMilliseconds(input.durationMs);
  const init = initDurationMs === undefined ? undefined : toMilliseconds(initDurationMs);
  const restore = restoreDurationMs === undefined ? undefined : toMilliseconds(restoreDurationMs);
  return {
    durationMs,
    billedDurationMs: Math.ceil(durationMs + (init ?? 0)),
    memorySizeMB: sandbox.settings.memorySizeMb,
    maxMemoryUsedMB: input.maxMemoryUsedMb,
    initDurationMs: init,
    restoreDurationMs: restore,
    billedRestoreDurationMs: restore === undefined ? undefined : Math.ceil(restore),
  };
}

export function emitReport(sandbox: Sandbox, input: ReportInput): ReportMetrics {
  const { context, outcome, spans } = input;
  const metrics = toMetrics(sandbox, input);
  const record = reportRecord(sandbox.settings, context, { outcome, metrics, spans });
  sandbox.telemetry.emit('platform.report', record);
  return metrics;
}
