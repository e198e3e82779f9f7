// The delivery's outcomes as measurements named by the semantic conventions' "OTel SDK metrics". They are summed up
// here and released now and then, because in every window they would be most of its data points and cost.
// Source: https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/
import type { Attributes, HrTime } from '@opentelemetry/api';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { DeliveryObserver, Signal } from '../delivery/delivery';
import type { Diagnostics } from '../diagnostics';
import type { InstrumentName } from '../otel/instruments';
import type { Meter } from '../otel/meter';
import type { Measurement } from '../otel/metrics';
import { Attribute } from '../otel/semconv';
import type { Translator } from '../otel/translator';
import { readCounter } from '../relay/attributes';
import { bytesOf } from '../relay/item';
import type { RawMetric } from '../relay/item';
import { fromEpochMs } from '../telemetry/timestamp';
import type { Unread } from './inbox';

const EXPORTED: Readonly<Record<Signal, InstrumentName>> = {
  traces: 'otel.sdk.exporter.span.exported',
  metrics: 'otel.sdk.exporter.metric_data_point.exported',
  logs: 'otel.sdk.exporter.log.exported',
};
const EXPORTED_NAMES = Object.values(EXPORTED);
/** The instruments that count losses; those of exports do so only in points with an `error.type`. */
const LOSSES: readonly InstrumentName[] = [
  ...EXPORTED_NAMES,
  'lambda.telemetry.invalid',
  'lambda.telemetry.unread',
  'lambda.telemetry.unread.size',
];
const QUEUED: Readonly<Partial<Record<Signal, InstrumentName>>> = {
  traces: 'otel.sdk.processor.span.queue.size',
  logs: 'otel.sdk.processor.log.queue.size',
};
const COMPONENT_TYPES: Readonly<Record<Signal, string>> = {
  traces: 'otlp_http_span_exporter',
  metrics: 'otlp_http_metric_exporter',
  logs: 'otlp_http_log_exporter',
};

type Sum = Omit<Measurement, 'time'>;

const componentOf = (signal: Signal): Attributes => ({
  [Attribute.OTEL_COMPONENT_TYPE]: COMPONENT_TYPES[signal],
  [Attribute.OTEL_COMPONENT_NAME]: `${COMPONENT_TYPES[signal]}/0`,
});
const queueOf = (signal: Signal): Attributes => ({
  [Attribute.OTEL_COMPONENT_TYPE]: 'lambda_otlp_buffer',
  [Attribute.OTEL_COMPONENT_NAME]: `lambda_otlp_buffer/${signal}`,
});

interface Totals {
  exported: number;
  dropped: number;
}

/** Durations kept between two releases; more of them are left out. */
const MAX_DURATIONS = 1000;

export class SelfMetrics implements DeliveryObserver {
  /** Something was dropped or could not be read; this must not wait. */
  isUrgent = false;
  private sums = new Map<string, { -readonly [Key in keyof Sum]: Sum[Key] }>();
  /** Seconds, by signal and outcome. */
  private durations = new Map<string, { readonly attributes: Attributes; seconds: number[] }>();
  private durationCount = 0;
  /** Since the start, in spans, data points and log records. */
  readonly totals: Readonly<Record<Signal, Totals>> = {
    traces: { exported: 0, dropped: 0 },
    metrics: { exported: 0, dropped: 0 },
    logs: { exported: 0, dropped: 0 },
  };

  /** `onExported`: called whenever an endpoint has accepted something. */
  constructor(private readonly onExported: () => void = () => undefined) {}

  queued(signal: Signal, items: number): void {
    const instrument = QUEUED[signal];
    if (instrument === undefined || items === 0) return;
    this.add(instrument, items, { key: signal, toAttributes: () => queueOf(signal) });
  }

  /** Keeps the counts of losses in a lost delta metric for the next one; a cumulative metric repeats them anyway. */
  recount(metric: RawMetric): void {
    if (metric.temporality !== 'delta') return;
    const { name, points } = readCounter(bytesOf(metric));
    const instrument = LOSSES.find((candidate) => candidate === name);
    if (instrument === undefined) return;
    const isOfLossesOnly = !EXPORTED_NAMES.includes(instrument);
    for (const { attributes, value } of points) {
      const reason = attributes[Attribute.ERROR_TYPE];
      if (reason === undefined && !isOfLossesOnly) continue;
      // Not urgent, because the metric was lost while the endpoint could not be reached.
      this.add(instrument, value, { key: String(reason ?? ''), toAttributes: () => attributes });
    }
  }

  /** Delivered telemetry that could not be read. */
  invalid(records: number): void {
    this.isUrgent = true;
    this.add('lambda.telemetry.invalid', records, { key: '', toAttributes: () => ({}) });
  }

  /** Delivered telemetry that was dropped unread. */
  unread({ bytes, records }: Pick<Unread, 'bytes' | 'records'>): void {
    if (bytes === 0) return;
    this.isUrgent = true;
    this.add('lambda.telemetry.unread', records, { key: '', toAttributes: () => ({}) });
    this.add('lambda.telemetry.unread.size', bytes, { key: '', toAttributes: () => ({}) });
  }

  exported(signal: Signal, items: number): void {
    this.totals[signal].exported += items;
    this.add(EXPORTED[signal], items, { key: '', toAttributes: () => componentOf(signal) });
    this.queued(signal, -items);
    this.onExported();
  }

  dropped(signal: Signal, items: number, reason: string): void {
    this.isUrgent = true;
    this.totals[signal].dropped += items;
    const toAttributes = () => ({ ...componentOf(signal), [Attribute.ERROR_TYPE]: reason });
    this.add(EXPORTED[signal], items, { key: reason, toAttributes });
    this.queued(signal, -items);
  }

  requestEnded(signal: Signal, durationMs: number, outcome: string): void {
    if (this.durationCount >= MAX_DURATIONS) return;
    this.durationCount += 1;
    const key = `${signal} ${outcome}`;
    let known = this.durations.get(key);
    if (known === undefined) {
      const failure = outcome === 'success' ? {} : { [Attribute.ERROR_TYPE]: outcome };
      known = { attributes: { ...componentOf(signal), ...failure }, seconds: [] };
      this.durations.set(key, known);
    }
    known.seconds.push(durationMs / 1000);
  }

  /** Records what was measured since the last time, all at the same event time. */
  release(time: HrTime, record: (measurement: Measurement) => void): void {
    const { sums, durations } = this;
    this.isUrgent = false;
    this.sums = new Map();
    this.durations = new Map();
    this.durationCount = 0;
    for (const sum of sums.values()) record({ ...sum, time });
    const instrument = 'otel.sdk.exporter.operation.duration';
    for (const { attributes, seconds } of durations.values()) {
      for (const value of seconds) record({ instrument, value, attributes, time });
    }
  }

  private add(
    instrument: InstrumentName,
    value: number,
    { key, toAttributes }: { readonly key: string; readonly toAttributes: () => Attributes },
  ): void {
    const name = `${instrument} ${key}`;
    const known = this.sums.get(name);
    if (known === undefined) this.sums.set(name, { instrument, value, attributes: toAttributes() });
    else known.value += value;
  }
}

/** The last line of a process: what was delivered and what was lost. */
export function reportTotals(
  { totals }: SelfMetrics,
  unread: Unread,
  diagnostics: Diagnostics,
): void {
  const lost = totals.traces.dropped + totals.metrics.dropped + totals.logs.dropped;
  const fields = {
    ...(unread.bodies > 0 && {
      unreadBodies: unread.bodies,
      unreadBytes: unread.bytes,
      unreadRecords: unread.records,
    }),
    spansExported: totals.traces.exported,
    spansDropped: totals.traces.dropped,
    dataPointsExported: totals.metrics.exported,
    dataPointsDropped: totals.metrics.dropped,
    logRecordsExported: totals.logs.exported,
    logRecordsDropped: totals.logs.dropped,
  };
  if (lost > 0 || unread.bodies > 0)
    diagnostics.warn('stopped: some telemetry was not delivered', fields);
  else diagnostics.info('stopped: everything was delivered', fields);
}

interface MetricScheduleOptions {
  readonly meter: Meter;
  readonly selfMetrics: SelfMetrics;
  readonly resources: Pick<Translator, 'resources'>;
  /** Every export includes a window. */
  readonly always: boolean;
}

/** The least time between windows in exports while the function runs; all other exports include one. */
const METRICS_EVERY_MS = 3_000;
/** How often a window includes the metrics of the extension itself; the one at SHUTDOWN does, too. */
const SELF_METRICS_EVERY_MS = 10_000;

/**
 * When a metric window is exported, and what is in it. A window costs as much as the spans and the log records of an
 * invocation together, so exports while an invocation runs include one only now and then.
 */
export class MetricSchedule {
  private dueMs = 0;
  private selfDueMs = 0;
  private isTurn = true;
  private isEnding = false;

  constructor(private readonly options: MetricScheduleOptions) {}

  /** To be called when an export begins. `besideAnother`: one that is still open may collect later, and then does. */
  plan(whileRunning: boolean, besideAnother: boolean): void {
    const { selfMetrics, always } = this.options;
    const isTurn =
      always || !whileRunning || selfMetrics.isUrgent || isDue(this.dueMs, METRICS_EVERY_MS);
    this.isTurn = isTurn || (besideAnother && this.isTurn);
  }

  /** To be called when the last export begins. */
  end(): void {
    this.isEnding = true;
  }

  /** The metrics of the extension itself are in the same window as those of the events. */
  collect(): ResourceMetrics | undefined {
    if (!this.isTurn && !this.isEnding) return undefined;
    const { meter, selfMetrics, resources } = this.options;
    const nowMs = Date.now();
    this.dueMs = nowMs + METRICS_EVERY_MS;
    const isSelfDue = isDue(this.selfDueMs, SELF_METRICS_EVERY_MS);
    if (this.isEnding || selfMetrics.isUrgent || isSelfDue) {
      this.selfDueMs = nowMs + SELF_METRICS_EVERY_MS;
      const time = meter.newestTime ?? fromEpochMs(nowMs);
      selfMetrics.release(time, (measurement) => meter.record(measurement));
    }
    return meter.collect(resources.resources.metrics, this.isEnding);
  }
}

/** True if it is time for what happens every `everyMs`, or if the clock was set back meanwhile. */
function isDue(dueMs: number, everyMs: number): boolean {
  const nowMs = Date.now();
  return nowMs >= dueMs || nowMs < dueMs - everyMs;
}
