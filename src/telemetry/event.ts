// The wire model of the Telemetry API: one tagged union over every event type of the schemas
// 2022-07-01, 2022-12-13 and 2025-01-29. Members that AWS documents as required may still be
// missing, so all but `type`, `time` and a request's id are optional; members of another type are left out.
// Source: https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
import type { HrTime } from '@opentelemetry/api';

/** `on-demand`, `provisioned-concurrency`, `snap-start`, `lambda-managed-instances`, or a later addition. */
export type InitializationType = string;
export const MANAGED_INSTANCES = 'lambda-managed-instances';
/** `init` or `invoke`. */
export type InitPhase = string;
/** `success`, `error`, `failure`, `timeout`, or a later addition. */
export type Status = string;

/** `tracing` of an event (TraceContext object). */
export interface TraceContext {
  readonly type?: string;
  /** The X-Amzn-Trace-Id header value. */
  readonly value?: string;
  readonly spanId?: string;
}

/** One element of `spans` (Span object). */
export interface PlatformSpan {
  readonly name: string;
  readonly start: HrTime;
  /** Milliseconds, finite, not negative. */
  readonly durationMs: number;
}

/** `metrics` of runtimeDone, initReport, restoreReport and report; all optional. */
export interface PlatformMetrics {
  readonly durationMs?: number;
  readonly producedBytes?: number;
  readonly billedDurationMs?: number;
  readonly memorySizeMB?: number;
  readonly maxMemoryUsedMB?: number;
  readonly initDurationMs?: number;
  readonly restoreDurationMs?: number;
  readonly billedRestoreDurationMs?: number;
}

interface EventBase {
  /** When it happened, or when it was delivered if that is missing or unreadable. */
  readonly time: HrTime;
}

interface Outcome {
  readonly status?: Status;
  readonly errorType?: string;
}

interface Instance {
  readonly runtimeVersion?: string;
  readonly runtimeVersionArn?: string;
  readonly functionName?: string;
  readonly functionVersion?: string;
  readonly instanceId?: string;
  /** Bytes. */
  readonly instanceMaxMemory?: number;
  readonly tracing?: TraceContext;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html#platform-initStart */
export interface InitStartEvent extends EventBase, Instance {
  readonly type: 'platform.initStart';
  readonly initializationType?: InitializationType;
  readonly phase?: InitPhase;
}

/** …#platform-initRuntimeDone */
export interface InitRuntimeDoneEvent extends EventBase, Outcome {
  readonly type: 'platform.initRuntimeDone';
  readonly initializationType?: InitializationType;
  readonly phase?: InitPhase;
  readonly spans?: readonly PlatformSpan[];
  readonly tracing?: TraceContext;
}

/** …#platform-initReport */
export interface InitReportEvent extends EventBase, Outcome {
  readonly type: 'platform.initReport';
  readonly initializationType?: InitializationType;
  readonly phase?: InitPhase;
  readonly metrics?: PlatformMetrics;
  readonly spans?: readonly PlatformSpan[];
  readonly tracing?: TraceContext;
}

/** …#platform-restoreStart (SnapStart) */
export interface RestoreStartEvent extends EventBase, Instance {
  readonly type: 'platform.restoreStart';
}

/** …#platform-restoreRuntimeDone */
export interface RestoreRuntimeDoneEvent extends EventBase, Outcome {
  readonly type: 'platform.restoreRuntimeDone';
  readonly spans?: readonly PlatformSpan[];
  readonly tracing?: TraceContext;
}

/** …#platform-restoreReport */
export interface RestoreReportEvent extends EventBase, Outcome {
  readonly type: 'platform.restoreReport';
  readonly metrics?: PlatformMetrics;
  readonly spans?: readonly PlatformSpan[];
  readonly tracing?: TraceContext;
}

/** …#platform-start */
export interface StartEvent extends EventBase {
  readonly type: 'platform.start';
  readonly requestId: string;
  readonly version?: string;
  readonly functionArn?: string;
  readonly tenantId?: string;
  readonly tracing?: TraceContext;
}

/** …#platform-runtimeDone; never sent on Lambda Managed Instances */
export interface RuntimeDoneEvent extends EventBase, Outcome {
  readonly type: 'platform.runtimeDone';
  readonly requestId: string;
  /** `spans` names responseLatency, whether the rest of it is readable or not. */
  readonly isAnswered?: true;
  readonly metrics?: PlatformMetrics;
  readonly spans?: readonly PlatformSpan[];
  readonly tracing?: TraceContext;
  readonly tenantId?: string;
}

/** …#platform-report */
export interface ReportEvent extends EventBase, Outcome {
  readonly type: 'platform.report';
  readonly requestId: string;
  readonly metrics?: PlatformMetrics;
  readonly spans?: readonly PlatformSpan[];
  readonly tracing?: TraceContext;
  readonly tenantId?: string;
}

/** …#platform-extension */
export interface ExtensionEvent extends EventBase {
  readonly type: 'platform.extension';
  readonly name?: string;
  readonly state?: string;
  readonly events?: readonly string[];
  readonly errorType?: string;
}

/** …#platform-telemetrySubscription */
export interface TelemetrySubscriptionEvent extends EventBase {
  readonly type: 'platform.telemetrySubscription';
  readonly name?: string;
  readonly state?: string;
  readonly types?: readonly string[];
}

/** …#platform-logsDropped; the counts look like running totals in captures of the service */
export interface LogsDroppedEvent extends EventBase {
  readonly type: 'platform.logsDropped';
  readonly reason?: string;
  readonly droppedRecords?: number;
  readonly droppedBytes?: number;
}

/** …#telemetry-api-function, …#telemetry-api-extension: one log line, text or object. */
export interface LogEvent extends EventBase {
  readonly type: 'function' | 'extension';
  readonly record: unknown;
}

/** An event type that this version does not know, or a known one without its requestId: kept as data. */
export interface UnknownEvent extends EventBase {
  readonly type: 'unknown';
  readonly wireType: string;
  readonly record: unknown;
}

/** Events that belong to one request. */
export type RequestEvent = StartEvent | RuntimeDoneEvent | ReportEvent;
export type InitEvent = InitStartEvent | InitRuntimeDoneEvent | InitReportEvent;
export type RestoreEvent = RestoreStartEvent | RestoreRuntimeDoneEvent | RestoreReportEvent;

/** Every `platform.*` event that this version knows. */
export type PlatformEvent =
  | InitEvent
  | RestoreEvent
  | RequestEvent
  | ExtensionEvent
  | TelemetrySubscriptionEvent
  | LogsDroppedEvent;

export type TelemetryEvent = PlatformEvent | LogEvent | UnknownEvent;
