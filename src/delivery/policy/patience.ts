// How long a flush waits for an endpoint. An endpoint that left several flushes in a row without an
// answer in time is waited for only a moment: its request stays under way, and the answer is heard
// after the thaw or during the next invocation.
import type { Clock } from '../transport/transport';

/** Within this, a healthy endpoint near by answers; a dead one costs no more per flush. */
export const SHORT_WAIT_MS = 10;
const UNANSWERED_LIMIT = 3;
/** A flush that had less time than this says nothing about the endpoint. */
const MEANINGFUL_WAIT_MS = 50;
const INITIAL_RETRY_MS = 5_000;
const MAX_RETRY_MS = 60_000;

export class Patience {
  private readonly clock: Clock;
  private unansweredFlushes = 0;
  private waitedMs = 0;
  private lostAtMs = 0;
  private retryMs = 0;
  private answeredLate = false;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** True when only a short wait is due. */
  get isLost(): boolean {
    return this.unansweredFlushes >= UNANSWERED_LIMIT && !this.mayTryAgain();
  }

  /** A flush waited `waitedMs` and ended without an answer. */
  unanswered(waitedMs: number): void {
    if (this.isLost || waitedMs < MEANINGFUL_WAIT_MS) return;
    this.waitedMs = waitedMs;
    this.unansweredFlushes += 1;
    if (this.unansweredFlushes < UNANSWERED_LIMIT) return;
    this.lostAtMs = this.clock.now();
    this.retryMs = Math.min(Math.max(this.retryMs * 2, INITIAL_RETRY_MS), MAX_RETRY_MS);
    this.answeredLate = false;
  }

  /** An answer came after `durationMs`; time spent frozen is in it. */
  answered(durationMs: number): void {
    if (durationMs > this.waitedMs) {
      this.answeredLate = true;
      return;
    }
    this.unansweredFlushes = 0;
    this.retryMs = 0;
  }

  /** Only an endpoint that answers at all, late, deserves another full wait now and then. */
  private mayTryAgain(): boolean {
    const passedMs = this.clock.now() - this.lostAtMs;
    return this.answeredLate && (passedMs < 0 || passedMs >= this.retryMs);
  }
}
