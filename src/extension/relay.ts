// The function's own telemetry from its bodies to the delivery: taken apart into items, its resources completed,
// spans by way of joining. Protobuf is read at once; JSON waits as it came for the next settling, which is not in
// the way of the function, unless too much waits.
import type { Diagnostics } from '../diagnostics';
import type { Delivery } from '../delivery/delivery';
import { countItems } from '../delivery/queue/item-buffer';
import type { ReceivedSpans } from '../invocation/received-spans';
import type { OtlpBody } from '../lambda/received-otlp';
import type { Translator } from '../otel/translator';
import type { Attributes } from '../relay/attributes';
import { fillResource, createInterner } from '../relay/fill-resource';
import { fromJson } from '../relay/from-json';
import type { RawItems, Signal } from '../relay/item';
import type { EnvelopeInterners } from '../relay/scan-request';
import { scanRequest } from '../relay/scan-request';
import type { SelfMetrics } from './self-metrics';

export interface RelayPorts {
  readonly delivery: Delivery;
  readonly translator: Translator;
  /** Absent: nothing is joined. */
  readonly received: ReceivedSpans | undefined;
  readonly selfMetrics: SelfMetrics;
  readonly diagnostics: Diagnostics;
}

interface WaitingBody {
  readonly body: OtlpBody;
  readonly onRead: () => void;
}

/** Of JSON that waits: reading as much takes a moment. */
const MAX_WAITING_BYTES = 262_144;
/** Items handed over together: between two of them the buffer makes room. */
const STEP = 512;
const SIGNALS = ['traces', 'metrics', 'logs'] as const;

export class Relay {
  private waiting: WaitingBody[] = [];
  private waitingBytes = 0;
  private environmentId = '';
  private interners: Readonly<Partial<Record<Signal, EnvelopeInterners>>> = {};
  private hasWarned = false;
  private hasSaidWhatIsDropped = false;

  constructor(private readonly ports: RelayPorts) {}

  get isEmpty(): boolean {
    return this.waiting.length === 0 && this.ports.received?.isEmpty !== false;
  }

  /** Answers how many of its spans, data points or log records had to go at once; of JSON that is not known yet. */
  accept(body: OtlpBody, onRead: () => void): number {
    if (!this.ports.delivery.isExported(body.signal)) this.sayWhatIsDropped();
    if (body.encoding === 'protobuf') {
      const rejected = this.read(body.signal, body.bytes);
      onRead();
      return rejected;
    }
    this.waiting.push({ body, onRead });
    this.waitingBytes += body.bytes.length;
    if (this.waitingBytes > MAX_WAITING_BYTES) setImmediate(() => this.readFirst());
    return 0;
  }

  /** Everything that waits. */
  readWaiting(): void {
    while (this.waiting.length > 0) this.readFirst();
  }

  private readFirst(): void {
    const first = this.waiting.shift();
    if (first === undefined) return;
    const { body, onRead } = first;
    this.waitingBytes -= body.bytes.length;
    const json = fromJson(body.signal, body.bytes.toString('utf8'));
    if (json.ok) this.read(body.signal, json.body);
    const invalid = json.ok ? json.invalid : 1;
    if (invalid > 0) this.refuse(json.ok ? `${invalid} items that are none` : json.reason, invalid);
    onRead();
  }

  /** Read all the same: spans and log records say what becomes of their request. */
  private sayWhatIsDropped(): void {
    if (this.hasSaidWhatIsDropped) return;
    this.hasSaidWhatIsDropped = true;
    const { delivery, diagnostics } = this.ports;
    const names = SIGNALS.filter((signal) => !delivery.isExported(signal)).join(', ');
    diagnostics.warn(
      `OTLP receiver: the extension exports no ${names} (OTEL_…_EXPORTER=none); what the function's SDK hands over of them is taken and dropped`,
    );
  }

  private refuse(seen: string, count: number): void {
    this.ports.selfMetrics.invalid(count);
    if (this.hasWarned) return;
    this.hasWarned = true;
    this.ports.diagnostics.warn(
      `OTLP receiver: expected OTLP/JSON, got ${seen}; what is none is left out and counted`,
    );
  }

  private read(signal: Signal, body: Uint8Array): number {
    const { reception } = this.ports.translator;
    let rejected = 0;
    let items: RawItems[Signal][] = [];
    const hand = (): void => {
      rejected += this.deliver(signal, items, body);
      items = [];
    };
    scanRequest(signal, body, this.internersOf(signal), (item) => {
      const passing = reception.accept(signal, item);
      if (passing !== undefined) items.push(passing);
      if (items.length >= STEP) hand();
    });
    hand();
    return rejected + this.deliver('traces', reception.takeExcess(), body);
  }

  /** Answers how many items of this body had to go at once. */
  deliver<S extends Signal>(signal: S, items: readonly RawItems[S][], body?: Uint8Array): number {
    if (items.length === 0 || !this.ports.delivery.isExported(signal)) return 0;
    this.ports.selfMetrics.queued(signal, items.length);
    const evicted = this.ports.delivery.addItems(signal, items);
    return countItems(
      signal,
      evicted.filter(({ block }) => block === body),
    );
  }

  /** Anew after a SnapStart restore, which makes another environment of this one. */
  private internersOf(signal: Signal): EnvelopeInterners {
    const { translator } = this.ports;
    if (translator.environment !== this.environmentId) {
      this.environmentId = translator.environment;
      this.interners = {};
    }
    const interners = this.interners[signal] ?? {
      toResource: createInterner(({ bytes, schemaUrl }) => {
        const own = translator.describe(signal).attributes as Attributes;
        const filled = fillResource(bytes, own);
        return { bytes: translator.reception.redact('Resource', signal, filled), schemaUrl };
      }),
      toScope: createInterner(({ bytes, schemaUrl }) => ({
        bytes: translator.reception.redact('InstrumentationScope', signal, bytes),
        schemaUrl,
      })),
    };
    this.interners = { ...this.interners, [signal]: interners };
    return interners;
  }
}
