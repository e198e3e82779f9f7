// Platform events as log records: the body is the line that CloudWatch would show, the fields become attributes.
// Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html
import type { Attributes, AttributeValue } from '@opentelemetry/api';
import { SeverityNumber } from '@opentelemetry/api-logs';
import type { PlatformLogFact } from '../invocation/fact';
import type { Ended } from '../invocation/status';
import { isFailure, toErrorType } from '../invocation/status';
import type { InitEvent, PlatformMetrics, RestoreEvent } from '../telemetry/event';
import { defined, isObject, readText } from '../telemetry/fields';
import { Attribute } from './semconv';

type PlatformLogEvent = PlatformLogFact['event'];

/** The record's event name: the event's type as Lambda wrote it, known or not. */
export function toEventName(event: PlatformLogEvent): string {
  return event.type === 'unknown' ? event.wireType : event.type;
}

/** ERROR for failures, WARN for lost records, INFO for reports and initializations, DEBUG for routine events. */
export function toPlatformSeverity({ event, isFunctionError }: PlatformLogFact): SeverityNumber {
  if (isFunctionError === true) return SeverityNumber.ERROR;
  if (isFailure(readStatus(event))) return SeverityNumber.ERROR;
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

/** Reads an unknown event's outcome from its record, as Lambda wrote it. */
function readStatus(event: PlatformLogEvent): Ended {
  if (event.type !== 'unknown') return 'status' in event ? event : {};
  return defined({ status: isObject(event.record) ? readText(event.record['status']) : undefined });
}

/** Uses the words of CloudWatch's text format, with tabs between the fields. */
export function toPlatformLine(event: Exclude<PlatformLogEvent, { type: 'unknown' }>): string {
  switch (event.type) {
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
    default:
      return toInitializationLine(event);
  }
}

function toInitializationLine(event: InitEvent | RestoreEvent): string {
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
  }
}

/** The event fields that become attributes, by AWS's name. */
const FIELDS: Readonly<Record<string, Attribute>> = {
  initializationType: Attribute.LAMBDA_INITIALIZATION_TYPE,
  phase: Attribute.LAMBDA_PHASE,
  status: Attribute.LAMBDA_STATUS,
  runtimeVersion: Attribute.LAMBDA_RUNTIME_VERSION,
  runtimeVersionArn: Attribute.LAMBDA_RUNTIME_VERSION_ARN,
  instanceMaxMemory: Attribute.LAMBDA_INSTANCE_MAX_MEMORY,
  version: Attribute.FAAS_VERSION,
  tenantId: Attribute.LAMBDA_TENANT_ID,
  name: Attribute.LAMBDA_NAME,
  state: Attribute.LAMBDA_STATE,
  events: Attribute.LAMBDA_EVENTS,
  types: Attribute.LAMBDA_TYPES,
  reason: Attribute.LAMBDA_REASON,
  droppedRecords: Attribute.LAMBDA_DROPPED_RECORDS,
  droppedBytes: Attribute.LAMBDA_DROPPED_BYTES,
};
const METRICS: Readonly<Record<keyof PlatformMetrics, Attribute>> = {
  durationMs: Attribute.LAMBDA_DURATION_MS,
  billedDurationMs: Attribute.LAMBDA_BILLED_DURATION_MS,
  memorySizeMB: Attribute.LAMBDA_MEMORY_SIZE_MB,
  maxMemoryUsedMB: Attribute.LAMBDA_MAX_MEMORY_USED_MB,
  initDurationMs: Attribute.LAMBDA_INIT_DURATION_MS,
  restoreDurationMs: Attribute.LAMBDA_RESTORE_DURATION_MS,
  billedRestoreDurationMs: Attribute.LAMBDA_BILLED_RESTORE_DURATION_MS,
  producedBytes: Attribute.LAMBDA_PRODUCED_BYTES,
};

/** The event's fields under the names that spans use. The `spans` field is left out because it becomes spans. */
export function toPlatformAttributes(fact: PlatformLogFact): Attributes {
  const { event } = fact;
  const attributes: Attributes = {};
  if (event.type === 'unknown') return attributes;
  copyNamed(event, FIELDS, attributes);
  if (fact.isFunctionError === true) attributes[Attribute.LAMBDA_FUNCTION_ERROR] = true;
  const ownErrorType = 'status' in event || 'errorType' in event ? toErrorType(event) : undefined;
  const errorType = fact.errorType ?? ownErrorType;
  if (errorType !== undefined) attributes[Attribute.ERROR_TYPE] = errorType;
  if ('metrics' in event) copyNamed(event.metrics, METRICS, attributes);
  return attributes;
}

function copyNamed(
  members: object,
  names: Readonly<Record<string, Attribute>>,
  attributes: Attributes,
): void {
  for (const member in members) {
    const name = names[member];
    if (name !== undefined)
      attributes[name] = (members as Readonly<Record<string, AttributeValue>>)[member];
  }
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

/** Like CloudWatch's END and REPORT lines, names the status only if it is not success. */
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
