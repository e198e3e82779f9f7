// What is known of an endpoint that several signals share: its circuit breaker, and whether its last
// answer came in time. An endpoint that never answered is not trusted with metrics, which are lost
// when a request's fate stays unknown.
import { isWithin } from '../../node/clock';
import type { WallClock } from '../../node/clock';

export class EndpointHealth {
  readonly breaker: CircuitBreaker;
  /** Answers so far. */
  answers = 0;
  /** More than one signal goes there. */
  isShared = false;
  private trusted = false;
  private isSuspect = false;

  constructor(clock: WallClock) {
    this.breaker = new CircuitBreaker(clock);
  }

  /** The last thing known of the endpoint is an answer in time. */
  get isTrusted(): boolean {
    return this.trusted;
  }

  /** It could not be reached ahead of the first request. */
  suspect(): void {
    if (this.breaker.failures > 0) return;
    this.isSuspect = true;
    this.breaker.suspect();
  }

  /** A connection was opened: what was suspected is over, unless a request found out more. */
  connected(): void {
    if (this.isSuspect) this.breaker.succeeded();
    this.isSuspect = false;
  }

  /** It answered like a server that works, even if it refused the request. */
  answered(): void {
    this.answers += 1;
    this.trusted = true;
    this.isSuspect = false;
    this.breaker.succeeded();
  }

  failed(attempt: number): void {
    this.trusted = false;
    this.isSuspect = false;
    this.breaker.failed(attempt);
  }

  unanswered(): void {
    this.trusted = false;
  }
}

// Stops spending on an endpoint that keeps failing: after a few failed flushes in a row it is held
// back, and one probe is let through after a grace that grows while probes fail.

type Permission =
  /** Healthy, or not known to be unhealthy. */
  | 'go'
  /** This caller makes the one probe. */
  | 'probe'
  /** Send nothing now. */
  | 'held';

const FAILURE_THRESHOLD = 3;
const INITIAL_GRACE_MS = 5_000;
const MAX_GRACE_MS = 60_000;

export class CircuitBreaker {
  private failuresInARow = 0;
  private lastFailedAttempt = -1;
  private openedAtMs = 0;
  private graceMs = 0;
  private probing = false;

  constructor(private readonly clock: WallClock) {}

  get isOpen(): boolean {
    return this.failuresInARow >= FAILURE_THRESHOLD;
  }

  /** Failed attempts since the last success. */
  get failures(): number {
    return this.failuresInARow;
  }

  /** True while asking would answer `held`; asking itself may claim the probe. */
  get isHolding(): boolean {
    return this.isOpen && (this.probing || this.isInGrace);
  }

  /** Whoever is answered `probe` must report succeeded, failed or released. */
  ask(): Permission {
    if (!this.isOpen) return 'go';
    if (this.isHolding) return 'held';
    this.probing = true;
    return 'probe';
  }

  /** Trouble before the first request: the next one is a probe, which comes at once. */
  suspect(): void {
    if (this.isOpen) return;
    this.failuresInARow = FAILURE_THRESHOLD;
    this.openedAtMs = this.clock.now();
  }

  succeeded(): void {
    this.failuresInARow = 0;
    this.graceMs = 0;
    this.probing = false;
  }

  /** Failures of one attempt (a flush) count once, however many requests of it failed. */
  failed(attempt: number): void {
    const wasProbing = this.probing;
    this.probing = false;
    if (attempt === this.lastFailedAttempt && !wasProbing) return;
    this.lastFailedAttempt = attempt;
    this.failuresInARow += 1;
    if (!this.isOpen) return;
    this.graceMs = Math.min(Math.max(this.graceMs * 2, INITIAL_GRACE_MS), MAX_GRACE_MS);
    this.openedAtMs = this.clock.now();
  }

  /** The probe was not sent after all. */
  released(): void {
    this.probing = false;
  }

  private get isInGrace(): boolean {
    return isWithin(this.clock, this.graceMs, this.openedAtMs);
  }
}
