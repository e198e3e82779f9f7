// What is known of an endpoint that several signals share: its circuit breaker, and whether its last
// answer came in time. An endpoint that never answered is not trusted with metrics, which are lost
// when a request's fate stays unknown.
import { CircuitBreaker } from './circuit-breaker';
import type { Clock } from '../transport/transport';

export class EndpointHealth {
  readonly breaker: CircuitBreaker;
  /** Answers so far. */
  answers = 0;
  /** More than one signal goes there. */
  isShared = false;
  private trusted = false;
  private isSuspect = false;

  constructor(clock: Clock) {
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
