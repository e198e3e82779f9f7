// One invocation as its caller sees it, with the times that show what an extension costs.
import { randomBytes, randomUUID } from 'node:crypto';
import type { FunctionSettings } from './local-lambda-options';
import type { PlatformStatus, ReportMetrics, RequestContext } from './platform-records';
import type { RuntimeInvocation, RuntimeResult } from './runtime-api';

export interface InvokeOptions {
  /** X-Amzn-Trace-Id; default: a new one with Sampled=0, as without active tracing. */
  readonly traceHeader?: string;
  readonly tenantId?: string;
  readonly requestId?: string;
}

/** Epoch milliseconds with a fraction. */
export interface InvocationTimings {
  readonly startedAtMs: number;
  readonly respondedAtMs: number | undefined;
  /** platform.runtimeDone was emitted. */
  readonly runtimeDoneAtMs: number | undefined;
  /** For each extension, when the batch with runtimeDone was sent; set later if that waits for the thaw. */
  readonly runtimeDoneDeliveredAtMs: Readonly<Record<string, number>>;
  /** For each extension, the time of its GET /event/next after this invocation. */
  readonly extensionNextAtMs: Readonly<Record<string, number>>;
  /** From runtimeDone until the last extension polled; 0 if all had polled before. */
  readonly postInvokeMs: number;
  readonly endedAtMs: number;
}

export interface Invocation {
  readonly requestId: string;
  readonly traceHeader: string;
  /** As in platform.report: a handled exception of the function is a success to the platform. */
  readonly status: PlatformStatus;
  readonly errorType: string | undefined;
  /** What the caller gets: parsed JSON or text; the error object if `functionError` is set. */
  readonly response: unknown;
  readonly functionError: 'Unhandled' | undefined;
  /** The handler failed after its streamed response had begun; on demand, platform events do not show that. */
  readonly streamBroke: boolean;
  readonly metrics: ReportMetrics | undefined;
  readonly timings: InvocationTimings;
}

/** Begins a new trace, as Lambda does if the caller has none. */
export function createTraceHeader(sampled: boolean): string {
  const seconds = Math.floor(Date.now() / 1000).toString(16);
  const hex = (bytes: number): string => randomBytes(bytes).toString('hex');
  return `Root=1-${seconds}-${hex(12)};Parent=${hex(8)};Sampled=${sampled ? 1 : 0};Lineage=1:${hex(4)}:0`;
}

export function toRequestContext(
  options: InvokeOptions,
  defaultTenantId: string | undefined,
): RequestContext {
  return {
    requestId: options.requestId ?? randomUUID(),
    traceHeader: options.traceHeader ?? createTraceHeader(false),
    spanId: randomBytes(8).toString('hex'),
    tenantId: options.tenantId ?? defaultTenantId,
  };
}

/**
 * With active tracing the function's parent is Lambda's own segment, the spanId of the platform
 * events, so that its spans hang below it; otherwise the caller's header goes through as it came.
 * Source: AWS X-Ray developer guide, "AWS Lambda and AWS X-Ray".
 */
function toRuntimeTraceHeader(settings: FunctionSettings, context: RequestContext): string {
  const { traceHeader, spanId } = context;
  const active = /(^|;)\s*Sampled=1/.test(traceHeader) && !settings.managedInstances;
  return active ? traceHeader.replace(/(^|;)\s*Parent=[^;]*/, `$1Parent=${spanId}`) : traceHeader;
}

/** `deadlineMs`: epoch milliseconds of the timeout. */
export function toRuntimeInvocation(
  settings: FunctionSettings,
  context: RequestContext,
  { payload, deadlineMs }: { readonly payload: unknown; readonly deadlineMs: number },
): RuntimeInvocation {
  const tenant: Record<string, string> =
    context.tenantId === undefined ? {} : { 'Lambda-Runtime-Aws-Tenant-Id': context.tenantId };
  return {
    requestId: context.requestId,
    headers: {
      'Lambda-Runtime-Aws-Request-Id': context.requestId,
      'Lambda-Runtime-Deadline-Ms': String(Math.floor(deadlineMs)),
      'Lambda-Runtime-Trace-Id': toRuntimeTraceHeader(settings, context),
      'Lambda-Runtime-Invoked-Function-Arn': settings.arn,
      ...tenant,
    },
    payload: JSON.stringify(payload ?? null),
    result: undefined,
    abandoned: false,
    runtimeReadyAtMs: undefined,
  };
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}

export interface InvocationFailure {
  readonly status: PlatformStatus;
  readonly errorType: string | undefined;
  readonly message: string;
  /** The error object that the runtime itself sent, as JSON; it goes to the caller as it is. */
  readonly body?: string | undefined;
}

/** What the caller gets: the function's answer, else the platform's error. */
export function toResponse(
  result: RuntimeResult | undefined,
  failure: InvocationFailure | undefined,
): Pick<Invocation, 'response' | 'functionError' | 'streamBroke'> {
  if (failure !== undefined) {
    const { errorType, message, body } = failure;
    const response = body === undefined ? { errorType, errorMessage: message } : parse(body);
    return { response, functionError: 'Unhandled', streamBroke: false };
  }
  if (result === undefined) {
    return { response: undefined, functionError: undefined, streamBroke: false };
  }
  const streamBroke = result.brokenOffBy !== undefined;
  const failed = result.kind === 'error' || streamBroke;
  return {
    response: parse(result.brokenOffBy ?? result.body),
    functionError: failed ? 'Unhandled' : undefined,
    streamBroke,
  };
}
