// Measurements → the metric windows that are exported. All times are event times. A window is collected only when it
// can be sent; until then measurements are added to it.
import type { HrTime } from '@opentelemetry/api';
import type { InstrumentationScope } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import type { MetricData, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { TelemetryEvent } from '../telemetry/event';
import { addMs, compareTimes, laterTime } from '../telemetry/timestamp';
import { INSTRUMENTS } from './instruments';
import type { InstrumentName } from './instruments';
import type { Measurement } from './metrics';
import { InstrumentSeries } from './series';

/** OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE. */
export type TemporalityPreference = 'delta' | 'cumulative' | 'lowmemory';

export interface MeterOptions {
  readonly scope: InstrumentationScope;
  readonly temporality: TemporalityPreference;
  /** OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION. */
  readonly exponentialHistograms: boolean;
  /** Histogram points name a trace (OTEL_METRICS_EXEMPLAR_FILTER). Default: true. */
  readonly exemplars?: boolean;
  /** Record the instruments about the extension itself. */
  readonly selfMetrics: boolean;
}

/** If an initialization ahead of requests was longer ago than this, the first window does not reach back to it. */
const MAX_FIRST_WINDOW_MS = 3_600_000;

interface Recorder {
  readonly isSelf: boolean;
  /** Undefined if the instrument is not recorded. */
  readonly series: InstrumentSeries | undefined;
}

export class Meter {
  private readonly recorders = new Map<InstrumentName, Recorder>();
  private hasNews = false;
  private hasAny = false;
  private origin: HrTime | undefined;
  private restored: HrTime | undefined;
  private firstTime: HrTime | undefined;
  private lastTime: HrTime | undefined;
  private previousEnd: HrTime | undefined;

  constructor(private readonly options: MeterOptions) {}

  record(measurement: Measurement): void {
    const { instrument, value, time } = measurement;
    const { isSelf, series } = this.recorders.get(instrument) ?? this.createRecorder(instrument);
    if (series === undefined || !Number.isFinite(value)) return;
    series.record(measurement);
    this.hasAny = true;
    // The extension's own figures are no reason to send a request: that would only create new ones.
    if (!isSelf) this.hasNews = true;
    this.sawTime(time);
  }

  /**
   * Created when first needed: most environments never use half of the instruments, and each window asks all of them.
   */
  private createRecorder(name: InstrumentName): Recorder {
    const instrument = INSTRUMENTS.find((candidate) => candidate.name === name);
    const isSelf = instrument?.self === true;
    const isWanted = instrument !== undefined && (!isSelf || this.options.selfMetrics);
    const { temporality, exponentialHistograms, exemplars = true } = this.options;
    const isDelta = temporality !== 'cumulative';
    const options = { isDelta, exponentialHistograms, exemplars };
    const series = isWanted ? new InstrumentSeries(instrument, options) : undefined;
    const recorder = { isSelf, series };
    this.recorders.set(name, recorder);
    return recorder;
  }

  /** Windows reach from the first to the newest event, even if nothing was measured for those events. */
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

  /** What came before belongs to the snapshot, possibly weeks ago: no window and no series may reach back to it. */
  private sawRestore(time: HrTime): void {
    this.restored = time;
    this.firstTime = time;
    this.lastTime = laterTime(this.lastTime ?? time, time);
    if (this.origin !== undefined) this.origin = laterTime(this.origin, time);
  }

  /** True if the environment was initialized ahead of requests and may have waited for hours. */
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

  /** True if a window that says something new about the function can be collected. */
  get isDue(): boolean {
    return this.hasNews;
  }

  /** The window since the last call, in event time; undefined if it would be empty. */
  collect(resource: Resource, includeSelfOnly: boolean): ResourceMetrics | undefined {
    const { firstTime, lastTime } = this;
    if (firstTime === undefined || lastTime === undefined) return undefined;
    if (!(this.hasNews || (includeSelfOnly && this.hasAny))) return undefined;
    this.hasNews = false;
    this.hasAny = false;
    // Set by the first window and never changed: a cumulative point whose start moves would look like a reset.
    this.origin ??= firstTime;
    const begin = this.previousEnd ?? this.origin;
    const start = this.restored === undefined ? begin : laterTime(begin, this.restored);
    const end = isAfter(lastTime, start) ? lastTime : addMs(start, 1);
    this.previousEnd = end;
    const window = { first: this.origin, start, end };
    const metrics: MetricData[] = [];
    for (const { series } of this.recorders.values()) {
      const metric = series?.collect(window);
      if (metric !== undefined) metrics.push(metric);
    }
    if (metrics.length === 0) return undefined;
    return { resource, scopeMetrics: [{ scope: this.options.scope, metrics }] };
  }
}

function isAfter(a: HrTime, b: HrTime): boolean {
  return compareTimes(a, b) > 0;
}
