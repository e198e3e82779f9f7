// What the translator is given, and what one settling gives: telemetry of our own, and the function's that was
// joined with it.
import type { SeverityNumber } from '@opentelemetry/api-logs';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { Handover } from '../invocation/handover';
import type { Sha256Hex } from '../invocation/identity';
import type { ReceivedSpans } from '../invocation/received-spans';
import type { LogLimits } from '../log-line/log-line';
import type { RawItem } from '../relay/item';
import type { AttributeLimits } from './translation-settings';
import type { Measurement } from './metrics';
import type { RedactionFilter } from './redaction-filter';
import type { FunctionDescription } from './resource';
import type { SelectionOptions } from './selection';

export interface TranslatorOptions {
  /** What is known of the function before any event. */
  readonly resource: Omit<FunctionDescription, 'environmentId' | 'instanceId' | 'functionArn'>;
  readonly initializationType?: string;
  readonly spanAt: 'runtimeDone' | 'report';
  readonly functionErrors: boolean;
  readonly spanLimits: AttributeLimits;
  readonly logLimits: LogLimits;
  readonly platformSeverity: SeverityNumber | undefined;
  readonly selection: SelectionOptions;
  /** Undefined: nothing is looked at. */
  readonly redaction?: RedactionFilter;
  readonly handover?: Handover;
  /** Spans of the function's SDK, to be joined with ours (`LAMBDA_OTLP_JOIN=merge`). */
  readonly received?: ReceivedSpans;
  readonly sha256: Sha256Hex;
  /** A new random UUID: the execution environment's, again after a SnapStart restore. */
  readonly createEnvironmentId: () => string;
}

export interface Translation {
  readonly spans: readonly ReadableSpan[];
  /** Spans of the function's SDK, joined with ours, and log records that waited for a decision. */
  readonly received: readonly RawItem[];
  readonly receivedRecords: readonly RawItem[];
  readonly logRecords: readonly ReadableLogRecord[];
  readonly measurements: readonly Measurement[];
}
