// What the tracker concludes from events: facts, each emitted once, from which otel/ makes spans, points
// and log records. Times are event times; identities are settled.
import type { HrTime } from '@opentelemetry/api';
import type { ReceivedSpan } from '../relay/received-span';
import type {
  InitReportEvent,
  LogEvent,
  PlatformMetrics,
  PlatformSpan,
  ReportEvent,
  RestoreReportEvent,
  RuntimeDoneEvent,
  Status,
  TelemetryEvent,
} from '../telemetry/event';
import type { SpanIdentity } from './identity';

/** An error that a function's log line reported (OTel semconv, exceptions). */
export interface ExceptionFact {
  readonly time: HrTime;
  readonly type?: string;
  readonly message?: string;
  readonly stacktrace?: string;
  /** The runtime reported it, uncaught; where several are (Node.js in JSON format), the last is the request's. */
  readonly isRuntimeReport?: boolean;
}

/** An invocation is over, as far as its span goes: emitted once per (requestId, start time). */
export interface InvocationFact {
  readonly kind: 'invocation';
  readonly requestId: string;
  readonly identity: SpanIdentity;
  /** The function's SDK made this span of the same request: completed, it leaves instead. */
  readonly servedBy?: ReceivedSpan | undefined;
  /** The runtime's own segment below the invocation span, when runtimeDone names one. */
  readonly runtimeIdentity?: SpanIdentity | undefined;
  readonly start: HrTime;
  readonly end: HrTime;
  readonly coldStart: boolean;
  /** Its start, its end or both were never seen. */
  readonly incomplete: boolean;
  readonly status?: Status | undefined;
  /** An error, a failure, a timeout, a function error, or an end that was never seen. */
  readonly isError: boolean;
  /** Lambda says success, and the runtime gave no answer. */
  readonly isFunctionError: boolean;
  readonly errorType?: string | undefined;
  readonly errorMessage?: string | undefined;
  readonly functionArn?: string | undefined;
  readonly version?: string | undefined;
  readonly tenantId?: string | undefined;
  readonly runtimeDoneMetrics?: PlatformMetrics | undefined;
  readonly reportMetrics?: PlatformMetrics | undefined;
  readonly exceptions: readonly ExceptionFact[];
  /** Exceptions beyond the bound. */
  readonly droppedExceptions: number;
  /** Initializations in traces of their own that prepared this environment. */
  readonly links: readonly SpanIdentity[];
}

/** `init` or `restore` is over. */
export interface InitializationFact {
  readonly kind: 'initialization';
  /** The requestId of the invocation that waited for it. */
  readonly requestId?: string | undefined;
  readonly name: 'init' | 'restore';
  readonly identity: SpanIdentity;
  readonly start: HrTime;
  readonly end: HrTime;
  /** An invocation waited for it. */
  readonly coldStart: boolean;
  readonly incomplete: boolean;
  readonly initializationType?: string | undefined;
  readonly phase?: string | undefined;
  readonly status?: Status | undefined;
  readonly isError: boolean;
  readonly errorType?: string | undefined;
  readonly errorMessage?: string | undefined;
  readonly runtimeVersion?: string | undefined;
  readonly runtimeVersionArn?: string | undefined;
  readonly instanceMaxMemory?: number | undefined;
}

/** `spans` of a platform event, as children of the span that the event is about. */
export interface ChildSpansFact {
  readonly kind: 'childSpans';
  readonly requestId?: string | undefined;
  readonly children: readonly { readonly identity: SpanIdentity; readonly span: PlatformSpan }[];
}

/** How an invocation or an initialization ended; each outcome once per invocation. */
export interface OutcomeFact {
  readonly kind: 'outcome';
  readonly outcome: 'success' | 'error' | 'timeout';
  /** `invoke`, or the phase of the failed initialization (`init`, `invoke`, `restore`). */
  readonly phase: string;
  readonly errorType?: string | undefined;
  readonly time: HrTime;
}

/** Figures to be recorded once per event. */
export interface RuntimeDoneFact {
  readonly kind: 'runtimeDone';
  readonly event: RuntimeDoneEvent;
  readonly coldStart: boolean;
  readonly errorType?: string | undefined;
}

export interface ReportFact {
  readonly kind: 'report';
  readonly event: ReportEvent;
  readonly errorType?: string | undefined;
  /** Undefined: the invocation is an earlier process's, which did not say. */
  readonly coldStart: boolean | undefined;
  /** No runtimeDone came before it: the report's duration is the invocation's. */
  readonly endsInvocation: boolean;
  /** The restore's own report was seen, so the report's restoreDurationMs would count it twice. */
  readonly restoreWasReported: boolean;
}

export interface InitReportFact {
  readonly kind: 'initReport';
  readonly event: InitReportEvent;
  readonly errorType?: string | undefined;
  readonly fromSnapshot?: true | undefined;
  readonly initializationType?: string | undefined;
}

export interface RestoreReportFact {
  readonly kind: 'restoreReport';
  readonly event: RestoreReportEvent;
  readonly errorType?: string | undefined;
}

/** The first invocation of this environment that had to wait for an init or a restore. */
export interface ColdStartFact {
  readonly kind: 'coldStart';
  readonly initializationType: string;
  readonly time: HrTime;
}

/** A request ran out of memory; emitted once for it. */
export interface OutOfMemoryFact {
  readonly kind: 'outOfMemory';
  readonly time: HrTime;
}

/** The increase of logsDropped's running totals. */
export interface LogsDroppedFact {
  readonly kind: 'logsDropped';
  readonly records: number;
  readonly bytes: number;
  readonly time: HrTime;
}

/** A platform event as a log line. */
export interface PlatformLogFact {
  readonly kind: 'platformLog';
  readonly event: Exclude<TelemetryEvent, LogEvent>;
  readonly requestId?: string | undefined;
  readonly identity?: SpanIdentity | undefined;
  /** The error of an invocation's end, where the event itself does not name it. */
  readonly errorType?: string | undefined;
  readonly isFunctionError?: boolean | undefined;
}

/**
 * A function's or extension's log line with the request it belongs to. Lines come by the hundred thousand:
 * these objects always have all their members, so that they share one hidden class.
 */
export interface LineFact<Line> {
  readonly kind: 'line';
  readonly line: Line;
  readonly requestId: string | undefined;
  readonly identity: SpanIdentity | undefined;
}

export type Fact<Line> =
  | InvocationFact
  | InitializationFact
  | ChildSpansFact
  | OutcomeFact
  | RuntimeDoneFact
  | ReportFact
  | InitReportFact
  | RestoreReportFact
  | ColdStartFact
  | OutOfMemoryFact
  | LogsDroppedFact
  | PlatformLogFact
  | LineFact<Line>;

/** What the tracker must know of a log line; `otel/` reads the rest. */
export interface TrackedLine {
  readonly time: HrTime;
  readonly stream: 'function' | 'extension';
  /** Lambda's own id, from a place that only the runtime fills. */
  readonly requestId: string | undefined;
  /** An id that anybody may have written: Lambda's only if it names a request of this environment. */
  readonly possibleRequestId: string | undefined;
  /** Begins or continues a stack trace that is printed line by line. */
  readonly isTracePart: boolean;
  readonly exception: ExceptionFact | undefined;
  /** In the runtime's own words, memory ran out. */
  readonly saysOutOfMemory: boolean;
}

/**
 * Joins the stack traces among the lines of one stream and request, which come in order: for each line the
 * one that takes its place, undefined where it went into an earlier one.
 */
export type TraceJoiner<Line> = (lines: readonly Line[]) => readonly (Line | undefined)[];
