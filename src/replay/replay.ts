// Translates replay items to OTLP with the same core as the extension. The end of the input counts as SHUTDOWN.
import type { HrTime } from '@opentelemetry/api';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { Environment } from '../environment';
import { readTranslationSettings } from '../otel/translation-settings';
import { createRedaction, createTranslator } from '../extension/create-translator';
import type { Registration } from '../lambda/extensions-api';
import type { Handover } from '../invocation/handover';
import type { Ending } from '../invocation/invocation-facts';
import type { ReceivedSpans } from '../invocation/received-spans';
import { Meter } from '../otel/meter';
import type { Translator } from '../otel/translator';
import { decodeEvent } from '../telemetry/decode';
import { defined } from '../telemetry/fields';
import { laterTime } from '../telemetry/timestamp';
import type { ReplayItem } from './read-input';

/** Where the translated signals go. */
export interface ReplaySink {
  spans(spans: readonly ReadableSpan[]): void | Promise<void>;
  logRecords(records: readonly ReadableLogRecord[]): void | Promise<void>;
  metrics(window: ResourceMetrics): void | Promise<void>;
}

export interface ReplayOptions {
  readonly environment: Environment;
  readonly sink: ReplaySink;
  /** A UUID for each environment; random by default. */
  readonly createEnvironmentId?: () => string;
  /** Joins spans of the function's SDK as in the extension, although a replay has none. */
  readonly createReceived?: () => ReceivedSpans;
  /** Events translated at a time, so that memory stays bounded. */
  readonly chunkEvents?: number;
}

export interface ReplaySummary {
  readonly events: number;
  readonly badRecords: number;
}

const DEFAULT_CHUNK_EVENTS = 20_000;

/** Replays everything; resolves when the sink has taken all. */
export async function replay(
  items: Iterable<ReplayItem>,
  options: ReplayOptions,
): Promise<ReplaySummary> {
  const run = new Replay(options);
  for (const item of items) await run.take(item);
  await run.end();
  return run.summary;
}

class Replay {
  private events = 0;
  private badRecords = 0;
  private untranslated = 0;
  private latest: HrTime | undefined;
  private reason = 'spindown';
  private registration: Partial<Registration> = {};
  private handover: Handover | undefined;
  private process: { readonly translator: Translator; readonly meter: Meter } | undefined;

  constructor(private readonly options: ReplayOptions) {}

  get summary(): ReplaySummary {
    return { events: this.events, badRecords: this.badRecords };
  }

  async take(item: ReplayItem): Promise<void> {
    switch (item.kind) {
      case 'event':
        await this.takeEvent(item.value);
        break;
      case 'invoke':
        this.current().translator.invoke(item.invoke);
        break;
      case 'shutdown':
        this.reason = item.reason;
        if (item.time !== undefined) this.latest = laterTime(item.time, this.latest ?? item.time);
        break;
      case 'process':
        await this.end();
        this.registration = item.registration;
        break;
      case 'unreadable':
        this.badRecords += 1;
        break;
    }
  }

  private async takeEvent(value: unknown): Promise<void> {
    const event = decodeEvent(value, this.latest ?? [Math.floor(Date.now() / 1000), 0]);
    if (event === undefined) {
      this.badRecords += 1;
      return;
    }
    this.events += 1;
    this.latest = this.latest === undefined ? event.time : laterTime(this.latest, event.time);
    const { translator, meter } = this.current();
    meter.sawEvent(event);
    translator.accept({ events: [event] }, event.time);
    this.untranslated += 1;
    if (this.untranslated >= (this.options.chunkEvents ?? DEFAULT_CHUNK_EVENTS)) {
      await this.translate();
    }
  }

  /** Ends the current process of the extension; a successor in the same environment takes over. */
  async end(): Promise<void> {
    if (this.process === undefined) return;
    const { translator, meter } = this.process;
    await this.translate({ reason: this.reason, time: this.latest ?? [0, 0] });
    const window = meter.collect(translator.resources.metrics, true);
    if (window !== undefined) await this.options.sink.metrics(window);
    this.handover = translator.tracker.handover();
    this.process = undefined;
    this.reason = 'spindown';
  }

  private async translate(ending?: Ending): Promise<void> {
    this.untranslated = 0;
    const { translator, meter } = this.current();
    const { spans, logRecords, measurements } = translator.settle(ending);
    for (const measurement of measurements) meter.record(measurement);
    if (spans.length > 0) await this.options.sink.spans(spans);
    if (logRecords.length > 0) await this.options.sink.logRecords(logRecords);
  }

  private current() {
    this.process ??= this.createProcess();
    return this.process;
  }

  private createProcess() {
    const { environment, createEnvironmentId, createReceived } = this.options;
    const settings = readTranslationSettings(environment);
    const received = createReceived?.();
    const translator = createTranslator({
      environment,
      settings,
      redaction: createRedaction(environment),
      registration: { extensionId: '', ...this.registration },
      ...defined({ handover: this.handover, createEnvironmentId, received }),
    });
    const meter = new Meter({ scope: translator.scope, ...settings.meter, selfMetrics: false });
    return { translator, meter };
  }
}
