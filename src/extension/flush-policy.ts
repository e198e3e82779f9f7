// When to export: after the end of this invocation (`end`), or while the next one runs (`overlap`).
// Pure: a function of the recent history, the clock and the strategy.

export type FlushStrategy = 'adaptive' | 'end' | 'overlap';

/** `end`: wait for runtimeDone, export, poll. `overlap`: poll at once and export what the previous one left. */
export type FlushDecision = 'end' | 'overlap';

export interface InvocationHistory {
  /** Epoch milliseconds of the latest INVOKE events, the current one last; at most RECENT of them. */
  readonly invokedAtMs: readonly number[];
  /** Epoch milliseconds of the last export that was waited for at the end of an invocation. */
  readonly endExportAtMs: number | undefined;
  /** Longest time from INVOKE to a runtimeDone that was waited for. */
  readonly longestRunMs: number;
  /** How many times in a row an end was waited for and had not arrived when the next INVOKE came. */
  readonly missedEnds: number;
  /** True once an end was missed in this process. */
  readonly hasMissedEnds: boolean;
}

export const EMPTY_HISTORY: InvocationHistory = {
  invokedAtMs: [],
  endExportAtMs: undefined,
  longestRunMs: 0,
  missedEnds: 0,
  hasMissedEnds: false,
};

/** An environment is new until it has served this many invocations: the next one may never come. */
const RECENT = 6;
/** If INVOKE events are closer together, the next invocation comes soon enough to carry the previous one's data. */
const CLOSE_TOGETHER_MS = 1_000;
/** `adaptive` waits for the end of an invocation at least this often, even under load. */
const MAX_AGE_MS = 3_000;
/** After a runtimeDone was lost, waits are limited by the longest run so far, but not to less than this. */
const LEAST_BOUND_MS = 1_000;
/** The longest wait while no telemetry has arrived in this process: platform.start takes about 50 ms. */
const SILENCE_MS = 2_000;

export function recordInvoke(history: InvocationHistory, nowMs: number): InvocationHistory {
  return { ...history, invokedAtMs: [...history.invokedAtMs, nowMs].slice(-RECENT) };
}

export function recordEnd(history: InvocationHistory, nowMs: number): InvocationHistory {
  const runMs = nowMs - (history.invokedAtMs.at(-1) ?? nowMs);
  return { ...history, longestRunMs: Math.max(history.longestRunMs, runMs), missedEnds: 0 };
}

export function recordEndExport(history: InvocationHistory, nowMs: number): InvocationHistory {
  return { ...history, endExportAtMs: nowMs };
}

/** Whether the previous invocation's end was seen by the time of the next INVOKE. */
export function recordPreviousEnd(
  history: InvocationHistory,
  { waited, seen }: { readonly waited: boolean; readonly seen: boolean },
): InvocationHistory {
  if (seen) return { ...history, missedEnds: 0 };
  if (!waited) return history;
  return { ...history, missedEnds: history.missedEnds + 1, hasMissedEnds: true };
}

/**
 * The decision for the current invocation, the last of `history`. Once an end was missed, none is waited for until
 * one is seen again: the function is never held for an event that may not come.
 */
export function decideFlush(
  history: InvocationHistory,
  nowMs: number,
  strategy: FlushStrategy,
): FlushDecision {
  if (history.missedEnds > 0) return 'overlap';
  switch (strategy) {
    case 'end':
    case 'overlap':
      return strategy;
    case 'adaptive':
      return isBusy(history.invokedAtMs) && isFresh(history.endExportAtMs, nowMs)
        ? 'overlap'
        : 'end';
  }
}

function isBusy(invokedAtMs: readonly number[]): boolean {
  if (invokedAtMs.length < RECENT) return false;
  return invokedAtMs.every(
    (atMs, index) => index === 0 || atMs - (invokedAtMs[index - 1] ?? atMs) <= CLOSE_TOGETHER_MS,
  );
}

function isFresh(endExportAtMs: number | undefined, nowMs: number): boolean {
  return (
    endExportAtMs !== undefined && nowMs - endExportAtMs < MAX_AGE_MS && nowMs >= endExportAtMs
  );
}

export interface WaitCircumstances {
  /** Epoch milliseconds: the function's deadline less the margin. */
  readonly latestMs: number;
  /** False until the first telemetry batch arrives in this process. */
  readonly telemetryArrived: boolean;
}

/** Epoch milliseconds until which runtimeDone is waited for. */
export function boundWait(
  history: InvocationHistory,
  nowMs: number,
  { latestMs, telemetryArrived }: WaitCircumstances,
): number {
  if (!telemetryArrived) return Math.min(latestMs, nowMs + SILENCE_MS);
  if (!history.hasMissedEnds) return latestMs;
  return Math.min(latestMs, nowMs + Math.max(LEAST_BOUND_MS, 3 * history.longestRunMs));
}
