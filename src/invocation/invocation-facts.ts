// One invocation → the facts that are new about it. Called at each settling; what was emitted once is
// never emitted again, so duplicates and late events cannot double a span or a count.
import type { HrTime } from '@opentelemetry/api';
import type { ReportEvent, RuntimeDoneEvent, PlatformSpan } from '../telemetry/event';
import { fromEpochMs, laterTime } from '../telemetry/timestamp';
import type {
  Fact,
  InvocationFact,
  OutcomeFact,
  OutOfMemoryFact,
  PlatformLogFact,
  ChildSpansFact,
} from './fact';
import type { Sha256Hex, SpanIdentity } from './identity';
import { toRuntimeIdentity, toChildIdentity } from './identity';
import type { Invocation } from './invocation';
import { endTimeOf, startTimeOf } from './invocation';
import { toEndingOutcome, worse } from './status';
import type { InvocationResult, ResultRules } from './result';
import { isError, toResult } from './result';

/** The environment ends: open invocations are closed with what is known. */
export interface Ending {
  /** shutdownReason, free text; undefined when a bounded map lets go of the invocation. */
  readonly reason?: string;
  /** When the environment ended. */
  readonly time: HrTime;
}

export interface EmitContext extends ResultRules {
  readonly sha256: Sha256Hex;
  /** Hold the span for the report (`LAMBDA_OTLP_SPAN_AT=report`). */
  readonly spanAtReport: boolean;
  /** The runtime reports an exception after Lambda has seen the end (Java's does). */
  readonly reportsLate: boolean;
  /** A restore report was seen in this environment. */
  readonly restoreWasReported: boolean;
  /** A span of the function's SDK came after ours had left. */
  readonly serverIsLate?: boolean;
  readonly ending?: Ending;
}

export function emitInvocation<Line>(invocation: Invocation, context: EmitContext): Fact<Line>[] {
  const facts: Fact<Line>[] = [];
  const { start, done, report, emitted } = invocation;
  if (start !== undefined && !emitted.start) {
    emitted.start = true;
    facts.push(toPlatformLog(invocation, start));
  }
  if (
    done !== undefined &&
    (awaitsException(invocation, context) || awaitsServer(invocation, context))
  ) {
    invocation.waits += 1;
    return facts;
  }
  if (done !== undefined && !emitted.runtimeDone) {
    facts.push(...emitRuntimeDone<Line>(invocation, done, context));
  }
  const isEnding = context.ending !== undefined;
  const reportIsDue =
    done !== undefined || context.managedInstances || isEnding || waited(invocation);
  if (report !== undefined && !emitted.report && reportIsDue) {
    facts.push(...emitReport<Line>(invocation, report, context));
  }
  facts.push(...emitSpan<Line>(invocation, context));
  facts.push(...countOutOfMemory(invocation, context));
  if (report !== undefined && done === undefined) invocation.waits += 1;
  return facts;
}

/** A function error waits for its exception, which may still come, but not past the report or the next settling. */
function awaitsException(invocation: Invocation, context: EmitContext): boolean {
  const { done, report, waits, emitted, runtimeReport } = invocation;
  if (!context.reportsLate || context.ending !== undefined || done === undefined) return false;
  if (report !== undefined || waits > 0 || emitted.runtimeDone) return false;
  return runtimeReport === undefined && toResult(invocation, done, context).isFunctionError;
}

/** Once a span of the SDK was late, later ones are waited for during one settling. */
function awaitsServer(invocation: Invocation, { serverIsLate, ending }: EmitContext): boolean {
  const { isJoined, waits, emitted } = invocation;
  const canWait =
    serverIsLate === true && ending === undefined && waits === 0 && !emitted.runtimeDone;
  return canWait && isJoined !== true;
}

/** A runtimeDone may follow its report in a later batch: a report alone waits for one settling. */
function waited({ waits, start }: Invocation): boolean {
  return waits > 0 || start === undefined;
}

function emitRuntimeDone<Line>(
  invocation: Invocation,
  event: RuntimeDoneEvent,
  context: EmitContext,
): Fact<Line>[] {
  const { identity, coldStart, requestId, emitted } = invocation;
  const { sha256 } = context;
  emitted.runtimeDone = true;
  const result = toResult(invocation, event, context);
  const { errorType } = result;
  return [
    { kind: 'runtimeDone', event, coldStart, errorType },
    toPlatformLog(invocation, event, result),
    ...countOutcome(invocation, result, event.time),
    ...(identity === undefined ? [] : toChildSpans(identity, event, { sha256, requestId })),
  ];
}

function emitReport<Line>(
  invocation: Invocation,
  event: ReportEvent,
  context: EmitContext,
): Fact<Line>[] {
  const { done, identity, requestId, emitted } = invocation;
  const coldStart = invocation.isForeign === true ? undefined : invocation.coldStart;
  emitted.report = true;
  const endsInvocation = !emitted.runtimeDone;
  const { restoreWasReported, sha256 } = context;
  const result = toResult(invocation, event, context);
  const { errorType } = result;
  const taken = done?.spans ?? [];
  return [
    {
      kind: 'report',
      event,
      coldStart,
      endsInvocation,
      restoreWasReported,
      errorType,
    },
    toPlatformLog(invocation, event, result),
    // With a runtimeDone before it, the report's success says nothing new, only a worse status does.
    ...countOutcome(invocation, result, event.time),
    ...(identity === undefined ? [] : toChildSpans(identity, event, { sha256, requestId, taken })),
  ];
}

/** Each outcome counts once per invocation; a success stays counted when the report turns it into a timeout. */
function countOutcome(
  invocation: Pick<Invocation, 'counted'>,
  { outcome, errorType }: Pick<InvocationResult, 'outcome' | 'errorType'>,
  time: HrTime,
): OutcomeFact[] {
  const { counted } = invocation;
  if (outcome === undefined || counted.includes(outcome)) return [];
  // A success after a failure would count one invocation twice as two ends.
  if (outcome === 'success' && counted.length > 0) return [];
  invocation.counted = counted.concat(outcome);
  return [{ kind: 'outcome', outcome, phase: 'invoke', time, errorType }];
}

/** Counts once per request, whichever sign comes first; the report's may come after the span has left. */
function countOutOfMemory(invocation: Invocation, context: EmitContext): OutOfMemoryFact[] {
  const { outOfMemory, done, report, emitted } = invocation;
  const isOver = emitted.span || emitted.runtimeDone || emitted.report;
  if (outOfMemory.isCounted || !isOver) return [];
  const isOpen = done === undefined && report === undefined;
  const ended = isOpen ? toEndingOutcome(context.ending?.reason) : worse(done, report);
  if (!toResult(invocation, ended, context).isOutOfMemory) return [];
  outOfMemory.isCounted = true;
  const time = (done ?? report)?.time ?? context.ending?.time ?? startTimeOf(invocation) ?? [0, 0];
  return [{ kind: 'outOfMemory', time }];
}

/** Adds what the event itself does not say about the end of its invocation. */
function toPlatformLog(
  invocation: Invocation,
  event: PlatformLogFact['event'],
  result?: InvocationResult,
): PlatformLogFact {
  const { requestId, identity } = invocation;
  const errorType = result?.errorType;
  const isFunctionError = result?.isFunctionError === true || undefined;
  return { kind: 'platformLog', event, requestId, identity, errorType, isFunctionError };
}

function emitSpan<Line>(invocation: Invocation, context: EmitContext): Fact<Line>[] {
  const { emitted, done, report } = invocation;
  const { ending, spanAtReport, managedInstances } = context;
  if (emitted.span) return [];
  const reported = report !== undefined && (managedInstances || waited(invocation));
  const isDue = spanAtReport ? report !== undefined : done !== undefined || reported;
  if (!isDue && ending === undefined) return [];
  emitted.span = true;
  const identity = invocation.identity;
  const start = startTimeOf(invocation);
  if (identity === undefined || start === undefined) return [];
  const isOpen = done === undefined && report === undefined;
  const end = endTimeOf(invocation, start, spanAtReport) ?? endAtEnding(invocation, start, ending);
  const ended = isOpen ? toEndingOutcome(ending?.reason) : worse(done, report);
  const result = toResult(invocation, ended, context);
  const isCounted = isOpen && ended.status !== undefined;
  return [
    ...(isCounted ? countOutcome(invocation, result, end) : []),
    toInvocationFact(invocation, { identity, start, end, status: ended.status }, result),
  ];
}

function toInvocationFact(
  invocation: Invocation,
  span: Pick<InvocationFact, 'identity' | 'start' | 'end' | 'status'>,
  result: InvocationResult,
): InvocationFact {
  const { requestId, start, done, report, invoke } = invocation;
  const { coldStart, exceptions, droppedExceptions, links, servedBy } = invocation;
  const isOpen = done === undefined && report === undefined;
  return {
    kind: 'invocation',
    requestId,
    identity: span.identity,
    servedBy,
    runtimeIdentity: toRuntimeIdentity(span.identity, done?.tracing),
    start: span.start,
    end: span.end,
    coldStart,
    incomplete: isOpen || start === undefined,
    status: span.status,
    isError: isError(result),
    isFunctionError: result.isFunctionError,
    errorType: result.errorType,
    errorMessage: result.errorMessage,
    functionArn: invoke?.invokedFunctionArn ?? start?.functionArn,
    version: start?.version,
    tenantId: start?.tenantId ?? done?.tenantId ?? report?.tenantId,
    runtimeDoneMetrics: done?.metrics,
    reportMetrics: report?.metrics,
    exceptions,
    droppedExceptions,
    links,
  };
}

/** A timeout came at the deadline, anything else when the environment ended. Never before the start. */
function endAtEnding({ invoke }: Invocation, start: HrTime, ending: Ending | undefined): HrTime {
  const isTimeout = ending?.reason?.toLowerCase() === 'timeout';
  const deadlineMs = invoke?.deadlineMs ?? 0;
  const end = isTimeout && deadlineMs > 0 ? fromEpochMs(deadlineMs) : (ending?.time ?? start);
  return laterTime(start, end);
}

/**
 * `spans` of a platform event → children of the span that the event is about. Children get their ids from name and
 * ordinal (how many of that name come before it). `taken`: spans that an earlier event of the same parent had; their
 * names are left out.
 */
export function toChildSpans(
  parent: SpanIdentity,
  event: { readonly spans?: readonly PlatformSpan[] },
  {
    sha256,
    requestId,
    taken = [],
  }: {
    readonly sha256: Sha256Hex;
    readonly requestId?: string | undefined;
    readonly taken?: readonly PlatformSpan[];
  },
): ChildSpansFact[] {
  const ordinals = new Map<string, number>();
  const children = (event.spans ?? [])
    .filter(({ name }) => !taken.some((other) => other.name === name))
    .map((span) => {
      const ordinal = ordinals.get(span.name) ?? 0;
      ordinals.set(span.name, ordinal + 1);
      return { identity: toChildIdentity(parent, { name: span.name, ordinal }, sha256), span };
    });
  return children.length === 0 ? [] : [{ kind: 'childSpans', children, requestId }];
}
