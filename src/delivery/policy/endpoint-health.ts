// What is known of an endpoint that several signals share: its circuit breaker, and whether its last
// answer came in time. An endpoint that never answered is not trusted with metrics, which are lost
// when a request's fate stays unknown.
import { CircuitBreaker } from './circuit-breaker';
import type { Clock } from '../transport/transport';

export class EndpointHealth {
  readonly breaker: CircuitBreaker;
  private trusted = false;

  constructor(clock: Clock) {
    this.breaker = new CircuitBreaker(clock);
  }

  /** The last thing known of the endpoint is an answer in time. */
  get isTrusted(): boolean {
    return this.trusted;
  }

  /** It answered like a server that works, even if it refused the request. */
  answered(): void {
    this.trusted = true;
    this.breaker.succeeded();
  }

  failed(attempt: number): void {
    this.trusted = false;
    this.breaker.failed(attempt);
  }

  unanswered(): void {
    this.trusted = false;
  }
}
