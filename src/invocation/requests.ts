// All that is known about each requestId. Most requests have nothing left to emit, and are kept to recognize
// duplicates; a settling looks only at those for which something may have changed.
import type { HrTime } from '@opentelemetry/api';
import type { ReportEvent, RequestEvent, RuntimeDoneEvent, StartEvent } from '../telemetry/event';
import { compareTimes, toMs } from '../telemetry/timestamp';
import type { Invocation, Invoke } from './invocation';
import { createInvocation, isUpToDate, isClosed, shrink } from './invocation';
import { RunList } from './run';

export class TrackedRequest {
  readonly list: RunList<StartEvent, RuntimeDoneEvent, ReportEvent, Invocation>;
  /** The next settling must look at it. */
  isDirty = false;
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

  /** True if as many ends as INVOKE events were seen: then the latest is over, even if its end came first. */
  get isDone(): boolean {
    return Math.max(this.doneTimes.length, this.reportTimes.length) >= Math.max(1, this.invokes);
  }

  /** True if everything about all invocations was emitted and nothing waits, so that only duplicates can follow. */
  get isClosed(): boolean {
    return !this.list.isWaiting && this.invocations.length > 0 && this.invocations.every(isClosed);
  }

  /** Keeps only what is needed to recognize duplicates and late lines of a closed request. */
  shrink(): void {
    this.list.runs.forEach(shrink);
  }

  /** True if there is nothing to emit unless a further event comes. */
  get isUpToDate(): boolean {
    return !this.list.isWaiting && this.invocations.every(isUpToDate);
  }
}

/**
 * Unless it is there already: an event may come twice. With concat, which allocates exactly, because V8 gives an array
 * that is pushed to a capacity of 17.
 */
function withTime(times: readonly HrTime[], time: HrTime): readonly HrTime[] {
  const isKnown = times.some((known) => compareTimes(known, time) === 0);
  return isKnown ? times : times.concat([time]);
}

/** The most requests that are kept. */
const MAX_REQUESTS = 1024;
/** How many closed requests are kept, so that late duplicates are recognized. */
const MAX_CLOSED_REQUESTS = 64;

export class Requests {
  private readonly byId = new Map<string, TrackedRequest>();
  /** Those that the next settling must look at. */
  private dirty: TrackedRequest[] = [];
  private sorted: readonly Invocation[] | undefined;

  /** `evict`: takes the oldest request when there are too many, before it is forgotten. */
  constructor(private readonly evict: (oldest: TrackedRequest) => void) {}

  get(requestId: string): TrackedRequest | undefined {
    return this.byId.get(requestId);
  }

  /** The request of this id, new or known; the next settling looks at it. */
  touch(requestId: string): TrackedRequest {
    this.sorted = undefined;
    let request = this.byId.get(requestId);
    if (request === undefined) {
      if (this.byId.size >= MAX_REQUESTS) this.evictOldest();
      request = new TrackedRequest(requestId);
      this.byId.set(requestId, request);
    }
    if (!request.isDirty) this.dirty.push(request);
    request.isDirty = true;
    return request;
  }

  /** Pairs the events of dirty requests, of all when `final`, and returns their invocations in order of start. */
  pair(final: boolean): readonly Invocation[] {
    const due = [...(final ? this.byId.values() : this.dirty)];
    if (due.length > 0) this.sorted = undefined;
    for (const request of due) request.list.pair(final);
    return inOrder(due);
  }

  /** Every invocation that is kept, in order of its start. */
  get timeline(): readonly Invocation[] {
    this.sorted ??= inOrder([...this.byId.values()]);
    return this.sorted;
  }

  /** After emitting: requests that only another event can change are clean; of the closed ones a few are kept. */
  tidy(): void {
    this.dirty = this.dirty.filter((request) => {
      request.isDirty = !request.isUpToDate;
      if (!request.isDirty && request.isClosed) request.shrink();
      return request.isDirty;
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
    if (request.isDirty) this.dirty.splice(this.dirty.indexOf(request), 1);
    this.sorted = undefined;
  }
}

function inOrder(requests: readonly TrackedRequest[]): readonly Invocation[] {
  return requests
    .flatMap(({ invocations }) => invocations)
    .sort((a, b) => compareTimes(sortTimeOf(a), sortTimeOf(b)));
}

function sortTimeOf({ start, done, report }: Invocation): HrTime {
  return (start ?? done ?? report)?.time ?? [0, 0];
}

export interface OpenRequests {
  /** When the first of them began, Unix milliseconds. */
  readonly sinceMs: number | undefined;
  readonly isOpen: (requestId: string) => boolean;
  /** INVOKE came, and nothing else yet. */
  readonly isExpected: (requestId: string) => boolean;
  /** The span of one of them has these ids, until a SERVER span takes its place. */
  readonly hasSpan: (traceId: string | undefined, spanId: string) => boolean;
}

/** Which requests have not ended: spans and log records of the function's SDK may wait for them. */
export function toOpenRequests(requests: Requests): OpenRequests {
  const isOpen = ({ start, emitted }: Invocation): boolean => start !== undefined && !emitted.span;
  const open = requests.timeline.filter(isOpen);
  const [first] = open;
  const traceIds = new Map(open.map(({ identity }) => [identity?.spanId, identity?.traceId]));
  return {
    sinceMs: first?.start === undefined ? undefined : toMs(first.start.time),
    isOpen: (requestId) => requests.get(requestId)?.invocations.some(isOpen) === true,
    isExpected: (requestId) => requests.get(requestId)?.isDone === false,
    hasSpan: (traceId, spanId) => traceId !== undefined && traceIds.get(spanId) === traceId,
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
