// One flush as the lanes see it, and what became of it in one lane.

/** One call of Delivery.flush. */
export interface Flush {
  readonly number: number;
  readonly startMs: number;
  readonly deadlineMs: number;
  readonly phase: 'after-invocation' | 'while-running' | 'final';
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
