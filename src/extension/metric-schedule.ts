// When a metric window leaves, and what is in it: a window costs as much as the spans and the log records of an
// invocation together, so that exports beside a running one take it along now and then.
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { Meter } from '../otel/meter';
import type { Translator } from '../otel/translator';
import { fromEpochMs } from '../telemetry/timestamp';
import type { SelfMetrics } from './self-metrics';

export interface MetricScheduleOptions {
  readonly meter: Meter;
  readonly selfMetrics: SelfMetrics;
  readonly resources: Pick<Translator, 'resources'>;
  /** Every export takes a window along. */
  readonly always: boolean;
}

/** Exports while the function runs take a metric window along at this distance, any other export always. */
const METRICS_EVERY_MS = 3_000;
/** The extension's own figures leave with the function's at this distance, and at SHUTDOWN. */
const SELF_METRICS_EVERY_MS = 10_000;

export class MetricSchedule {
  private dueMs = 0;
  private selfDueMs = 0;
  private isTurn = true;
  private isEnding = false;

  constructor(private readonly options: MetricScheduleOptions) {}

  /** An export begins. `besideAnother`: one that is still open collects later, and keeps its turn. */
  plan(whileRunning: boolean, besideAnother: boolean): void {
    const { selfMetrics, always } = this.options;
    const isTurn =
      always || !whileRunning || selfMetrics.isUrgent || isDue(this.dueMs, METRICS_EVERY_MS);
    this.isTurn = isTurn || (besideAnother && this.isTurn);
  }

  /** The last export begins. */
  end(): void {
    this.isEnding = true;
  }

  /** The extension's own figures share the events' window. */
  collect(): Promise<ResourceMetrics | undefined> {
    if (!this.isTurn && !this.isEnding) return Promise.resolve(undefined);
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

/** What happens every `everyMs`; also when the clock was set back meanwhile. */
function isDue(dueMs: number, everyMs: number): boolean {
  const nowMs = Date.now();
  return nowMs >= dueMs || nowMs < dueMs - everyMs;
}
