// Telemetry API bodies in, OTLP requests out: decode → translate → buffer → send. Loaded while the first /event/next is
// pending. Nothing here throws an exception at the lifecycle.
import type { HrTime } from '@opentelemetry/api';
import { createEnvironment } from '../environment';
import { warnOfMisspeltSettings } from '../misspelt-settings';
import { readTranslationSettings } from '../otel/translation-settings';
import { SILENT } from '../diagnostics';
import type { Diagnostics } from '../diagnostics';
import { Secrets, withoutSecrets } from '../secrets';
import { readExportConfiguration } from '../delivery/settings/configuration';
import { createDelivery } from '../delivery/create-delivery';
import type { Delivery, FlushOptions } from '../delivery/delivery';
import type { TransportFactory } from '../delivery/transport/transport-factory';
import { readHandover } from '../invocation/handover';
import type { Ending } from '../invocation/invocation-facts';
import { Meter } from '../otel/meter';
import { RepeatedLines } from '../otel/repeated-lines';
import type { Translator } from '../otel/translator';
import { decodeBatch } from '../telemetry/decode';
import type { DecodedBatch } from '../telemetry/decode';
import { fromEpochMs } from '../telemetry/timestamp';
import { createDeduplication } from '../lambda/batch-deduplication';
import type { InvokeEvent, Registration } from '../lambda/extensions-api';
import type { OtlpBody } from '../lambda/received-otlp';
import { MAX_BODY_BYTES } from '../lambda/telemetry-api';
import { readHandoverFile, writeHandoverFile } from '../node/files';
import { nativeHost } from '../node/native-host';
import { createRedaction, createTranslator, createReceivedSpans } from './create-translator';
import type { TelemetryReader, Unread, OtlpReader } from './inbox';
import { DEAD_ENDS, rehearse } from './rehearsal';
import { Relay } from './relay';
import { MetricSchedule, reportTotals, SelfMetrics } from './self-metrics';
import { isBesideCollector, sayWhatHasNoEffect } from './settings';

/** What the lifecycle needs from the pipeline. */
export interface Pipeline extends TelemetryReader, OtlpReader {
  /** The Extensions API's INVOKE event. */
  invoke(event: InvokeEvent): void;
  /** True once this request's end (platform.runtimeDone or platform.report) was seen. */
  isDone(requestId: string): boolean;
  /** True if the buffer is more than half full: flush although the invocation still runs. */
  readonly needsFlush: boolean;
  /** Called by the pipeline, at most once per crossing, when needsFlush becomes true. */
  onNeedsFlush: (() => void) | undefined;
  /** To be called if a flush will follow this invocation: prepares its connections while the handler runs. */
  prepareFlush(): void;
  /** True if nothing waits to be translated or sent. */
  readonly idle: boolean;
  /** True while the endpoint's breaker is open for every signal. */
  readonly suspended: boolean;
  /**
   * Sends what is complete by `deadlineMs` (epoch). `whileRunning`: waiting costs the function nothing. Resolves to
   * false if any of it failed or ran out of time.
   */
  flush(deadlineMs: number, whileRunning?: boolean): Promise<boolean>;
  /** Before the first invocation: runs the code that it will need, so that V8 compiles it, until `isOver`. */
  rehearse(isOver: () => boolean): Promise<void>;
  /** Closes open invocations with the reason, sends everything that is left, and ends, by `deadlineMs` if it can. */
  shutdown(end: PipelineEnd): Promise<void>;
  /** Drops what is still held, and prints what was delivered and what was not. A second call does nothing. */
  end(): void;
}

export interface PipelineEnd {
  readonly reason: string;
  /** Epoch milliseconds. */
  readonly deadlineMs: number;
  readonly unread: Unread;
}

export interface PipelineOptions {
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** The warnings about settings that were printed already; further ones are added. */
  readonly said?: Set<string>;
  readonly registration: Registration;
  readonly diagnostics: Diagnostics;
  /** The receiver is open, so that the function's SDK may hand its telemetry over; true by default. */
  readonly isReceiving?: boolean;
  /** Where requests go; over HTTP by default. */
  readonly transports?: TransportFactory;
  /** Called with the filter that every line of the extension passes from then on. */
  readonly setMask?: (mask: (text: string) => string) => void;
}

/** Events translated while the invocation runs, so that they neither pile up nor wait for its end. */
const EARLY_TRANSLATION_EVENTS = 500;

export function createPipeline(options: PipelineOptions): Pipeline {
  return new TelemetryPipeline(options);
}

class TelemetryPipeline implements Pipeline {
  onNeedsFlush: (() => void) | undefined;
  onProgress: ((isDelivered: boolean) => void) | undefined;
  private readonly diagnostics: Diagnostics;
  private readonly translator: Translator;
  private readonly meter: Meter;
  private readonly selfMetrics = new SelfMetrics(() => this.onProgress?.(true));
  private readonly delivery: Delivery;
  private readonly relay: Relay;
  private readonly schedule: MetricSchedule;
  readonly isDuplicate = createDeduplication();
  /** For the handover file; Lambda keeps the folder when it restarts the extension. */
  private readonly folder: string;
  /** Something came since the latest export began. */
  private isDirty = false;
  /** Events since the latest translation. */
  private untranslated = 0;
  private isEnding = false;
  private isOver = false;
  private unread: Unread = { bodies: 0, bytes: 0, records: 0 };
  private neededFlush = false;
  private readonly repeated: RepeatedLines | undefined;
  private hasSaidRepetition = false;
  /** Bodies that the function's SDK handed over. */
  private otlpBodies = 0;
  private openFlushes = 0;

  constructor(private readonly options: PipelineOptions) {
    const { variables, said, registration, transports } = options;
    const secrets = new Secrets();
    const diagnostics = withoutSecrets(options.diagnostics, secrets);
    this.diagnostics = diagnostics;
    this.folder = variables['TMPDIR'] ?? '/tmp';
    const environment = createEnvironment(variables, diagnostics, said);
    const redaction = createRedaction(environment);
    if (redaction !== undefined) options.setMask?.(redaction.line);
    warnOfMisspeltSettings(variables, diagnostics);
    const settings = readTranslationSettings(environment);
    sayWhatHasNoEffect(settings.selection, diagnostics);
    const handover = readHandover(readHandoverFile(this.folder));
    const received = createReceivedSpans(environment, options.isReceiving ?? true);
    const configuration = readExportConfiguration(environment);
    if (configuration.signals.logs !== undefined) this.repeated = new RepeatedLines();
    const { repeated } = this;
    const sources = { environment, settings, registration, handover, redaction, repeated };
    this.translator = createTranslator({ ...sources, ...(received && { received }) });
    this.meter = new Meter({ scope: this.translator.scope, ...settings.meter });
    const { meter, selfMetrics, translator } = this;
    const always = isBesideCollector(environment);
    this.schedule = new MetricSchedule({ meter, selfMetrics, resources: translator, always });
    this.delivery = createDelivery({
      configuration,
      observer: selfMetrics,
      diagnostics,
      secrets,
      clock: { now: Date.now },
      ...(transports && { transports }),
      metricSource: {
        collect: () => this.schedule.collect(),
        lost: (metric) => selfMetrics.recount(metric),
      },
    });
    // Connections would be part of a SnapStart snapshot, and would go stale under provisioned concurrency.
    const initialization = environment.text('AWS_LAMBDA_INITIALIZATION_TYPE') ?? 'on-demand';
    void this.delivery.warmUp({ connect: initialization === 'on-demand' });
    const { delivery, readOtlp: onRead } = this;
    this.relay = new Relay({ delivery, translator, received, selfMetrics, diagnostics, onRead });
  }

  acceptOtlp(body: OtlpBody, onRead: () => void): number {
    this.isDirty = true;
    this.otlpBodies += 1;
    return this.relay.accept(body, onRead);
  }

  /** A part of a body was read. */
  private readonly readOtlp = (): void => {
    if (this.translator.reception.isCrowded) this.translate();
    this.announceNeed();
  };

  readonly refusedOtlp = (): void => this.selfMetrics.invalid(1);

  accept(text: string): void {
    const observed = now();
    const batch = decodeBatch(text, observed);
    const invalid = sayWhatIsInvalid(batch, text.length, this.diagnostics);
    if (invalid > 0) this.selfMetrics.invalid(invalid);
    if (batch.events.length === 0) return;
    this.isDirty = true;
    this.untranslated += batch.events.length;
    for (const event of batch.events) this.meter.sawEvent(event);
    this.translator.accept(batch, observed);
    if (this.untranslated >= EARLY_TRANSLATION_EVENTS) this.translate();
    this.announceNeed();
  }

  rejectTooLarge(): void {
    this.diagnostics.warn(
      `telemetry: expected a gzip body of at most ${MAX_BODY_BYTES} bytes when inflated, got more; it is lost`,
    );
    this.selfMetrics.invalid(1);
  }

  makeRoom(): boolean {
    if (!this.needsFlush || this.isEnding) return false;
    this.onNeedsFlush?.();
    return this.openFlushes > 0;
  }

  invoke(event: InvokeEvent): void {
    this.translator.invoke(event);
  }

  isDone(requestId: string): boolean {
    return this.translator.tracker.isDone(requestId);
  }

  readonly prepareFlush = (): void => this.delivery.refresh();

  get needsFlush(): boolean {
    return this.delivery.bufferedBytes > this.delivery.capacityBytes / 2;
  }

  get idle(): boolean {
    const isRead = !this.isDirty && this.relay.isEmpty;
    return isRead && this.delivery.bufferedBytes === 0 && !this.meter.isDue;
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
    this.untranslated = 0;
    this.relay.readWaiting();
    const { spans, logRecords, measurements, ...sdk } = this.translator.settle(ending);
    this.sayRepetition();
    for (const measurement of measurements) this.meter.record(measurement);
    this.delivery.addSpans(spans);
    this.delivery.addItems('traces', sdk.received);
    this.delivery.addLogRecords(logRecords);
    this.delivery.addItems('logs', sdk.receivedRecords);
  }

  private sayRepetition(): void {
    if (this.repeated?.isFound !== true || this.hasSaidRepetition) return;
    this.hasSaidRepetition = true;
    this.diagnostics.warn(
      "logs: lines came from stdout and from the function's SDK with the same text, and may leave twice; LAMBDA_OTLP_STREAMS=platform leaves out what comes from stdout",
    );
  }

  async flush(deadlineMs: number, whileRunning = false): Promise<boolean> {
    this.schedule.plan(whileRunning, this.openFlushes > 0);
    this.openFlushes += 1;
    const { otlpBodies } = this;
    let isDelivered = await this.send({ deadlineMs, whileRunning });
    // Once more for what the SDK has sent meanwhile, but only once, since an SDK may never stop.
    const isLate = this.otlpBodies > otlpBodies && !whileRunning && deadlineMs > Date.now();
    if (isDelivered && isLate) {
      this.schedule.plan(true, this.openFlushes > 1);
      isDelivered = await this.send({ deadlineMs, whileRunning });
    }
    this.openFlushes -= 1;
    // After the caller's continuation, which may start the next export.
    setImmediate(() => this.onProgress?.(false));
    this.announceNeed();
    return isDelivered;
  }

  async rehearse(isOver: () => boolean): Promise<void> {
    // The native host is an interpreter, which does not compile while it runs.
    if (nativeHost !== undefined) return;
    const silent = { diagnostics: SILENT, setMask: () => undefined };
    const options = { ...this.options, ...silent, transports: DEAD_ENDS };
    await rehearse(new TelemetryPipeline(options), isOver);
  }

  private send(options: FlushOptions): Promise<boolean> {
    this.isDirty = false;
    this.translate();
    return this.delivery.flush(options);
  }

  async shutdown({ reason, deadlineMs, unread }: PipelineEnd): Promise<void> {
    this.isEnding = true;
    this.unread = unread;
    this.schedule.end();
    this.selfMetrics.unread(unread);
    this.translate({ reason, time: now() });
    if (reason.toLowerCase() !== 'spindown') {
      writeHandoverFile(this.translator.tracker.handover(), this.folder);
    }
    await this.delivery.flush({ deadlineMs, final: true });
    this.end();
  }

  end(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.delivery.close();
    reportTotals(this.selfMetrics, this.unread, this.diagnostics);
  }
}

function now(): HrTime {
  return fromEpochMs(Date.now());
}

/** Warns of what is invalid in a delivered body, and returns the number of invalid records. */
function sayWhatIsInvalid(
  { problem, badRecords }: DecodedBatch,
  length: number,
  diagnostics: Diagnostics,
): number {
  if (problem !== undefined) {
    diagnostics.warn(
      `telemetry: expected a JSON array of events, got ${length} characters that cannot be parsed (${problem}); they are lost`,
    );
    return 1;
  }
  if (badRecords > 0) {
    diagnostics.warn(
      `telemetry: expected event objects with a type, got ${badRecords} other elements; they are left out`,
    );
  }
  return badRecords;
}
