// The gate in front of one signal's endpoint: may a request be sent, and how long may a flush wait for it? It considers
// the health of the endpoint, which signals may share, how this signal's own URL refused requests, Retry-After, and how
// often flushes waited in vain.
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
  /** Returns a number from 0 to 1, for the jitter of retries. */
  readonly random: () => number;
}

export class Gate {
  /** Refusals caused by this signal's URL: a wrong path or wrong credentials. */
  private readonly refusals: CircuitBreaker;
  private readonly patience: Patience;
  /** The latest Retry-After: when it was received, and for how long it holds. */
  private pause = { sinceMs: 0, durationMs: 0 };
  private isProbing = false;
  private refusedFor: DropReason = 'rejected';

  constructor(private readonly options: GateOptions) {
    this.refusals = new CircuitBreaker(options.clock);
    this.patience = new Patience(options.clock);
  }

  /** True while nothing may be sent, because of Retry-After or one of the breakers. */
  get isClosed(): boolean {
    const { health } = this.options;
    return this.isPausing || health.breaker.isHolding || this.refusals.isHolding;
  }

  /** True while an answer should be waited for only briefly. */
  get isImpatient(): boolean {
    return this.patience.isLost;
  }

  /** Why the address refused the last request. */
  get lastRefusal(): DropReason {
    return this.refusedFor;
  }

  /** May a request be sent? `refused` means that the address accepts nothing. After `go`, call `learn` or `release`. */
  ask(): 'go' | 'held' | 'refused' {
    const { health } = this.options;
    if (this.isPausing || health.breaker.isHolding) return 'held';
    if (this.refusals.ask() === 'held') return 'refused';
    this.isProbing = health.breaker.ask() === 'probe';
    return 'go';
  }

  /** To be called after `go` if nothing was sent, or if the result says nothing about the endpoint. */
  release(): void {
    this.refusals.released();
    if (this.isProbing) this.options.health.breaker.released();
    this.isProbing = false;
  }

  /** How long a flush may wait for an answer, in milliseconds; not at all if the result is not positive. */
  waitMs(flush: Flush): number {
    const leftMs = flush.leftMs();
    if (flush.phase !== 'after-invocation') return leftMs;
    const inDoubt = this.patience.isLost || this.options.health.breaker.isOpen;
    return inDoubt ? Math.min(leftMs, SHORT_WAIT_MS - flush.passedMs()) : leftMs;
  }

  /**
   * How many milliseconds a failed request waits for a retry within the flush; undefined if it is left to the next
   * flush.
   */
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

  /** An HTTP response came after `durationMs`, which includes any time spent frozen. */
  answered(durationMs: number): void {
    this.patience.answered(durationMs);
  }

  unanswered(flush: Flush): void {
    this.options.health.unanswered();
    if (flush.phase === 'after-invocation') this.patience.unanswered(flush.passedMs());
  }

  /** Takes the outcome of a request of the flush with this number. Failures of one flush count once. */
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

  /** Takes the server's Retry-After, in milliseconds, for a request that was put back. */
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
  /** Milliseconds left for the flush, by whichever clock is ahead, since the wall clock may be set back. */
  leftMs(): number;
  /** Milliseconds since the flush began. */
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

/** A healthy endpoint nearby answers within this time; a dead one costs each flush no more than this. */
const SHORT_WAIT_MS = 10;
const UNANSWERED_LIMIT = 3;
/** If a flush had less time than this, its end without an answer says nothing about the endpoint. */
const MEANINGFUL_WAIT_MS = 50;
const INITIAL_RETRY_MS = 5_000;
const MAX_RETRY_MS = 60_000;

/**
 * How long a flush waits for an endpoint. If an endpoint gave no answer in time for several flushes in a row, later
 * flushes wait only a moment: the request stays under way, and its answer is read after the thaw or during the next
 * invocation.
 */
export class Patience {
  private unansweredFlushes = 0;
  private waitedMs = 0;
  private lostAtMs = 0;
  private retryMs = 0;
  private answeredLate = false;

  constructor(private readonly clock: WallClock) {}

  /** True if only a short wait is due. */
  get isLost(): boolean {
    return this.unansweredFlushes >= UNANSWERED_LIMIT && !this.mayTryAgain();
  }

  /** A flush waited for `waitedMs` and ended without an answer. */
  unanswered(waitedMs: number): void {
    if (this.isLost || waitedMs < MEANINGFUL_WAIT_MS) return;
    this.waitedMs = waitedMs;
    this.unansweredFlushes += 1;
    if (this.unansweredFlushes < UNANSWERED_LIMIT) return;
    this.lostAtMs = this.clock.now();
    this.retryMs = Math.min(Math.max(this.retryMs * 2, INITIAL_RETRY_MS), MAX_RETRY_MS);
    this.answeredLate = false;
  }

  /** An answer came after `durationMs`, which includes any time spent frozen. */
  answered(durationMs: number): void {
    if (durationMs > this.waitedMs) {
      this.answeredLate = true;
      return;
    }
    this.unansweredFlushes = 0;
    this.retryMs = 0;
  }

  /** Only an endpoint that does answer, even if late, gets another full wait now and then. */
  private mayTryAgain(): boolean {
    return this.answeredLate && !isWithin(this.clock, this.retryMs, this.lostAtMs);
  }
}

export interface FailedAttempt {
  /** The number of retries made in this flush. */
  readonly retries: number;
  /** The server was reached; a server that does not run will not start within a few milliseconds. */
  readonly reached: boolean;
  /** The server's Retry-After, in milliseconds. */
  readonly retryInMs?: number | undefined;
}

export interface RetrySituation extends FailedAttempt {
  /** What the time costs: nothing while the function runs, money after it, and at SHUTDOWN it is all that is left. */
  readonly phase: Flush['phase'];
  /** Failed flushes in a row, including this one. */
  readonly failedFlushes: number;
  /** Milliseconds left for the flush. */
  readonly leftMs: number;
  /** The endpoint is on this machine: once gone at SHUTDOWN, it does not come back. */
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

/**
 * How many milliseconds a failed request waits for a retry within the same flush (OTLP specification, "Failures":
 * exponential back-off with jitter). Undefined if it is left to the next flush.
 */
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
