// Telemetry API bodies in, OTLP requests out: decode → translate → buffer → send. Loaded while the first
// /event/next is pending. Nothing here throws to the lifecycle.
import type { HrTime } from '@opentelemetry/api';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { createEnvironment } from '../environment';
import { warnOfMisspeltSettings } from '../misspelt-settings';
import { readTranslationSettings } from '../otel/translation-settings';
import type { Diagnostics } from '../diagnostics';
import { readExportConfiguration } from '../delivery/settings/configuration';
import { createDelivery } from '../delivery/create-delivery';
import type { Delivery } from '../delivery/delivery';
import { readHandover } from '../invocation/handover';
import type { Ending } from '../invocation/invocation-facts';
import { Meter } from '../otel/meter';
import type { Translator } from '../otel/translator';
import { decodeBatch } from '../telemetry/decode';
import { fromEpochMs } from '../telemetry/timestamp';
import type { InvokeEvent } from '../lambda/invoke-event';
import { BufferRoom } from './buffer-room';
import { createTranslator } from './create-translator';
import { DoneWaiters } from './done-waiters';
import { readHandoverFile, writeHandoverFile } from './handover-file';
import type { Pipeline, Registration } from './pipeline-port';
import { createSelfMetrics } from './self-metrics';
import type { SelfMetrics } from './self-metrics';

export interface PipelineOptions {
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly registration: Registration;
  readonly diagnostics: Diagnostics;
}

/** Lines translated while the invocation runs, so that they neither pile up nor wait for its end. */
const EARLY_TRANSLATION_LINES = 500;
/** Exports while the function runs take a metric window along at this distance, any other export always. */
const METRICS_EVERY_MS = 3_000;
/** The extension's own figures leave with the function's at this distance, and at SHUTDOWN. */
const SELF_METRICS_EVERY_MS = 10_000;

export function createPipeline(options: PipelineOptions): Pipeline {
  return new TelemetryPipeline(options);
}

class TelemetryPipeline implements Pipeline {
  onNeedsFlush: (() => void) | undefined;
  private readonly diagnostics: Diagnostics;
  private readonly translator: Translator;
  private readonly meter: Meter;
  private readonly selfMetrics: SelfMetrics;
  private readonly delivery: Delivery;
  private readonly waiters = new DoneWaiters();
  /** Lambda keeps it when it restarts the extension. */
  private readonly folder: string;
  private isDirty = false;
  private isEnding = false;
  private neededFlush = false;
  private openFlushes = 0;
  private selfMetricsDueMs = 0;
  private metricsDueMs = 0;
  private isMetricsTurn = true;
  /** At SHUTDOWN, reading must not take the time that is left to send and to exit. */
  private readUntilMs = Number.POSITIVE_INFINITY;
  private unreadBytes = 0;
  private longestReadMs = 50;
  private readonly room = new BufferRoom(() => !this.needsFlush);

  constructor({ variables, registration, diagnostics }: PipelineOptions) {
    this.diagnostics = diagnostics;
    this.folder = variables['TMPDIR'] ?? '/tmp';
    warnOfMisspeltSettings(variables, diagnostics);
    const environment = createEnvironment(variables, diagnostics);
    const settings = readTranslationSettings(environment);
    const handover = readHandover(readHandoverFile(this.folder));
    this.translator = createTranslator({ environment, settings, registration, handover });
    this.meter = new Meter({ scope: this.translator.scope, ...settings.meter });
    this.selfMetrics = createSelfMetrics();
    this.delivery = createDelivery({
      configuration: readExportConfiguration(environment),
      observer: {
        exported: (signal, items) => {
          this.selfMetrics.exported(signal, items);
          this.room.progressed();
        },
        dropped: (signal, items, reason) => this.selfMetrics.dropped(signal, items, reason),
        requestEnded: (signal, durationMs, outcome) =>
          this.selfMetrics.requestEnded(signal, durationMs, outcome),
      },
      diagnostics,
      clock: { now: Date.now },
      metricSource: {
        collect: () => this.collectMetrics(),
        lost: (window) => this.selfMetrics.recount(window),
      },
    });
  }

  acceptBatch(body: Buffer): void {
    const startMs = Date.now();
    if (startMs > this.readUntilMs) {
      this.unreadBytes += body.length;
      return;
    }
    const observed = now();
    const batch = decodeBatch(body.toString('utf8'), observed);
    if (batch.problem !== undefined) {
      this.selfMetrics.invalid(1);
      this.diagnostics.warn(
        `telemetry: expected a JSON array of events, got ${body.length} bytes that are none (${batch.problem}); this batch is lost`,
      );
    } else if (batch.badRecords > 0) {
      this.selfMetrics.invalid(batch.badRecords);
      this.diagnostics.warn(
        `telemetry: expected event objects with a type, got ${batch.badRecords} other elements; they are left out`,
      );
    }
    if (batch.events.length === 0) return;
    this.isDirty = true;
    for (const { time } of batch.events) this.meter.sawEvent(time);
    this.translator.accept(batch, observed);
    if (this.translator.pendingLines >= EARLY_TRANSLATION_LINES) this.translate();
    this.longestReadMs = Math.max(this.longestReadMs, Date.now() - startMs);
    this.waiters.settle((requestId) => this.translator.isDone(requestId));
    this.announceNeed();
  }

  async whenRoom(): Promise<void> {
    if (!this.needsFlush || this.isEnding) return;
    this.onNeedsFlush?.();
    if (this.openFlushes > 0) await this.room.wait();
  }

  invoke(event: InvokeEvent): void {
    this.translator.invoke(event);
  }

  isDone(requestId: string): boolean {
    return this.translator.isDone(requestId);
  }

  waitUntilDone(requestId: string, deadlineMs: number): Promise<boolean> {
    if (this.isDone(requestId)) return Promise.resolve(true);
    return this.waiters.wait(requestId, deadlineMs - Date.now());
  }

  get needsFlush(): boolean {
    return this.delivery.bufferedBytes > this.delivery.capacityBytes / 2;
  }

  get idle(): boolean {
    return !this.isDirty && this.delivery.bufferedBytes === 0 && !this.meter.isDue;
  }

  get suspended(): boolean {
    return this.delivery.suspended;
  }

  private announceNeed(): void {
    const needed = this.needsFlush;
    if (needed && !this.neededFlush) this.onNeedsFlush?.();
    this.neededFlush = needed;
  }

  /** Moves what is complete from the translator into the buffer and the meter. */
  private translate(ending?: Ending): void {
    const { spans, logRecords, measurements } = this.translator.settle(ending);
    for (const measurement of measurements) this.meter.record(measurement);
    this.selfMetrics.queued('traces', spans.length);
    this.selfMetrics.queued('logs', logRecords.length);
    this.delivery.addSpans(spans);
    this.delivery.addLogRecords(logRecords);
  }

  /** The extension's own figures share the events' window. */
  private collectMetrics(): Promise<ResourceMetrics | undefined> {
    if (!this.isMetricsTurn && !this.isEnding) return Promise.resolve(undefined);
    const nowMs = Date.now();
    this.metricsDueMs = nowMs + METRICS_EVERY_MS;
    const isSelfDue = isDue(this.selfMetricsDueMs, SELF_METRICS_EVERY_MS);
    if (this.isEnding || this.selfMetrics.isUrgent || isSelfDue) {
      this.selfMetricsDueMs = nowMs + SELF_METRICS_EVERY_MS;
      const time = this.meter.newestTime ?? fromEpochMs(nowMs);
      this.selfMetrics.release(time, (measurement) => this.meter.record(measurement));
    }
    return this.meter.collect(this.translator.resources.metrics, this.isEnding);
  }

  async flush(deadlineMs: number, whileRunning = false): Promise<{ readonly delivered: boolean }> {
    this.isDirty = false;
    this.translate();
    const isTurn =
      !whileRunning || this.selfMetrics.isUrgent || isDue(this.metricsDueMs, METRICS_EVERY_MS);
    // A flush that is still open collects later, and has its turn, too.
    this.isMetricsTurn = isTurn || (this.openFlushes > 0 && this.isMetricsTurn);
    this.openFlushes += 1;
    const { delivered } = await this.delivery.flush({ deadlineMs, whileRunning });
    this.openFlushes -= 1;
    if (this.openFlushes === 0) setImmediate(() => this.continueMakingRoom());
    this.announceNeed();
    return { delivered };
  }

  /** Batches that wait for room need a further flush; if nobody starts one, they wait in vain. */
  private continueMakingRoom(): void {
    if (this.openFlushes === 0 && this.room.isAwaited) this.onNeedsFlush?.();
    if (this.openFlushes === 0) this.room.release();
  }

  async shutdown(reason: string, deadlineMs: number): Promise<void> {
    this.isEnding = true;
    this.room.release();
    this.readUntilMs = deadlineMs - 2 * this.longestReadMs;
    this.translate({ reason, time: now() });
    if (reason.toLowerCase() !== 'spindown') {
      writeHandoverFile(this.translator.handover(), this.folder);
    }
    await this.delivery.flush({ deadlineMs, final: true });
    this.delivery.close();
    this.reportTotals();
  }

  private reportTotals(): void {
    const totals = this.delivery.totals();
    const lost = totals.traces.dropped + totals.metrics.dropped + totals.logs.dropped;
    const fields = {
      ...(this.unreadBytes > 0 && { unreadBytes: this.unreadBytes }),
      spansExported: totals.traces.exported,
      spansDropped: totals.traces.dropped,
      dataPointsExported: totals.metrics.exported,
      dataPointsDropped: totals.metrics.dropped,
      logRecordsExported: totals.logs.exported,
      logRecordsDropped: totals.logs.dropped,
    };
    if (lost > 0 || this.unreadBytes > 0)
      this.diagnostics.warn('stopped: some telemetry was not delivered', fields);
    else this.diagnostics.info('stopped: everything was delivered', fields);
  }
}

function now(): HrTime {
  return fromEpochMs(Date.now());
}

/** What happens every `everyMs`; also when the clock was set back meanwhile. */
function isDue(dueMs: number, everyMs: number): boolean {
  const nowMs = Date.now();
  return nowMs >= dueMs || nowMs < dueMs - everyMs;
}
