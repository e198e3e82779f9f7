// When a failed request is sent again within the same flush (OTLP specification, "Failures":
// exponential back-off with jitter). What is not retried here is carried over to the next flush.

export interface RetrySituation {
  /** What the time costs: nothing while the function runs, the customer's money after it, all at SHUTDOWN. */
  readonly phase: 'after-invocation' | 'while-running' | 'final';
  /** Retries already made in this flush. */
  readonly retries: number;
  /** Failed flushes in a row, this one included. */
  readonly failedFlushes: number;
  /** Milliseconds that the flush has left. */
  readonly leftMs: number;
  /** The server was reached; one that is not even there will not be there in a few milliseconds. */
  readonly reached: boolean;
  /** It is on this machine: at SHUTDOWN one that is gone does not come back. */
  readonly isLoopback: boolean;
  /** The server's Retry-After. */
  readonly retryInMs?: number;
  /** From 0 to 1. */
  readonly random: number;
}

interface Backoff {
  readonly firstMs: number;
  readonly maxMs: number;
  readonly maxRetries: number;
}

const BACKOFFS: Readonly<Record<RetrySituation['phase'], Backoff>> = {
  'after-invocation': { firstMs: 6, maxMs: 6, maxRetries: 1 },
  'while-running': { firstMs: 50, maxMs: 1_000, maxRetries: 4 },
  final: { firstMs: 25, maxMs: 250, maxRetries: Infinity },
};

/** Milliseconds to wait before the next attempt, or undefined: carry over. */
export function decideRetry(situation: RetrySituation): number | undefined {
  const { phase, retries, retryInMs, leftMs } = situation;
  const { firstMs, maxMs, maxRetries } = BACKOFFS[phase];
  if (retries >= maxRetries) return undefined;
  if (phase === 'final' && situation.isLoopback && !situation.reached) return undefined;
  const isHopeless = situation.failedFlushes > 1 || !situation.reached;
  if (phase === 'after-invocation' && isHopeless) return undefined;
  const backoffMs = Math.min(firstMs * 2 ** retries, maxMs) * (0.5 + situation.random / 2);
  const delayMs = Math.max(backoffMs, retryInMs ?? 0);
  if (phase === 'after-invocation' && delayMs > maxMs) return undefined;
  return delayMs < leftMs ? delayMs : undefined;
}
