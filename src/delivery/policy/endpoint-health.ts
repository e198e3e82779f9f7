// What is known about an endpoint, which several signals may share: its circuit breaker, and whether its last answer
// came in time. An endpoint that never answered is not trusted with metrics, which are lost if the fate of a request
// stays unknown.
import { isWithin } from '../../node/clock';
import type { WallClock } from '../../node/clock';

export class EndpointHealth {
  readonly breaker: CircuitBreaker;
  /** The number of answers so far. */
  responses = 0;
  /** More than one signal uses this endpoint. */
  isShared = false;
  private trusted = false;
  private isSuspect = false;

  constructor(clock: WallClock) {
    this.breaker = new CircuitBreaker(clock);
  }

  /** True if the last thing known about the endpoint is an answer in time. */
  get isTrusted(): boolean {
    return this.trusted;
  }

  /** Called when the endpoint could not be reached ahead of the first request. */
  suspect(): void {
    if (this.breaker.failures > 0) return;
    this.isSuspect = true;
    this.breaker.suspect();
  }

  /** Called when a connection was opened: this ends a suspicion, unless a request has found out more. */
  connected(): void {
    if (this.isSuspect) this.breaker.succeeded();
    this.isSuspect = false;
  }

  /** Called when it answered as a working server does, even if it refused the request. */
  answered(): void {
    this.responses += 1;
    this.trusted = true;
    this.isSuspect = false;
    this.breaker.succeeded();
  }

  failed(flush: number): void {
    this.trusted = false;
    this.isSuspect = false;
    this.breaker.failed(flush);
  }

  unanswered(): void {
    this.trusted = false;
  }
}

type Permission =
  /** The endpoint works, or is not known not to. */
  | 'go'
  /** This caller makes the only probe. */
  | 'probe'
  /** Nothing may be sent now. */
  | 'held';

const FAILURE_THRESHOLD = 3;
const INITIAL_GRACE_MS = 5_000;
const MAX_GRACE_MS = 60_000;

/**
 * Stops wasting time on an endpoint that keeps failing: after a few failed flushes in a row it is held back, and a
 * probe is let through after a delay that grows while probes fail.
 */
export class CircuitBreaker {
  private failuresInARow = 0;
  private lastFailedFlush = -1;
  private openedAtMs = 0;
  private graceMs = 0;
  private probing = false;

  constructor(private readonly clock: WallClock) {}

  get isOpen(): boolean {
    return this.failuresInARow >= FAILURE_THRESHOLD;
  }

  /** Failed flushes in a row, since the last success. */
  get failures(): number {
    return this.failuresInARow;
  }

  /** True while `ask` would return `held`. `ask` itself may claim the probe; this does not. */
  get isHolding(): boolean {
    return this.isOpen && (this.probing || this.isInGrace);
  }

  /** A caller that gets `probe` must report with `succeeded`, `failed` or `released`. */
  ask(): Permission {
    if (!this.isOpen) return 'go';
    if (this.isHolding) return 'held';
    this.probing = true;
    return 'probe';
  }

  /** Trouble before the first request: the next request becomes a probe, without a delay. */
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

  /** All failures of one flush, which its number tells, count once, however many of its requests failed. */
  failed(flush: number): void {
    const wasProbing = this.probing;
    this.probing = false;
    if (flush === this.lastFailedFlush && !wasProbing) return;
    this.lastFailedFlush = flush;
    this.failuresInARow += 1;
    if (!this.isOpen) return;
    this.graceMs = Math.min(Math.max(this.graceMs * 2, INITIAL_GRACE_MS), MAX_GRACE_MS);
    this.openedAtMs = this.clock.now();
  }

  /** To be called when the probe was not sent after all. */
  released(): void {
    this.probing = false;
  }

  private get isInGrace(): boolean {
    return isWithin(this.clock, this.graceMs, this.openedAtMs);
  }
}
