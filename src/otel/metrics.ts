// Facts → measurements: which instrument, which value, at which event time. A missing value makes no measurement (not a
// 0). No attribute may have unboundedly many values, so none holds a requestId.
import type { Attributes, HrTime } from '@opentelemetry/api';
import type {
  Fact,
  InitReportFact,
  OutcomeFact,
  ReportFact,
  RuntimeDoneFact,
} from '../invocation/fact';
import type { SpanIdentity } from '../invocation/identity';
import { OTHER } from '../invocation/result';
import { defined } from '../telemetry/fields';
import type { PlatformMetrics, PlatformSpan } from '../telemetry/event';
import { BYTES_PER_MB } from './instruments';
import type { InstrumentName } from './instruments';
import { Attribute } from './semconv';

export interface Measurement {
  readonly instrument: InstrumentName;
  readonly value: number;
  readonly attributes: Attributes;
  readonly time: HrTime;
  /** An exported span that shows what was measured. */
  readonly trace?: SpanIdentity;
}

type Values = Partial<Record<InstrumentName, number | undefined>>;

const MAX_ERROR_TYPES = 20;
/** Shared, so that no list is allocated for each log line. */
const NONE: readonly Measurement[] = [];
const OUTCOME_COUNTERS = {
  success: 'faas.invocations',
  error: 'faas.errors',
  timeout: 'faas.timeouts',
} as const;
const SPAN_HISTOGRAMS: Readonly<Record<string, InstrumentName>> = {
  responseLatency: 'lambda.response_latency',
  responseDuration: 'lambda.response_duration',
  runtimeOverhead: 'lambda.runtime_overhead',
  extensionOverhead: 'lambda.extension_overhead',
};

/** The error types of one environment, limited in number because each makes a series. */
export class ErrorTypes {
  private readonly known = new Set<string>();

  /** The type itself, or `_OTHER` once there are too many others. */
  limit(type: string): string {
    if (type === OTHER || this.known.has(type)) return type;
    if (this.known.size >= MAX_ERROR_TYPES) return OTHER;
    this.known.add(type);
    return type;
  }
}

/** The measurements that one fact makes; empty for facts of other signals. */
export function toMeasurements(fact: Fact<unknown>, types: ErrorTypes): readonly Measurement[] {
  if (!('errorType' in fact) || fact.errorType === undefined) return measureFact(fact);
  return measureFact({ ...fact, errorType: types.limit(fact.errorType) });
}

function measureFact(fact: Fact<unknown>): readonly Measurement[] {
  switch (fact.kind) {
    case 'outcome':
      return [toOutcomeMeasurement(fact)];
    case 'coldStart':
      return measure(
        { 'faas.coldstarts': 1 },
        { [Attribute.LAMBDA_INITIALIZATION_TYPE]: fact.initializationType },
        fact.time,
      );
    case 'outOfMemory':
      return measure({ 'lambda.out_of_memory': 1 }, {}, fact.time);
    case 'runtimeDone':
      return measureRuntimeDone(fact);
    case 'report':
      return measureReport(fact);
    case 'initReport':
      return measureInitReport(fact);
    case 'restoreReport':
      return measure(
        { 'lambda.restore_duration': toSeconds(fact.event.metrics?.durationMs) },
        toErrorAttributes(fact),
        fact.event.time,
      );
    case 'logsDropped':
      return measure(
        {
          'lambda.logs_dropped': fact.records || undefined,
          'lambda.logs_dropped.size': fact.bytes || undefined,
        },
        {},
        fact.time,
      );
    default:
      return NONE;
  }
}

function toOutcomeMeasurement({ outcome, phase, errorType: type, time }: OutcomeFact): Measurement {
  const attributes =
    outcome === 'error'
      ? defined({ [Attribute.ERROR_TYPE]: type ?? OTHER, [Attribute.LAMBDA_PHASE]: phase })
      : {};
  return { instrument: OUTCOME_COUNTERS[outcome], value: 1, attributes, time };
}

function measureRuntimeDone(fact: RuntimeDoneFact): Measurement[] {
  const { event } = fact;
  return [
    ...measureInvoke(fact),
    ...measure({ 'lambda.produced_bytes': event.metrics?.producedBytes }, {}, event.time),
    ...measureSpans(event),
  ];
}

function measureReport(fact: ReportFact): Measurement[] {
  const { event, endsInvocation, restoreWasReported } = fact;
  const { metrics } = event;
  const restoreMs = restoreWasReported ? undefined : metrics?.restoreDurationMs;
  return [
    ...(endsInvocation ? measureInvoke(fact) : []),
    ...measure(
      {
        'faas.mem_usage': toBytes(metrics?.maxMemoryUsedMB),
        'lambda.memory_utilization': toUtilization(metrics),
        'lambda.billed_duration': toSeconds(metrics?.billedDurationMs),
        'lambda.restore_duration': toSeconds(restoreMs),
        'lambda.billed_restore_duration': toSeconds(metrics?.billedRestoreDurationMs),
      },
      {},
      event.time,
    ),
    ...measureSpans(event),
  ];
}

function measureInitReport(fact: InitReportFact): Measurement[] {
  const { event, initializationType, fromSnapshot } = fact;
  const attributes = {
    ...defined({
      [Attribute.LAMBDA_INITIALIZATION_TYPE]: initializationType,
      [Attribute.LAMBDA_PHASE]: event.phase,
      [Attribute.LAMBDA_FROM_SNAPSHOT]: fromSnapshot,
    }),
    ...toErrorAttributes(fact),
  };
  const seconds = toSeconds(event.metrics?.durationMs);
  return measure({ 'faas.init_duration': seconds }, attributes, event.time);
}

function measureInvoke(fact: RuntimeDoneFact | ReportFact): Measurement[] {
  const { event, coldStart } = fact;
  const attributes = {
    ...toErrorAttributes(fact),
    ...defined({ [Attribute.FAAS_COLDSTART]: coldStart }),
  };
  const seconds = toSeconds(event.metrics?.durationMs);
  return measure({ 'faas.invoke_duration': seconds }, attributes, event.time);
}

function measureSpans(event: {
  readonly time: HrTime;
  readonly spans?: readonly PlatformSpan[];
}): Measurement[] {
  return (event.spans ?? []).flatMap(({ name, durationMs }) => {
    const instrument = Object.hasOwn(SPAN_HISTOGRAMS, name) ? SPAN_HISTOGRAMS[name] : undefined;
    return instrument === undefined
      ? []
      : [{ instrument, value: durationMs / 1000, attributes: {}, time: event.time }];
  });
}

function measure(values: Values, attributes: Attributes, time: HrTime): Measurement[] {
  const measurements: Measurement[] = [];
  for (const name in values) {
    const instrument = name as InstrumentName;
    const value = values[instrument];
    if (value !== undefined) measurements.push({ instrument, value, attributes, time });
  }
  return measurements;
}

function toErrorAttributes({ errorType }: { readonly errorType?: string | undefined }): Attributes {
  return errorType === undefined ? {} : { [Attribute.ERROR_TYPE]: errorType };
}

function toSeconds(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : milliseconds / 1000;
}

function toBytes(megabytes: number | undefined): number | undefined {
  return megabytes === undefined ? undefined : megabytes * BYTES_PER_MB;
}

function toUtilization(metrics: PlatformMetrics | undefined): number | undefined {
  const { maxMemoryUsedMB, memorySizeMB } = metrics ?? {};
  if (maxMemoryUsedMB === undefined || memorySizeMB === undefined || memorySizeMB === 0) {
    return undefined;
  }
  return maxMemoryUsedMB / memorySizeMB;
}
