// All that is known of each requestId. Most requests have nothing left to state and are kept to know
// duplicates by; a settling looks only at those that something may have changed for.
import type { HrTime } from '@opentelemetry/api';
import type { ReportEvent, RequestEvent, RuntimeDoneEvent, StartEvent } from '../telemetry/event';
import { compareTimes, toMs } from '../telemetry/timestamp';
import type { Invocation, Invoke } from './invocation';
import { createInvocation, isAtRest, isClosed, shrink } from './invocation';
import { RunList } from './run';

export class TrackedRequest {
  readonly list: RunList<StartEvent, RuntimeDoneEvent, ReportEvent, Invocation>;
  /** The next settling has to look at it. */
  isStirred = false;
  private invokes = 0;
  private doneTimes: readonly HrTime[] = [];
  private reportTimes: readonly HrTime[] = [];
  private latestInvoke: Invoke | undefined;

  constructor(readonly requestId: string) {
    this.list = new RunList(() => createInvocation(requestId));
  }

  get invocations(): readonly Invocation[] {
    return this.list.runs;
  }

  get invoke(): Invoke | undefined {
    return this.latestInvoke;
  }

  addInvoke(invoke: Invoke): void {
    this.invokes += 1;
    this.latestInvoke = invoke;
  }

  add(event: RequestEvent): void {
    switch (event.type) {
      case 'platform.start':
        this.list.addStart(event);
        break;
      case 'platform.runtimeDone':
        this.doneTimes = withTime(this.doneTimes, event.time);
        this.list.addDone(event);
        break;
      case 'platform.report':
        this.reportTimes = withTime(this.reportTimes, event.time);
        this.list.addReport(event);
        break;
    }
  }

  /** As many ends as INVOKEs were seen, so the latest of them is over, even if its end came first. */
  get isDone(): boolean {
    return Math.max(this.doneTimes.length, this.reportTimes.length) >= Math.max(1, this.invokes);
  }

  /** Every invocation is stated wholly and nothing waits: only duplicates can follow. */
  get isClosed(): boolean {
    return !this.list.isWaiting && this.invocations.length > 0 && this.invocations.every(isClosed);
  }

  /** Keeps of a closed request what duplicates and late lines are known by. */
  shrink(): void {
    this.list.runs.forEach(shrink);
  }

  /** Stating it again, without a further event, would state nothing. */
  get isAtRest(): boolean {
    return !this.list.isWaiting && this.invocations.every(isAtRest);
  }
}

/** Unless it is there already: an event may come twice. In a list of its length: push and spread make room for 17. */
function withTime(times: readonly HrTime[], time: HrTime): readonly HrTime[] {
  const isKnown = times.some((known) => compareTimes(known, time) === 0);
  return isKnown ? times : times.concat([time]);
}

/** Requests kept at the most. */
const MAX_REQUESTS = 1024;
/** Closed requests kept, so that a late duplicate is known as one. */
const MAX_CLOSED_REQUESTS = 64;

export class Requests {
  private readonly byId = new Map<string, TrackedRequest>();
  /** Those that the next settling has to look at. */
  private stirred: TrackedRequest[] = [];
  private sorted: readonly Invocation[] | undefined;

  /** `evict`: takes the oldest request when there are too many, before it is forgotten. */
  constructor(private readonly evict: (oldest: TrackedRequest) => void) {}

  get(requestId: string): TrackedRequest | undefined {
    return this.byId.get(requestId);
  }

  /** The request of this id, because something came for it. */
  stir(requestId: string): TrackedRequest {
    this.sorted = undefined;
    let request = this.byId.get(requestId);
    if (request === undefined) {
      if (this.byId.size >= MAX_REQUESTS) this.evictOldest();
      request = new TrackedRequest(requestId);
      this.byId.set(requestId, request);
    }
    if (!request.isStirred) this.stirred.push(request);
    request.isStirred = true;
    return request;
  }

  /** Pairs the events of what was stirred and returns its invocations in order of start; all of them when `final`. */
  pair(final: boolean): readonly Invocation[] {
    const due = [...(final ? this.byId.values() : this.stirred)];
    if (due.length > 0) this.sorted = undefined;
    for (const request of due) request.list.pair(final);
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

  private forget(request: TrackedRequest): void {
    this.byId.delete(request.requestId);
    if (request.isStirred) this.stirred.splice(this.stirred.indexOf(request), 1);
    this.sorted = undefined;
  }
}

function inOrder(requests: readonly TrackedRequest[]): readonly Invocation[] {
  return requests
    .flatMap(({ invocations }) => invocations)
    .sort((a, b) => compareTimes(startOf(a), startOf(b)));
}

function startOf({ start, done, report }: Invocation): HrTime {
  return (start ?? done ?? report)?.time ?? [0, 0];
}

// Which requests are still to end: what spans and log records of the function's SDK may be waiting for.

export interface OpenRequests {
  /** When the first of them began, Unix milliseconds. */
  readonly sinceMs: number | undefined;
  readonly isOpen: (requestId: string) => boolean;
  /** INVOKE came, and nothing else yet. */
  readonly isExpected: (requestId: string) => boolean;
}

export function toOpenRequests(requests: Requests): OpenRequests {
  const isOpen = ({ start, stated }: Invocation): boolean => start !== undefined && !stated.span;
  return {
    get sinceMs() {
      const first = requests.timeline.find(isOpen);
      return first?.start === undefined ? undefined : toMs(first.start.time);
    },
    isOpen: (requestId) => requests.get(requestId)?.invocations.some(isOpen) === true,
    isExpected: (requestId) => requests.get(requestId)?.isDone === false,
  };
}

export interface Surroundings {
  /** Several requests may run at once: time alone says nothing. */
  readonly isConcurrent: boolean;
  /** The request whose INVOKE came, and nothing else yet. */
  readonly awaited: string | undefined;
}

export function toSurroundings(
  requests: Requests,
  latestInvoked: string | undefined,
  isConcurrent: boolean,
): Surroundings {
  const request = latestInvoked === undefined ? undefined : requests.get(latestInvoked);
  const isAwaited = request?.isDone === false && request.invocations.length === 0;
  return { isConcurrent, awaited: isAwaited ? latestInvoked : undefined };
}
