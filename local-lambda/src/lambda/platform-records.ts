// Records of the platform's own events, field for field as the service sends them in schema
// 2025-01-29 (captures; AWS "Telemetry API event schema"); Managed Instances as the emulator does.
import { toDurationMs, toIsoTime } from './clock';
import type { FunctionSettings } from './local-lambda-options';

type PlatformRecord = Readonly<Record<string, unknown>>;

export type Phase = 'init' | 'invoke';
export type PlatformStatus = 'success' | 'error' | 'failure' | 'timeout';

export interface Outcome {
  readonly status: PlatformStatus;
  readonly errorType?: string | undefined;
}

export interface SpanRecord {
  readonly name: string;
  readonly start: string;
  readonly durationMs: number;
}

const MIB = 1024 * 1024;

function toOutcome({ status, errorType }: Outcome): PlatformRecord {
  return errorType === undefined ? { status } : { status, errorType };
}

function toInstance(settings: FunctionSettings): PlatformRecord {
  const runtime =
    settings.runtimeVersion === ''
      ? {}
      : {
          runtimeVersion: settings.runtimeVersion,
          runtimeVersionArn: `arn:aws:lambda:${settings.region}::runtime:local`,
        };
  return {
    ...(settings.managedInstances ? { runtimeVersion: '', runtimeVersionArn: '' } : runtime),
    functionName: settings.name,
    functionVersion: settings.version,
    instanceId: settings.logStreamName,
    instanceMaxMemory: settings.memorySizeMb * MIB,
  };
}

export function initStartRecord(settings: FunctionSettings, phase: Phase): PlatformRecord {
  const { initializationType } = settings;
  return { initializationType, phase, ...toInstance(settings) };
}

export function initRuntimeDoneRecord(
  settings: FunctionSettings,
  phase: Phase,
  outcome: Outcome,
): PlatformRecord {
  return { initializationType: settings.initializationType, phase, ...toOutcome(outcome) };
}

export function initReportRecord(
  settings: FunctionSettings,
  phase: Phase,
  { outcome, durationMs }: { readonly outcome: Outcome; readonly durationMs: number },
): PlatformRecord {
  return {
    initializationType: settings.initializationType,
    phase,
    ...toOutcome(outcome),
    metrics: { durationMs: toDurationMs(durationMs) },
  };
}

export function restoreStartRecord(settings: FunctionSettings): PlatformRecord {
  return toInstance(settings);
}

export function restoreRuntimeDoneRecord(outcome: Outcome): PlatformRecord {
  return toOutcome(outcome);
}

export function restoreReportRecord(outcome: Outcome, durationMs: number): PlatformRecord {
  return { ...toOutcome(outcome), metrics: { durationMs: toDurationMs(durationMs) } };
}

/** What start, runtimeDone and report say alike about a request. */
export interface RequestContext {
  readonly requestId: string;
  /** Value of X-Amzn-Trace-Id. */
  readonly traceHeader: string;
  /** Span id of the invocation when the trace is sampled. */
  readonly spanId: string;
  readonly tenantId: string | undefined;
}

/** Events carry `tracing` only for sampled traces (captures; RIE never has a spanId). */
function toTracing(context: RequestContext, emulator: boolean): PlatformRecord {
  const { traceHeader, spanId } = context;
  if (!/(^|;)\s*Sampled=1/.test(traceHeader) || !traceHeader.includes('Root=')) return {};
  const tracing = { type: 'X-Amzn-Trace-Id', value: traceHeader };
  return { tracing: emulator ? tracing : { spanId, ...tracing } };
}

function toTenant({ tenantId }: RequestContext): PlatformRecord {
  return tenantId === undefined ? {} : { tenantId };
}

export function startRecord(settings: FunctionSettings, context: RequestContext): PlatformRecord {
  return {
    requestId: context.requestId,
    functionArn: settings.arn,
    version: settings.version,
    ...toTenant(context),
    ...toTracing(context, settings.managedInstances),
  };
}

export interface RuntimeDone {
  readonly outcome: Outcome;
  readonly durationMs: number;
  readonly producedBytes: number;
  /** Only after a response; not after errors, timeouts and crashes (captures). */
  readonly spans: readonly SpanRecord[];
}

export function runtimeDoneRecord(context: RequestContext, done: RuntimeDone): PlatformRecord {
  return {
    requestId: context.requestId,
    ...toOutcome(done.outcome),
    ...(done.spans.length === 0 ? {} : { spans: done.spans }),
    ...toTenant(context),
    ...toTracing(context, false),
    metrics: { durationMs: toDurationMs(done.durationMs), producedBytes: done.producedBytes },
  };
}

/** Members as of platform.report; undefined ones are left out. */
export interface ReportMetrics {
  readonly durationMs: number;
  readonly billedDurationMs?: number | undefined;
  readonly memorySizeMB?: number | undefined;
  readonly maxMemoryUsedMB?: number | undefined;
  readonly initDurationMs?: number | undefined;
  readonly restoreDurationMs?: number | undefined;
  readonly billedRestoreDurationMs?: number | undefined;
}

export interface Report {
  readonly outcome: Outcome;
  readonly metrics: ReportMetrics;
  readonly spans: readonly SpanRecord[];
}

export function reportRecord(
  settings: FunctionSettings,
  context: RequestContext,
  report: Report,
): PlatformRecord {
  const present = Object.entries(report.metrics).filter(([, value]) => value !== undefined);
  return {
    requestId: context.requestId,
    metrics: Object.fromEntries(present),
    ...(report.spans.length === 0 ? {} : { spans: report.spans }),
    ...toTenant(context),
    ...toTracing(context, settings.managedInstances),
    ...toOutcome(report.outcome),
  };
}

export function toSpan(name: string, startMs: number, endMs: number): SpanRecord {
  return { name, start: toIsoTime(startMs), durationMs: toDurationMs(endMs - startMs) };
}
