// A Telemetry API event as the platform emits it, in the newest schema; older schemas are projections.
// Source: AWS "Telemetry API event schema" (2022-07-01, 2022-12-13, 2025-01-29).

export type TelemetryCategory = 'platform' | 'function' | 'extension';

export interface TelemetryEvent {
  /** ISO 8601 with milliseconds. */
  readonly time: string;
  readonly type: string;
  readonly record: string | Readonly<Record<string, unknown>>;
}

export function categoryOf(type: string): TelemetryCategory {
  if (type === 'function' || type === 'extension') return type;
  return 'platform';
}

export const SCHEMA_VERSIONS = ['2022-07-01', '2022-12-13', '2025-01-29'] as const;
export type SchemaVersion = (typeof SCHEMA_VERSIONS)[number];

const FIELDS_SINCE_2022_12_13: Readonly<Record<string, readonly string[]>> = {
  'platform.initStart': [
    'functionName',
    'functionVersion',
    'instanceId',
    'instanceMaxMemory',
    'tracing',
  ],
  'platform.initRuntimeDone': ['tracing'],
  'platform.initReport': ['status', 'errorType', 'tracing'],
  'platform.restoreStart': [
    'functionName',
    'functionVersion',
    'instanceId',
    'instanceMaxMemory',
    'tracing',
  ],
  'platform.restoreRuntimeDone': ['tracing'],
  'platform.restoreReport': ['status', 'errorType', 'tracing'],
  'platform.extension': ['errorType'],
};

const FIELDS_SINCE_2025_01_29: Readonly<Record<string, readonly string[]>> = {
  'platform.start': ['functionArn', 'tenantId'],
  'platform.runtimeDone': ['tenantId'],
  'platform.report': ['tenantId'],
};

/** The event as a subscriber of `version` receives it. */
export function toSchemaVersion(event: TelemetryEvent, version: SchemaVersion): TelemetryEvent {
  if (version === '2025-01-29') return event;
  if (typeof event.record === 'string') return event;
  if (categoryOf(event.type) !== 'platform') {
    return version === '2022-07-01'
      ? { ...event, record: `${JSON.stringify(event.record)}\n` }
      : event;
  }
  const newer = FIELDS_SINCE_2025_01_29[event.type] ?? [];
  const removed =
    version === '2022-07-01' ? [...newer, ...(FIELDS_SINCE_2022_12_13[event.type] ?? [])] : newer;
  if (removed.length === 0) return event;
  const kept = Object.entries(event.record).filter(([name]) => !removed.includes(name));
  return { ...event, record: Object.fromEntries(kept) };
}
