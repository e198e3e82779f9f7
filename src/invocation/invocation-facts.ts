// One invocation → the facts that are new about it. Called at each settling; what was stated once is
// never stated again, so duplicates and late events cannot double a span or a count.
import type { HrTime } from '@opentelemetry/api';
import { defined } from '../telemetry/defined';
import type { ReportEvent } from '../telemetry/event';
import { fromEpochMs, laterTime } from '../telemetry/timestamp';
import { toChildSpans } from './child-spans';
import type { Fact, InvocationFact, OutcomeFact, PlatformLogFact } from './fact';
import type { Sha256Hex } from './identity';
import { toRuntimeIdentity } from './identity';
import type { Invocation } from './invocation';
import { endTimeOf, startTimeOf } from './invocation';
import type { Outcome } from './outcome';
import { INCOMPLETE, toErrorType, toOutcome, worse } from './outcome';

/** The environment ends: open invocations are closed with what is known. */
export interface Ending {
  /** shutdownReason, free text; undefined when a bounded map lets go of the invocation. */
  readonly reason?: string;
  /** When the environment ended. */
  readonly time: HrTime;
}

export interface StatingContext {
  readonly sha256: Sha256Hex;
  /** Lambda Managed Instances send no runtimeDone: the report is the end. */
  readonly managedInstances: boolean;
  /** Hold the span for the report (`LAMBDA_OTLP_SPAN_AT=report`). */
  readonly spanAtReport: boolean;
  /** A restore report was seen in this environment. */
  readonly restoreWasReported: boolean;
  readonly ending?: Ending;
}

export function stateInvocation<Line>(
  invocation: Invocation,
  context: StatingContext,
): Fact<Line>[] {
  const facts: Fact<Line>[] = [];
  const isEnding = context.ending !== undefined;
  const { start, done, report, stated } = invocation;
  if (start !== undefined && !stated.start) {
    stated.start = true;
    facts.push(toPlatformLog(invocation, start));
  }
  if (done !== undefined && !stated.runtimeDone) {
    stated.runtimeDone = true;
    facts.push({ kind: 'runtimeDone', event: done, coldStart: invocation.coldStart });
    facts.push(toPlatformLog(invocation, done), ...countOutcome(invocation, done, done.time));
    if (invocation.identity) facts.push(...toChildSpans(invocation.identity, done, context));
  }
  const reportIsDue =
    done !== undefined || context.managedInstances || isEnding || waited(invocation);
  if (report !== undefined && !stated.report && reportIsDue) {
    facts.push(...stateReport<Line>(invocation, report, context));
  }
  facts.push(...stateSpan<Line>(invocation, context));
  if (report !== undefined && done === undefined) invocation.waits += 1;
  return facts;
}

/** A runtimeDone may follow its report in a later batch: a report alone waits for one settling. */
function waited({ waits, start }: Invocation): boolean {
  return waits > 0 || start === undefined;
}

function stateReport<Line>(
  invocation: Invocation,
  event: ReportEvent,
  context: StatingContext,
): Fact<Line>[] {
  const { done, identity, stated } = invocation;
  const coldStart = invocation.isForeign === true ? undefined : invocation.coldStart;
  stated.report = true;
  const endsInvocation = !stated.runtimeDone;
  const { restoreWasReported, sha256 } = context;
  const facts: Fact<Line>[] = [
    { kind: 'report', event, coldStart, endsInvocation, restoreWasReported },
    toPlatformLog(invocation, event),
    // With a runtimeDone before it, the report's success says nothing new, only a worse status does.
    ...countOutcome(invocation, event, event.time),
  ];
  const taken = done?.spans ?? [];
  if (identity !== undefined) facts.push(...toChildSpans(identity, event, { sha256, taken }));
  return facts;
}

/** Each outcome counts once per invocation; a success stays counted when the report turns it into a timeout. */
function countOutcome(
  invocation: Pick<Invocation, 'counted'>,
  event: { readonly status?: string; readonly errorType?: string },
  time: HrTime,
): OutcomeFact[] {
  const { counted } = invocation;
  const outcome = toOutcome(event.status);
  if (outcome === undefined || counted.includes(outcome)) return [];
  // A success after a failure would count one invocation twice as two ends.
  if (outcome === 'success' && counted.length > 0) return [];
  invocation.counted = counted.concat(outcome);
  return [toOutcomeFact(outcome, toErrorType(event), time)];
}

function toOutcomeFact(outcome: Outcome, errorType: string | undefined, time: HrTime): OutcomeFact {
  return { kind: 'outcome', outcome, phase: 'invoke', time, ...defined({ errorType }) };
}

function toPlatformLog(invocation: Invocation, event: PlatformLogFact['event']): PlatformLogFact {
  const { requestId, identity } = invocation;
  return { kind: 'platformLog', event, requestId, ...defined({ identity }) };
}

function stateSpan<Line>(invocation: Invocation, context: StatingContext): Fact<Line>[] {
  const { stated, done, report, start } = invocation;
  const { ending, spanAtReport, managedInstances } = context;
  if (stated.span) return [];
  const reported = report !== undefined && (managedInstances || waited(invocation));
  const isDue = spanAtReport ? report !== undefined : done !== undefined || reported;
  if (!isDue && ending === undefined) return [];
  stated.span = true;
  const identity = invocation.identity;
  const startTime = startTimeOf(invocation);
  if (identity === undefined || startTime === undefined) return [];
  const isOpen = done === undefined && report === undefined;
  const end =
    endTimeOf(invocation, startTime, spanAtReport) ?? endAtEnding(invocation, startTime, ending);
  const outcome = isOpen ? toEndingOutcome(ending) : worse(done, report);
  const runtimeIdentity = toRuntimeIdentity(identity, done?.tracing);
  const facts: Fact<Line>[] = [];
  if (isOpen && outcome.status !== undefined) facts.push(...countOutcome(invocation, outcome, end));
  facts.push({
    kind: 'invocation',
    requestId: invocation.requestId,
    identity,
    start: startTime,
    end,
    coldStart: invocation.coldStart,
    incomplete: isOpen || start === undefined,
    exceptions: invocation.exceptions,
    droppedExceptions: invocation.droppedExceptions,
    links: invocation.links,
    ...toSpanDetails(invocation),
    ...defined({ runtimeIdentity, status: outcome.status, errorType: toErrorType(outcome) }),
  });
  return facts;
}

function toSpanDetails({ start, done, report, invoke }: Invocation): Partial<InvocationFact> {
  return defined({
    functionArn: invoke?.invokedFunctionArn ?? start?.functionArn,
    version: start?.version,
    tenantId: start?.tenantId ?? done?.tenantId ?? report?.tenantId,
    runtimeDoneMetrics: done?.metrics,
    reportMetrics: report?.metrics,
  });
}

/** `timeout` and `failure` of shutdownReason are outcomes; with any other the invocation is just incomplete. */
function toEndingOutcome(ending: Ending | undefined): { status?: string; errorType?: string } {
  const reason = ending?.reason?.toLowerCase();
  if (reason === 'timeout' || reason === 'failure') return { status: reason };
  return { errorType: INCOMPLETE };
}

/** A timeout came at the deadline, anything else when the environment ended. Never before the start. */
function endAtEnding({ invoke }: Invocation, start: HrTime, ending: Ending | undefined): HrTime {
  const isTimeout = ending?.reason?.toLowerCase() === 'timeout';
  const deadlineMs = invoke?.deadlineMs ?? 0;
  const end = isTimeout && deadlineMs > 0 ? fromEpochMs(deadlineMs) : (ending?.time ?? start);
  return laterTime(start, end);
}
