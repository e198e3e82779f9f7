// The requests that are known, by requestId. Most of them have nothing left to state and are kept to know
// duplicates by; a settling looks only at those that something may have changed for.
import type { HrTime } from '@opentelemetry/api';
import { compareTimes } from '../telemetry/timestamp';
import type { Invocation } from './invocation';
import { Request } from './request';

/** Requests kept at the most. */
const MAX_REQUESTS = 1024;
/** Closed requests kept, so that a late duplicate is known as one. */
const MAX_CLOSED_REQUESTS = 64;

export class Requests {
  private readonly byId = new Map<string, Request>();
  /** Those that the next settling has to look at. */
  private stirred: Request[] = [];
  private sorted: readonly Invocation[] | undefined;

  /** `evict`: takes the oldest request when there are too many, before it is forgotten. */
  constructor(private readonly evict: (oldest: Request) => void) {}

  get(requestId: string): Request | undefined {
    return this.byId.get(requestId);
  }

  /** The request of this id, because something came for it. */
  stir(requestId: string): Request {
    this.sorted = undefined;
    let request = this.byId.get(requestId);
    if (request === undefined) {
      if (this.byId.size >= MAX_REQUESTS) this.evictOldest();
      request = new Request(requestId);
      this.byId.set(requestId, request);
    }
    if (!request.isStirred) this.stirred.push(request);
    request.isStirred = true;
    return request;
  }

  /** Pairs the events of what was stirred and returns its invocations in order of start; all of them when `final`. */
  settle(final: boolean): readonly Invocation[] {
    const due = [...(final ? this.byId.values() : this.stirred)];
    if (due.length > 0) this.sorted = undefined;
    for (const request of due) request.list.settle(final);
    return inOrder(due);
  }

  /** Every invocation that is kept, in order of its start. */
  get timeline(): readonly Invocation[] {
    this.sorted ??= inOrder([...this.byId.values()]);
    return this.sorted;
  }

  /** After stating: lets go of what only an event can change, and of all but a few closed requests. */
  rest(): void {
    this.stirred = this.stirred.filter((request) => {
      request.isStirred = !request.isAtRest;
      if (!request.isStirred && request.isClosed) request.shrink();
      return request.isStirred;
    });
    let excess = this.byId.size - MAX_CLOSED_REQUESTS;
    for (const request of this.byId.values()) {
      if (excess <= 0) return;
      excess -= 1;
      if (request.isClosed) this.forget(request);
    }
  }

  private evictOldest(): void {
    const [oldest] = this.byId.values();
    if (oldest === undefined) return;
    this.evict(oldest);
    this.forget(oldest);
  }

  private forget(request: Request): void {
    this.byId.delete(request.requestId);
    if (request.isStirred) this.stirred.splice(this.stirred.indexOf(request), 1);
    this.sorted = undefined;
  }
}

function inOrder(requests: readonly Request[]): readonly Invocation[] {
  return requests
    .flatMap(({ invocations }) => invocations)
    .sort((a, b) => compareTimes(startOf(a), startOf(b)));
}

function startOf({ start, done, report }: Invocation): HrTime {
  return (start ?? done ?? report)?.time ?? [0, 0];
}
