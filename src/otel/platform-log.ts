// Platform events as log records: the line that CloudWatch would show, the fields as attributes.
// Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html
import type { Attributes } from '@opentelemetry/api';
import { SeverityNumber } from '@opentelemetry/api-logs';
import type { PlatformLogFact } from '../invocation/fact';
import { toErrorType, toOutcome } from '../invocation/outcome';
import { defined } from '../telemetry/defined';
import type { PlatformMetrics } from '../telemetry/event';
import {
  ERROR_TYPE,
  LAMBDA_BILLED_DURATION_MS,
  LAMBDA_BILLED_RESTORE_DURATION_MS,
  LAMBDA_DROPPED_BYTES,
  LAMBDA_DROPPED_RECORDS,
  LAMBDA_DURATION_MS,
  LAMBDA_EVENTS,
  LAMBDA_INITIALIZATION_TYPE,
  LAMBDA_INIT_DURATION_MS,
  LAMBDA_INSTANCE_MAX_MEMORY,
  LAMBDA_MAX_MEMORY_USED_MB,
  LAMBDA_MEMORY_SIZE_MB,
  LAMBDA_NAME,
  LAMBDA_PHASE,
  LAMBDA_PRODUCED_BYTES,
  LAMBDA_REASON,
  LAMBDA_RESTORE_DURATION_MS,
  LAMBDA_RUNTIME_VERSION,
  LAMBDA_RUNTIME_VERSION_ARN,
  LAMBDA_STATE,
  LAMBDA_STATUS,
  LAMBDA_TENANT_ID,
  LAMBDA_TYPES,
  FAAS_VERSION,
} from './semconv';

type PlatformLogEvent = PlatformLogFact['event'];

/** The event name of the record: the wire's type, known or not. */
export function toEventName(event: PlatformLogEvent): string {
  return event.type === 'unknown' ? event.wireType : event.type;
}

/** DEBUG for the everyday, INFO for reports and initializations, WARN for lost records, ERROR for failures. */
export function toPlatformSeverity(event: PlatformLogEvent): SeverityNumber {
  if ('status' in event) {
    const outcome = toOutcome(event.status);
    if (outcome === 'error' || outcome === 'timeout') return SeverityNumber.ERROR;
  }
  if ('errorType' in event) return SeverityNumber.ERROR;
  switch (event.type) {
    case 'platform.start':
    case 'platform.runtimeDone':
    case 'platform.initRuntimeDone':
    case 'platform.telemetrySubscription':
    case 'platform.extension':
      return SeverityNumber.DEBUG;
    case 'platform.logsDropped':
      return SeverityNumber.WARN;
    default:
      return SeverityNumber.INFO;
  }
}

/** The words that CloudWatch's text format uses, fields separated by tabs as there. */
export function toPlatformLine(event: Exclude<PlatformLogEvent, { type: 'unknown' }>): string {
  switch (event.type) {
    case 'platform.initStart':
      return line('INIT_START', runtime(event));
    case 'platform.initRuntimeDone':
      return line('INIT_RUNTIME_DONE', [field('Phase', event.phase), ...outcome(event)]);
    case 'platform.initReport':
      return line('INIT_REPORT', [
        milliseconds('Init Duration', event.metrics?.durationMs),
        field('Phase', event.phase),
        ...outcome(event),
      ]);
    case 'platform.restoreStart':
      return line('RESTORE_START', runtime(event));
    case 'platform.restoreRuntimeDone':
      return line('RESTORE_RUNTIME_DONE', outcome(event));
    case 'platform.restoreReport':
      return line('RESTORE_REPORT', [
        milliseconds('Restore Duration', event.metrics?.durationMs),
        ...outcome(event),
      ]);
    case 'platform.start':
      return `START RequestId: ${event.requestId}${event.version === undefined ? '' : ` Version: ${event.version}`}`;
    case 'platform.runtimeDone':
      return line(`END RequestId: ${event.requestId}`, failure(event), '\t');
    case 'platform.report':
      return line(
        `REPORT RequestId: ${event.requestId}`,
        [...report(event.metrics), ...failure(event)],
        '\t',
      );
    case 'platform.extension':
      return line('EXTENSION', [
        field('Name', event.name),
        field('State', event.state),
        list('Events', event.events),
        field('Error Type', event.errorType),
      ]);
    case 'platform.telemetrySubscription':
      return line('TELEMETRY', [
        field('Name', event.name),
        field('State', event.state),
        list('Types', event.types),
      ]);
    case 'platform.logsDropped':
      return line('LOGS_DROPPED', [
        field('Reason', event.reason),
        field('Dropped Records', event.droppedRecords),
        field('Dropped Bytes', event.droppedBytes),
      ]);
  }
}

/** The event's fields under the names that spans use; `spans` are spans already. */
export function toPlatformAttributes(event: PlatformLogEvent): Attributes {
  const all: Partial<Record<string, unknown>> = event.type === 'unknown' ? {} : { ...event };
  const metrics = (all['metrics'] ?? {}) as PlatformMetrics;
  const isOutcome = 'status' in event || 'errorType' in event;
  return defined({
    [LAMBDA_INITIALIZATION_TYPE]: all['initializationType'],
    [LAMBDA_PHASE]: all['phase'],
    [LAMBDA_STATUS]: all['status'],
    [ERROR_TYPE]: isOutcome ? toErrorType(event) : undefined,
    [LAMBDA_RUNTIME_VERSION]: all['runtimeVersion'],
    [LAMBDA_RUNTIME_VERSION_ARN]: all['runtimeVersionArn'],
    [LAMBDA_INSTANCE_MAX_MEMORY]: all['instanceMaxMemory'],
    [FAAS_VERSION]: all['version'],
    [LAMBDA_TENANT_ID]: all['tenantId'],
    [LAMBDA_NAME]: all['name'],
    [LAMBDA_STATE]: all['state'],
    [LAMBDA_EVENTS]: all['events'],
    [LAMBDA_TYPES]: all['types'],
    [LAMBDA_REASON]: all['reason'],
    [LAMBDA_DROPPED_RECORDS]: all['droppedRecords'],
    [LAMBDA_DROPPED_BYTES]: all['droppedBytes'],
    [LAMBDA_DURATION_MS]: metrics.durationMs,
    [LAMBDA_BILLED_DURATION_MS]: metrics.billedDurationMs,
    [LAMBDA_MEMORY_SIZE_MB]: metrics.memorySizeMB,
    [LAMBDA_MAX_MEMORY_USED_MB]: metrics.maxMemoryUsedMB,
    [LAMBDA_INIT_DURATION_MS]: metrics.initDurationMs,
    [LAMBDA_RESTORE_DURATION_MS]: metrics.restoreDurationMs,
    [LAMBDA_BILLED_RESTORE_DURATION_MS]: metrics.billedRestoreDurationMs,
    [LAMBDA_PRODUCED_BYTES]: metrics.producedBytes,
  }) as Attributes;
}

type Field = string | undefined;

function line(head: string, fields: readonly Field[], separator = ' '): string {
  const present = fields.filter((item) => item !== undefined);
  return present.length === 0 ? head : `${head}${separator}${present.join('\t')}`;
}

function field(name: string, value: string | number | undefined): Field {
  return value === undefined ? undefined : `${name}: ${value}`;
}

function list(name: string, items: readonly string[] | undefined): Field {
  return items === undefined ? undefined : `${name}: [${items.join(', ')}]`;
}

function milliseconds(name: string, value: number | undefined, digits = 2): Field {
  return value === undefined ? undefined : `${name}: ${value.toFixed(digits)} ms`;
}

function runtime(event: { readonly runtimeVersion?: string; readonly runtimeVersionArn?: string }) {
  return [
    field('Runtime Version', event.runtimeVersion),
    field('Runtime Version ARN', event.runtimeVersionArn),
  ];
}

interface HasOutcome {
  readonly status?: string;
  readonly errorType?: string;
}

function outcome({ status, errorType }: HasOutcome): Field[] {
  return [field('Status', status), field('Error Type', errorType)];
}

/** CloudWatch's END and REPORT lines name the status only where it is not success. */
function failure(event: HasOutcome): Field[] {
  return event.status === 'success' ? [] : outcome(event);
}

function report(metrics: PlatformMetrics = {}): Field[] {
  return [
    milliseconds('Duration', metrics.durationMs),
    milliseconds('Billed Duration', metrics.billedDurationMs, 0),
    megabytes('Memory Size', metrics.memorySizeMB),
    megabytes('Max Memory Used', metrics.maxMemoryUsedMB),
    milliseconds('Init Duration', metrics.initDurationMs),
    milliseconds('Restore Duration', metrics.restoreDurationMs),
    milliseconds('Billed Restore Duration', metrics.billedRestoreDurationMs, 0),
  ];
}

function megabytes(name: string, value: number | undefined): Field {
  return value === undefined ? undefined : `${name}: ${value} MB`;
}
