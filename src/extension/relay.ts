// Passes the telemetry of the function's SDK on to the delivery: bodies are split into items, resources completed,
// spans joined with ours. Protobuf is read after the function got its answer, unless the answer must say that there is
// no room; JSON waits unparsed for the next settling, unless too much waits.
import type { Diagnostics } from '../diagnostics';
import type { Delivery } from '../delivery/delivery';
import { countItems, HELD_OVERHEAD_BYTES } from '../delivery/queue/item-buffer';
import type { ReceivedSpans } from '../invocation/received-spans';
import type { OtlpBody } from '../lambda/received-otlp';
import type { Translator } from '../otel/translator';
import type { Attributes } from '../relay/attributes';
import { fillResource, createInterner } from '../relay/fill-resource';
import { fromJson } from '../relay/from-json';
import type { RawItem, RawItems, Signal } from '../relay/item';
import type { EnvelopeInterners } from '../relay/scan-request';
import { scanRequest } from '../relay/scan-request';
import type { SelfMetrics } from './self-metrics';

export interface RelayPorts {
  readonly delivery: Delivery;
  readonly translator: Translator;
  /** Absent if nothing is joined. */
  readonly received: ReceivedSpans | undefined;
  readonly selfMetrics: SelfMetrics;
  readonly diagnostics: Diagnostics;
  /** Called after bodies were read between settlings; never in the turn of the event loop in which they came. */
  readonly onRead: () => void;
}

interface WaitingBody {
  readonly body: OtlpBody;
  readonly onRead: () => void;
}

/** The most JSON that may wait: reading this much takes a moment. */
const MAX_JSON_BYTES = 262_144;
/** A data point has at least a tag and a length. */
const LEAST_POINT_BYTES = 2;
/** How many items are buffered at a time; after each such step, the buffer makes room. */
const STEP = 512;
const SIGNALS = ['traces', 'metrics', 'logs'] as const;

export class Relay {
  /** The bodies that wait, by encoding, in order of arrival. */
  private readonly waiting: Record<OtlpBody['encoding'], WaitingBody[]> = {
    protobuf: [],
    json: [],
  };
  private jsonBytes = 0;
  /** The most that the waiting protobuf bodies can take up in the buffer. */
  private unread = { bytes: 0, count: 0 };
  private isGoingOn = false;
  private environmentId = '';
  private interners: Readonly<Partial<Record<Signal, EnvelopeInterners>>> = {};
  private hasWarned = false;
  private hasSaidWhatIsDropped = false;

  constructor(private readonly ports: RelayPorts) {}

  get isEmpty(): boolean {
    const { protobuf, json } = this.waiting;
    return protobuf.length + json.length === 0 && this.ports.received?.isEmpty !== false;
  }

  /** Returns how many of its spans, data points or log records were dropped at once; not yet known for JSON. */
  accept(body: OtlpBody, onRead: () => void): number {
    const { signal, encoding, bytes } = body;
    if (!this.ports.delivery.isExported(signal)) this.sayWhatIsDropped();
    this.waiting[encoding].push({ body, onRead });
    let rejected = 0;
    if (encoding === 'json') this.jsonBytes += bytes.length;
    else if (!this.makeUnread(body))
      while (this.waiting.protobuf.length > 0) rejected = this.readProtobuf();
    this.goOn();
    return rejected;
  }

  /** Reads everything that waits. */
  readWaiting(): void {
    while (this.waiting.protobuf.length > 0) this.readProtobuf();
    while (this.waiting.json.length > 0) this.readJson();
  }

  /** False if the body might push other items out of the buffer. */
  private makeUnread({ signal, bytes, items = 0 }: OtlpBody): boolean {
    const { unread } = this;
    unread.bytes += bytes.length + items * HELD_OVERHEAD_BYTES;
    unread.count += signal === 'metrics' ? bytes.length / LEAST_POINT_BYTES : items;
    return this.ports.delivery.hasRoom(unread.bytes, unread.count);
  }

  /** One body per turn of the event loop, so that other requests get their answers. */
  private goOn(): void {
    if (this.isGoingOn) return;
    this.isGoingOn = true;
    setImmediate(() => {
      this.isGoingOn = false;
      if (this.waiting.protobuf.length > 0) this.readProtobuf();
      else if (this.jsonBytes > MAX_JSON_BYTES) this.readJson();
      if (this.waiting.protobuf.length > 0 || this.jsonBytes > MAX_JSON_BYTES) this.goOn();
      this.ports.onRead();
    });
  }

  private readProtobuf(): number {
    const first = this.waiting.protobuf.shift();
    if (this.waiting.protobuf.length === 0) this.unread = { bytes: 0, count: 0 };
    if (first === undefined) return 0;
    const { body, onRead } = first;
    const rejected = this.read(body.signal, body.bytes);
    onRead();
    return rejected;
  }

  private readJson(): void {
    const first = this.waiting.json.shift();
    if (first === undefined) return;
    const { body, onRead } = first;
    this.jsonBytes -= body.bytes.length;
    const json = fromJson(body.signal, body.bytes.toString('utf8'));
    if (json.ok) this.read(body.signal, json.body);
    const invalid = json.ok ? json.invalid : 1;
    if (invalid > 0) this.refuse(json.ok ? `${invalid} invalid items` : json.seen, invalid);
    onRead();
  }

  /** Warns once. The bodies are read anyway, because their items tell whether a request is worth keeping. */
  private sayWhatIsDropped(): void {
    if (this.hasSaidWhatIsDropped) return;
    this.hasSaidWhatIsDropped = true;
    const { delivery, diagnostics } = this.ports;
    const names = SIGNALS.filter((signal) => !delivery.isExported(signal)).join(', ');
    diagnostics.warn(
      `OTLP receiver: the extension exports no ${names} (OTEL_…_EXPORTER=none); those of the function's SDK are accepted and dropped`,
    );
  }

  private refuse(seen: string, count: number): void {
    this.ports.selfMetrics.invalid(count);
    if (this.hasWarned) return;
    this.hasWarned = true;
    this.ports.diagnostics.warn(
      `OTLP receiver: expected OTLP/JSON, got ${seen}; what is invalid is left out and counted`,
    );
  }

  private read(signal: Signal, body: Uint8Array): number {
    const { reception } = this.ports.translator;
    // Items that redaction has changed have blocks of their own, but still belong to this body.
    const changed = new Set<RawItem>();
    let rejected = 0;
    let items: RawItems[Signal][] = [];
    const hand = <S extends Signal>(of: S, handed: readonly RawItems[S][]): void => {
      const evicted = this.ports.delivery.addItems(of, handed);
      const own = evicted.filter((item) => item.block === body || changed.has(item));
      rejected += countItems(of, own);
    };
    scanRequest(signal, body, this.internersOf(signal), (item) => {
      const passing = reception.accept(signal, item, changed);
      if (passing !== undefined) items.push(passing);
      if (items.length < STEP) return;
      hand(signal, items);
      items = [];
    });
    hand(signal, items);
    hand('traces', reception.takeExcess());
    return rejected;
  }

  /** New ones after a SnapStart restore, which makes this a different environment. */
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
