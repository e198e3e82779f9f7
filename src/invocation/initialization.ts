// One `init` or `restore`: its events, and what follows from them.
import type { HrTime } from '@opentelemetry/api';
import type { InitEvent, PlatformSpan, RestoreEvent } from '../telemetry/event';
import { addMs, compareTimes, durationBetween, laterTime, toMs } from '../telemetry/timestamp';
import type { ExceptionFact, InitializationFact, OutcomeFact } from './fact';
import type { SpanIdentity } from './identity';
import type { Invocation } from './invocation';
import type { Run } from './run';
import type { Ended } from './status';
import { isFailure, worse } from './status';

export type StartOf = Extract<InitEvent | RestoreEvent, { type: `${string}Start` }>;
export type DoneOf = Extract<InitEvent | RestoreEvent, { type: `${string}RuntimeDone` }>;
export type ReportOf = Extract<InitEvent | RestoreEvent, { type: `${string}Report` }>;

export interface Initialization extends Run<StartOf, DoneOf, ReportOf> {
  readonly name: 'init' | 'restore';
  /** `init` or `invoke`; undefined for a restore. */
  readonly initPhase?: string;
  identity?: SpanIdentity;
  /** The invocation that waited for it. */
  invocation?: Invocation;
  /** The exception that the runtime itself reported, the last where several are. */
  runtimeReport?: ExceptionFact;
  readonly emitted: Set<'start' | 'runtimeDone' | 'report' | 'span' | 'failure'>;
  /** Settlings that its runtimeDone has waited for the report, which says how long it took. */
  waits: number;
}

/** initStart's time, else derived from the report (its time − its duration), else the end's time. */
export function initStartTimeOf({ start, done, report }: Initialization): HrTime {
  if (start !== undefined) return start.time;
  const durationMs = report?.metrics?.durationMs;
  if (report !== undefined && durationMs !== undefined) {
    const derived = addMs(report.time, -durationMs);
    if (derived[0] >= 0) return derived;
  }
  return (done ?? report)?.time ?? [0, 0];
}

/** The span of an initialization that is over, or that must be emitted as it is because the environment ends. */
export function toInitializationFact(
  initialization: Initialization,
  identity: SpanIdentity,
  context: { readonly coldStart: boolean; readonly initializationType: string | undefined },
): InitializationFact {
  const { start: started, done, report, initPhase, name } = initialization;
  const start = initStartTimeOf(initialization);
  const ended = worse(done, report);
  const isError = isFailure(ended);
  const errorType = toInitErrorType(initialization, ended);
  const message = initialization.runtimeReport?.message ?? errorType;
  return {
    kind: 'initialization',
    name,
    identity,
    start,
    end: laterTime(start, endTimeOf(initialization, start)),
    coldStart: context.coldStart,
    isError,
    incomplete: started === undefined || (done === undefined && report === undefined),
    requestId: initialization.invocation?.requestId,
    initializationType: context.initializationType,
    phase: initPhase,
    status: ended.status,
    errorType,
    errorMessage: isError ? message : undefined,
    runtimeVersion: started?.runtimeVersion,
    runtimeVersionArn: started?.runtimeVersionArn,
    instanceMaxMemory: started?.instanceMaxMemory,
  };
}

/**
 * As long as CloudWatch's Init Duration: start + the report's duration, and never before runtimeDone; with
 * neither, the start of the invocation that waited.
 */
function endTimeOf({ done, report, invocation }: Initialization, start: HrTime): HrTime {
  const durationMs = report?.metrics?.durationMs;
  const reported = durationMs === undefined ? undefined : addMs(start, durationMs);
  if (done !== undefined && reported !== undefined) return laterTime(done.time, reported);
  return done?.time ?? reported ?? report?.time ?? invocation?.start?.time ?? start;
}

/** The runtime's part of it; what follows is the extensions'. Undefined where they do not differ by a millisecond. */
export function toRuntimeSpan(initialization: Initialization): PlatformSpan | undefined {
  const { start, done, report, name } = initialization;
  if (start === undefined || done === undefined || report?.metrics?.durationMs === undefined) {
    return undefined;
  }
  const rest = durationBetween(done.time, endTimeOf(initialization, start.time));
  const durationMs = toMs(durationBetween(start.time, done.time));
  if (toMs(rest) < 1 || compareTimes(done.time, start.time) < 0) return undefined;
  return { name: `${name}Runtime`, start: start.time, durationMs };
}

/** A failed initialization is an error, counted once for its two events. */
export function toFailure(initialization: Initialization): OutcomeFact | undefined {
  const event = [initialization.done, initialization.report].find((candidate) => {
    return candidate !== undefined && isFailure(candidate);
  });
  if (event === undefined || initialization.emitted.has('failure')) return undefined;
  initialization.emitted.add('failure');
  return {
    kind: 'outcome',
    outcome: 'error',
    phase: initialization.initPhase ?? initialization.name,
    time: event.time,
    errorType: toInitErrorType(initialization, event),
  };
}

/** AWS's errorType, else the type of what the runtime reported, else the status word. */
export function toInitErrorType(
  { runtimeReport }: Initialization,
  ended: Ended,
): string | undefined {
  if (!isFailure(ended)) return ended.errorType;
  return ended.errorType ?? runtimeReport?.type ?? ended.status;
}
