// One flush as the lanes see it, and what became of it in one lane.
import { uptimeMs } from '../../node/alarms';
import type { FlushOptions } from '../delivery';
import type { Clock } from '../transport/transport';

/** One call of Delivery.flush. */
export interface Flush {
  readonly number: number;
  readonly phase: 'after-invocation' | 'while-running' | 'final';
  /** Milliseconds that are left of its time, by whichever clock goes faster: the wall clock may be set back. */
  leftMs(): number;
  /** Milliseconds since it began. */
  passedMs(): number;
}

export function createFlush(
  { deadlineMs, final, whileRunning }: FlushOptions,
  number: number,
  clock: Clock,
): Flush {
  const startMs = clock.now();
  const startUptimeMs = uptimeMs();
  const passedMs = (): number => Math.max(clock.now() - startMs, uptimeMs() - startUptimeMs);
  return {
    number,
    phase: final === true ? 'final' : whileRunning === true ? 'while-running' : 'after-invocation',
    leftMs: () => deadlineMs - startMs - passedMs(),
    passedMs,
  };
}

export type LaneResult =
  /** Nothing waits any more. */
  | 'done'
  /** Nothing waits any more, but some items were refused for good. */
  | 'refused'
  /** Held back by a breaker or Retry-After. */
  | 'held'
  /** Failed, and carried over to the next flush. */
  | 'failed'
  /** Time ran out; a request may still be under way. */
  | 'unanswered';
