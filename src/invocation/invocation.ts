// One invocation of one request: its events, and which of its parts have been emitted.
import type { HrTime } from '@opentelemetry/api';
import type { ReceivedSpan } from '../relay/received-span';
import type { ReportEvent, RuntimeDoneEvent, StartEvent } from '../telemetry/event';
import { RecentKeys } from '../telemetry/recent-keys';
import { addMs, laterTime } from '../telemetry/timestamp';
import type { ExceptionFact, TrackedLine } from './fact';
import { toDistinctIdentity, toInvocationIdentity } from './identity';
import type { Sha256Hex, SpanIdentity } from './identity';
import type { Run } from './run';
import type { Outcome } from './status';

/** INVOKE of the Extensions API, as far as the translation needs it. */
export interface Invoke {
  readonly requestId: string;
  /** Epoch milliseconds. */
  readonly deadlineMs: number;
  readonly invokedFunctionArn?: string;
  readonly tracingValue?: string;
}

export interface Invocation extends Run<StartEvent, RuntimeDoneEvent, ReportEvent> {
  readonly requestId: string;
  /** The Extensions API's INVOKE for it, when one came. */
  invoke?: Invoke;
  identity?: SpanIdentity;
  coldStart: boolean;
  links: SpanIdentity[];
  exceptions: ExceptionFact[];
  /** The exception that the runtime itself reported; the last of several. */
  runtimeReport?: ExceptionFact;
  /** The same for an initialization that this invocation waited for. */
  initException?: ExceptionFact;
  /** `isSaid`: by the runtime, in a log line. `isCounted`: here or in the process before. */
  readonly outOfMemory: { isSaid: boolean; isCounted: boolean };
  droppedExceptions: number;
  counted: readonly Outcome[];
  /** Parts that were emitted, so that nothing is emitted twice. */
  readonly emitted: { start: boolean; runtimeDone: boolean; report: boolean; span: boolean };
  /** It belongs to an earlier process, which closed its span and left no hand-over. */
  isForeign?: boolean;
  /** The SERVER span of the function's own SDK that is exported instead of ours. */
  servedBy?: ReceivedSpan;
  /** Its place among the function's own spans was found. */
  isJoined?: boolean;
  /** For how many settlings its report has waited for a runtimeDone that may still come. */
  waits: number;
}

/** The exceptions kept for one span. */
const MAX_EXCEPTIONS = 8;

export function createInvocation(requestId: string): Invocation {
  return {
    requestId,
    coldStart: false,
    links: [],
    exceptions: [],
    droppedExceptions: 0,
    counted: [],
    outOfMemory: { isSaid: false, isCounted: false },
    emitted: { start: false, runtimeDone: false, report: false, span: false },
    waits: 0,
  };
}

/** What a line of the function says about its invocation. */
export function noteLine(
  invocation: Invocation,
  { exception, saysOutOfMemory }: Pick<TrackedLine, 'exception' | 'saysOutOfMemory'>,
): void {
  if (saysOutOfMemory) invocation.outOfMemory.isSaid = true;
  if (exception !== undefined && !invocation.emitted.span) addException(invocation, exception);
}

/** Keeps the first few exceptions, and the runtime's own report in any case. */
function addException(invocation: Invocation, exception: ExceptionFact): void {
  const { exceptions } = invocation;
  if (exception.isRuntimeReport === true) invocation.runtimeReport = exception;
  if (exceptions.length < MAX_EXCEPTIONS) {
    exceptions.push(exception);
    return;
  }
  invocation.droppedExceptions += 1;
  if (exception.isRuntimeReport === true) exceptions.splice(-1, 1, exception);
}

/** The start event's time, else derived from the end and its duration, else undefined. */
export function startTimeOf(invocation: Invocation): HrTime | undefined {
  if (invocation.start !== undefined) return invocation.start.time;
  const end = invocation.done ?? invocation.report;
  const durationMs = end?.metrics?.durationMs;
  if (end === undefined || durationMs === undefined) return undefined;
  const start = addMs(end.time, -durationMs);
  return start[0] >= 0 ? start : undefined;
}

/**
 * End of the span: runtimeDone, else start + the report's duration; `preferReport` reverses that. Never before
 * `start`.
 */
export function endTimeOf(
  invocation: Invocation,
  start: HrTime,
  preferReport: boolean,
): HrTime | undefined {
  const durationMs = invocation.report?.metrics?.durationMs;
  const reported = durationMs === undefined ? invocation.report?.time : addMs(start, durationMs);
  const done = invocation.done?.time;
  const end = preferReport ? (reported ?? done) : (done ?? reported);
  return end && laterTime(start, end);
}

/** True if only a duplicate could still be emitted. */
export function isClosed(invocation: Invocation): boolean {
  return invocation.emitted.span && invocation.emitted.report;
}

/** True if nothing can be emitted until another event comes: it has its ids, and no report waits for runtimeDone. */
export function isUpToDate(invocation: Invocation): boolean {
  const { identity, done, report, emitted } = invocation;
  const isSettled = done === undefined ? report === undefined : emitted.runtimeDone;
  return isClosed(invocation) || (identity !== undefined && isSettled);
}

/** Joining cannot change its ids any more: it was joined, or what hangs below it has left. */
export function isPlaced({ isJoined, emitted }: Invocation): boolean {
  return isJoined === true || emitted.runtimeDone || emitted.report || emitted.span;
}

/** Reduces the events of a closed invocation to their times, unless it still needs its start to get ids. */
export function shrink(invocation: Invocation): void {
  if (invocation.identity === undefined) return;
  const { requestId, start, done, report } = invocation;
  if (start) invocation.start = { type: 'platform.start', time: start.time, requestId };
  if (done) invocation.done = { type: 'platform.runtimeDone', time: done.time, requestId };
  if (report) invocation.report = { type: 'platform.report', time: report.time, requestId };
  invocation.exceptions = [];
  delete invocation.runtimeReport;
  delete invocation.initException;
  delete invocation.servedBy;
}

/** Ids remembered; a repeated header comes within minutes. */
const MAX_IDS = 512;

/**
 * Gives invocations their ids and ensures that no two share one: a retry, or a second call in the same unsampled
 * trace, may have the same header.
 */
export class Identities {
  private readonly used = new RecentKeys(MAX_IDS);

  constructor(private readonly sha256: Sha256Hex) {}

  /** Gives the invocation its ids once its start is known or derived. Call in order of start times. */
  assign(invocation: Invocation): void {
    const startTime = startTimeOf(invocation);
    // No ids are made up for a span that another process exported.
    if (invocation.isForeign === true) return;
    if (invocation.identity !== undefined || startTime === undefined) return;
    const { requestId, start, done, report, invoke } = invocation;
    const tracing = start?.tracing ?? done?.tracing ?? report?.tracing;
    const source = { requestId, startTime, tracing, invokeTracingValue: invoke?.tracingValue };
    const identity = toInvocationIdentity(source, this.sha256);
    const isFree = this.claim(identity.spanId);
    invocation.identity = isFree ? identity : toDistinctIdentity(identity, source, this.sha256);
    if (!isFree) this.claim(invocation.identity.spanId);
  }

  /** False if another one has it. */
  private claim(spanId: string): boolean {
    const [high, low] = [spanId.slice(0, 8), spanId.slice(8)];
    return !this.used.add(Number.parseInt(high, 16), Number.parseInt(low, 16));
  }
}
