// The gate before the endpoint of one signal: may I send, and how long do I wait? It asks the endpoint's health,
// which signals share, how the signal's own URL refused, Retry-After, and how often flushes waited in vain.
import { isLoopback } from '../../environment';
import { isWithin, monotonicMs } from '../../node/clock';
import type { WallClock } from '../../node/clock';
import type { DropReason, FlushOptions } from '../delivery';
import { CircuitBreaker } from './endpoint-health';
import type { EndpointHealth } from './endpoint-health';
import type { Verdict } from './verdict';

export interface GateOptions {
  readonly url: string;
  readonly health: EndpointHealth;
  readonly clock: WallClock;
  /** From 0 to 1, for the jitter of retries. */
  readonly random: () => number;
}

export class Gate {
  /** Refusals of this signal's URL: wrong path, wrong credentials. */
  private readonly refusals: CircuitBreaker;
  private readonly patience: Patience;
  /** Retry-After, from when on and how long. */
  private pause = { sinceMs: 0, durationMs: 0 };
  private isProbing = false;
  private refusedFor: DropReason = 'rejected';

  constructor(private readonly options: GateOptions) {
    this.refusals = new CircuitBreaker(options.clock);
    this.patience = new Patience(options.clock);
  }

  /** True while sending is pointless: Retry-After, or one of the breakers holds. */
  get isClosed(): boolean {
    const { health } = this.options;
    return this.isPausing || health.breaker.isHolding || this.refusals.isHolding;
  }

  /** True while the answer to what was sent is not worth a full wait. */
  get isImpatient(): boolean {
    return this.patience.isLost;
  }

  /** Why the address refused what was sent there last. */
  get lastRefusal(): DropReason {
    return this.refusedFor;
  }

  /** May I send? `refused`: the address takes nothing. Who is answered `go` tells of a verdict, or releases. */
  ask(): 'go' | 'held' | 'refused' {
    const { health } = this.options;
    if (this.isPausing || health.breaker.isHolding) return 'held';
    if (this.refusals.ask() === 'held') return 'refused';
    this.isProbing = health.breaker.ask() === 'probe';
    return 'go';
  }

  /** The answer was `go`, but nothing was sent, or what came of it says nothing about the endpoint. */
  release(): void {
    this.refusals.released();
    if (this.isProbing) this.options.health.breaker.released();
    this.isProbing = false;
  }

  /** How long a flush waits for an answer, in milliseconds; none if it is not above zero. */
  waitMs(flush: Flush): number {
    const leftMs = flush.leftMs();
    if (flush.phase !== 'after-invocation') return leftMs;
    const inDoubt = this.patience.isLost || this.options.health.breaker.isOpen;
    return inDoubt ? Math.min(leftMs, SHORT_WAIT_MS - flush.passedMs()) : leftMs;
  }

  /** How long a failed request waits for its next attempt within the flush; undefined: it is carried over. */
  retryMs(flush: Flush, failure: FailedAttempt): number | undefined {
    const { health, random, url } = this.options;
    return decideRetry({
      ...failure,
      phase: flush.phase,
      leftMs: flush.leftMs(),
      isLoopback: isLoopback(url),
      failedFlushes: health.breaker.failures,
      random: random(),
    });
  }

  /** An HTTP answer came after so long; time spent frozen is in it. */
  answered(durationMs: number): void {
    this.patience.answered(durationMs);
  }

  /** A flush ended without an answer. */
  unanswered(flush: Flush): void {
    this.options.health.unanswered();
    if (flush.phase === 'after-invocation') this.patience.unanswered(flush.passedMs());
  }

  /** What became of a request of this flush, by number. Failures of one flush count once. */
  learn(verdict: Verdict, flush: number): void {
    const { health } = this.options;
    if (verdict.kind === 'resend') {
      this.refusals.released();
      health.failed(flush);
    } else if (verdict.kind !== 'dropped') {
      this.refusals.succeeded();
      health.answered();
    } else if (verdict.trouble === 'server') {
      this.refusals.released();
      health.failed(flush);
    } else {
      health.answered();
      if (verdict.trouble === 'items') this.refusals.released();
      else this.refusals.failed(flush);
      this.refusedFor = verdict.reason;
    }
  }

  /** The server's Retry-After, of a request that is put back. */
  postpone(durationMs: number): void {
    this.pause = { sinceMs: this.options.clock.now(), durationMs };
  }

  private get isPausing(): boolean {
    return isWithin(this.options.clock, this.pause.durationMs, this.pause.sinceMs);
  }
}

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
  clock: WallClock,
): Flush {
  const startMs = clock.now();
  const startUptimeMs = monotonicMs();
  const passedMs = (): number => Math.max(clock.now() - startMs, monotonicMs() - startUptimeMs);
  return {
    number,
    phase: final === true ? 'final' : whileRunning === true ? 'while-running' : 'after-invocation',
    leftMs: () => deadlineMs - startMs - passedMs(),
    passedMs,
  };
}

// How long a flush waits for an endpoint. An endpoint that left several flushes in a row without an
// answer in time is waited for only a moment: its request stays under way, and the answer is heard
// after the thaw or during the next invocation.

/** Within this, a healthy endpoint near by answers; a dead one costs no more per flush. */
const SHORT_WAIT_MS = 10;
const UNANSWERED_LIMIT = 3;
/** A flush that had less time than this says nothing about the endpoint. */
const MEANINGFUL_WAIT_MS = 50;
const INITIAL_RETRY_MS = 5_000;
const MAX_RETRY_MS = 60_000;

export class Patience {
  private unansweredFlushes = 0;
  private waitedMs = 0;
  private lostAtMs = 0;
  private retryMs = 0;
  private answeredLate = false;

  constructor(private readonly clock: WallClock) {}

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
    return this.answeredLate && !isWithin(this.clock, this.retryMs, this.lostAtMs);
  }
}

// When a failed request is sent again within the same flush (OTLP specification, "Failures":
// exponential back-off with jitter). What is not retried here is carried over to the next flush.

export interface FailedAttempt {
  /** Retries already made in this flush. */
  readonly retries: number;
  /** The server was reached; one that is not even there will not be there in a few milliseconds. */
  readonly reached: boolean;
  /** The server's Retry-After. */
  readonly retryInMs?: number;
}

export interface RetrySituation extends FailedAttempt {
  /** What the time costs: nothing while the function runs, the customer's money after it, all at SHUTDOWN. */
  readonly phase: Flush['phase'];
  /** Failed flushes in a row, this one included. */
  readonly failedFlushes: number;
  /** Milliseconds that the flush has left. */
  readonly leftMs: number;
  /** It is on this machine: at SHUTDOWN one that is gone does not come back. */
  readonly isLoopback: boolean;
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
