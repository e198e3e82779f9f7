// The SDK's MeterProvider with a reader of our own: aggregation, temporality and exponential histograms
// are the library's, times are the events'. A window is collected only when it can be sent; until then
// the library goes on adding to it.
import { ValueType } from '@opentelemetry/api';
import type { Attributes, HrTime } from '@opentelemetry/api';
import type { InstrumentationScope } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  AggregationType,
  InstrumentType,
  MeterProvider,
  MetricReader,
} from '@opentelemetry/sdk-metrics';
import type { MetricData, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { TelemetryEvent } from '../telemetry/event';
import { addMs, compareTimes, laterTime } from '../telemetry/timestamp';
import { Exemplars } from './exemplars';
import { INSTRUMENTS } from './instruments';
import type { Instrument, InstrumentName } from './instruments';
import type { Measurement } from './metrics';

/** OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE. */
export type TemporalityPreference = 'delta' | 'cumulative' | 'lowmemory';

export interface MeterOptions {
  readonly scope: InstrumentationScope;
  readonly temporality: TemporalityPreference;
  /** OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION. */
  readonly exponentialHistograms: boolean;
  /** Points of histograms name a trace (OTEL_METRICS_EXEMPLAR_FILTER); by default they do. */
  readonly exemplars?: boolean;
  /** Record the instruments about the extension itself. */
  readonly selfMetrics: boolean;
}

/** Between an init ahead of requests and the first of them. */
const MAX_FIRST_WINDOW_MS = 3_600_000;

type RecordValue = (value: number, attributes: Attributes) => void;

interface Recorder {
  readonly isSelf: boolean;
  /** Undefined: not to be recorded. */
  readonly record: RecordValue | undefined;
}

class PullReader extends MetricReader {
  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }
  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }
}

export class Meter {
  private readonly reader: PullReader;
  private readonly meter: ReturnType<MeterProvider['getMeter']>;
  private readonly recorders = new Map<InstrumentName, Recorder>();
  private readonly exemplars: Exemplars | undefined;
  private hasNews = false;
  private hasAny = false;
  private origin: HrTime | undefined;
  private restored: HrTime | undefined;
  private firstTime: HrTime | undefined;
  private lastTime: HrTime | undefined;
  private previousEnd: HrTime | undefined;

  constructor(private readonly options: MeterOptions) {
    this.reader = createReader(options);
    this.exemplars = options.exemplars === false ? undefined : new Exemplars();
    const provider = new MeterProvider({ readers: [this.reader] });
    this.meter = provider.getMeter(options.scope.name, options.scope.version);
  }

  record(measurement: Measurement): void {
    const { instrument, value, attributes, time } = measurement;
    const { isSelf, record } = this.recorders.get(instrument) ?? this.createRecorder(instrument);
    if (record === undefined || !Number.isFinite(value)) return;
    record(value, attributes);
    this.exemplars?.note(measurement);
    this.hasAny = true;
    // The extension's own figures alone are no reason for a request, which would bring new ones.
    if (!isSelf) this.hasNews = true;
    this.sawTime(time);
  }

  /** When it is first needed: most environments never need half of the instruments, and each window asks all. */
  private createRecorder(name: InstrumentName): Recorder {
    const instrument = INSTRUMENTS.find((candidate) => candidate.name === name);
    const isSelf = instrument?.self === true;
    const isWanted = instrument !== undefined && (!isSelf || this.options.selfMetrics);
    const record = isWanted ? createRecorder(this.meter, instrument) : undefined;
    const recorder = { isSelf, record };
    this.recorders.set(name, recorder);
    return recorder;
  }

  /** Windows reach from the first event to the newest, whether or not they were measured. */
  sawEvent({ type, time }: Pick<TelemetryEvent, 'type' | 'time'>): void {
    if (type === 'platform.restoreStart') this.sawRestore(time);
    else this.sawTime(time);
  }

  private sawTime(time: HrTime): void {
    const { firstTime, lastTime } = this;
    if (firstTime === undefined || lastTime === undefined || this.isAfterFreeze(time)) {
      this.firstTime = time;
    } else if (compareTimes(time, firstTime) < 0 && this.isOfWindow(time)) {
      this.firstTime = time;
    }
    this.lastTime = lastTime === undefined ? time : laterTime(lastTime, time);
  }

  /** What came before belongs to the snapshot, weeks ago: no window and no series reaches back to it. */
  private sawRestore(time: HrTime): void {
    this.restored = time;
    this.firstTime = time;
    this.lastTime = laterTime(this.lastTime ?? time, time);
    if (this.origin !== undefined) this.origin = laterTime(this.origin, time);
  }

  /** An environment that was initialized ahead of requests may have waited for hours. */
  private isAfterFreeze(time: HrTime): boolean {
    if (this.previousEnd !== undefined || this.lastTime === undefined) return false;
    return isAfter(time, addMs(this.lastTime, MAX_FIRST_WINDOW_MS));
  }

  private isOfWindow(time: HrTime): boolean {
    const { firstTime, restored } = this;
    if (restored !== undefined && isAfter(restored, time)) return false;
    return firstTime !== undefined && !isAfter(firstTime, addMs(time, MAX_FIRST_WINDOW_MS));
  }

  get newestTime(): HrTime | undefined {
    return this.lastTime;
  }

  /** True when a window with news about the function can be collected. */
  get isDue(): boolean {
    return this.hasNews;
  }

  /** The window since the last call, or undefined when it would be empty. Times are event times. */
  async collect(
    resource: Resource,
    includeSelfOnly: boolean,
  ): Promise<ResourceMetrics | undefined> {
    const { firstTime, lastTime } = this;
    if (firstTime === undefined || lastTime === undefined) return undefined;
    if (!(this.hasNews || (includeSelfOnly && this.hasAny))) return undefined;
    this.hasNews = false;
    this.hasAny = false;
    const { resourceMetrics } = await this.reader.collect();
    // Fixed by the first window: a cumulative point whose start moves would look like a reset.
    this.origin ??= firstTime;
    const begin = this.previousEnd ?? this.origin;
    const start = this.restored === undefined ? begin : laterTime(begin, this.restored);
    const end = isAfter(lastTime, start) ? lastTime : addMs(start, 1);
    this.previousEnd = end;
    const first = this.origin;
    const metrics = resourceMetrics.scopeMetrics
      .flatMap((scopeMetrics) => scopeMetrics.metrics)
      .filter(({ dataPoints }) => dataPoints.length > 0);
    for (const metric of metrics) {
      setEventTime(metric, { first, start, end });
      this.exemplars?.attachTo(metric);
    }
    this.exemplars?.clear();
    if (metrics.length === 0) return undefined;
    return { resource, scopeMetrics: [{ scope: this.options.scope, metrics }] };
  }
}

function isAfter(a: HrTime, b: HrTime): boolean {
  return compareTimes(a, b) > 0;
}

interface Window {
  /** The first event of the environment: where cumulative points start. */
  readonly first: HrTime;
  readonly start: HrTime;
  readonly end: HrTime;
}

/** In the points themselves, which the SDK makes anew with every collection. */
function setEventTime(metric: MetricData, { first, start, end }: Window): void {
  const isDelta = metric.aggregationTemporality === AggregationTemporality.DELTA;
  const startTime = isDelta ? start : first;
  const endTime = isAfter(end, startTime) ? end : addMs(startTime, 1);
  for (const point of metric.dataPoints as { startTime: HrTime; endTime: HrTime }[]) {
    point.startTime = startTime;
    point.endTime = endTime;
  }
}

function createReader({ temporality, exponentialHistograms }: MeterOptions): PullReader {
  return new PullReader({
    aggregationTemporalitySelector: (type) => selectTemporality(type, temporality),
    ...(exponentialHistograms && {
      aggregationSelector: (type) =>
        type === InstrumentType.HISTOGRAM
          ? { type: AggregationType.EXPONENTIAL_HISTOGRAM }
          : { type: AggregationType.DEFAULT },
    }),
  });
}

/** https://opentelemetry.io/docs/specs/otel/metrics/sdk_exporters/otlp/#additional-environment-variable-configuration */
function selectTemporality(
  type: InstrumentType,
  preference: TemporalityPreference,
): AggregationTemporality {
  if (preference === 'cumulative') return AggregationTemporality.CUMULATIVE;
  const isUpDown =
    type === InstrumentType.UP_DOWN_COUNTER || type === InstrumentType.OBSERVABLE_UP_DOWN_COUNTER;
  return isUpDown ? AggregationTemporality.CUMULATIVE : AggregationTemporality.DELTA;
}

function createRecorder(
  meter: ReturnType<MeterProvider['getMeter']>,
  instrument: Instrument,
): RecordValue {
  const { name, unit, description, boundaries } = instrument;
  switch (instrument.kind) {
    case 'counter': {
      const counter = meter.createCounter(name, { unit, description, valueType: ValueType.INT });
      return (value, attributes) => counter.add(value, attributes);
    }
    case 'upDownCounter': {
      const counter = meter.createUpDownCounter(name, {
        unit,
        description,
        valueType: ValueType.INT,
      });
      return (value, attributes) => counter.add(value, attributes);
    }
    case 'histogram': {
      const histogram = meter.createHistogram(name, {
        unit,
        description,
        ...(boundaries !== undefined && { advice: { explicitBucketBoundaries: [...boundaries] } }),
      });
      return (value, attributes) => histogram.record(value, attributes);
    }
  }
}
