// What items of all signals have in common: attributes, values, ids and times, in one pass and with the same bytes as
// @opentelemetry/otlp-transformer. What repeats from item to item is encoded once. Made for mostly ASCII text, which a
// single native call writes, and for items that stay where they were written, one after the other in blocks of memory.
// Source: opentelemetry-proto 1.x, common/v1/common.proto and resource/v1/resource.proto
import { ValueType } from '@opentelemetry/api';
import type { HrTime } from '@opentelemetry/api';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { DataPointType } from '@opentelemetry/sdk-metrics';
import type { MetricData } from '@opentelemetry/sdk-metrics';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { nativeHost } from '../../node/native-host';
import { isAlwaysDouble } from '../../otel/semconv';
import { MAX_VARINT_BYTES } from '../../relay/field-reader';
import { MessageWriter, varintBytes } from '../../relay/message-writer';

type Attributes = Readonly<Record<string, unknown>>;

/** The number of attributes that are compared with those of the previous record. */
const MAX_REMEMBERED_KEYS = 64;
const MAX_REMEMBERED_LENGTH = 128;
/** The length of a longer text, with its envelope, takes two bytes. */
const TWO_BYTE_TEXT = 120;
/** Shorter texts are copied faster in JavaScript than by Buffer.write. */
const SHORT_TEXT = 20;
/** A text of this length is measured first, since three bytes for each character would be far too many. */
const LONG_TEXT = 1024;
/**
 * A block holds one or many items. It is small because it is freed only with the last of them, and because one that
 * takes long to fill reaches V8's old generation, where it stays after its last item has left.
 */
const BLOCK_BYTES = 16_384;
const MIN_FREE_BYTES = 2048;
const INT64_BOUND = 2 ** 63;

/** A text value of the previous record. */
interface Remembered {
  value: string;
  bytes: Uint8Array | undefined;
}

/** Writes attributes, values, spans, records and data points in native code where JavaScript is only interpreted. */
const NATIVE = nativeHost?.protobuf;

export class OtlpWriter extends MessageWriter {
  declare protected bytes: Buffer;
  private readonly attributes = new Map<string, Remembered>();
  private readonly ids = new Map<number, Remembered>();
  private second = Number.NaN;
  private secondLow = 0;
  private secondHigh = 0;

  constructor(capacityBytes = BLOCK_BYTES) {
    super(capacityBytes);
  }

  /** Not from Node's pool: an item that is kept would keep the pool's shared memory alive. */
  protected override allocate(bytes: number): Buffer {
    return Buffer.allocUnsafeSlow(bytes);
  }

  /** The block that is being written; bytes already written to it are never overwritten. */
  get block(): Buffer {
    return this.bytes;
  }

  /** Begins a new block if this one is almost full. */
  makeRoom(): void {
    if (this.bytes.length - this.position < MIN_FREE_BYTES) this.beginBlock();
  }

  private beginBlock(): void {
    this.use(this.allocate(BLOCK_BYTES));
    this.position = 0;
  }

  /**
   * If an item has grown the block beyond its size, it gets memory of its own, so that it keeps no other items alive.
   */
  detachLarge(start: number): Buffer | undefined {
    if (this.bytes.length <= BLOCK_BYTES) return undefined;
    const detached = this.allocate(this.position - start);
    this.bytes.copy(detached, 0, start, this.position);
    this.beginBlock();
    return detached;
  }

  /** Returns a copy of what was written since `start`. */
  copyFrom(start: number): Uint8Array {
    return Uint8Array.prototype.slice.call(this.bytes, start, this.position);
  }

  override text(text: string): void {
    const { length } = text;
    const bytes = length < LONG_TEXT ? length * 3 : Buffer.byteLength(text, 'utf8');
    this.reserve(bytes + MAX_VARINT_BYTES);
    if (length <= SHORT_TEXT && this.shortAscii(text)) return;
    const start = this.position;
    const guess = varintBytes(length);
    const written = this.bytes.write(text, start + guess, 'utf8');
    const size = varintBytes(written);
    // Only text that is not ASCII can be longer than was guessed.
    if (size > guess) this.bytes.copyWithin(start + size, start + guess, start + guess + written);
    this.varint(written);
    this.position = start + size + written;
  }

  /** `write` writes into the block and returns the number of bytes, or minus the number that it needs. */
  private fill(write: (target: Buffer, at: number) => number): void {
    let length = write(this.bytes, this.position);
    if (length < 0) {
      this.reserve(-length);
      length = write(this.bytes, this.position);
    }
    this.position += length;
  }

  /** Calls `write` the first time that `key` is passed, and repeats the same bytes from then on. */
  once<K extends object>(
    cache: WeakMap<K, Uint8Array>,
    key: K,
    write: (writer: this, key: K) => void,
  ): void {
    const known = cache.get(key);
    if (known !== undefined) {
      this.raw(known);
      return;
    }
    const { position } = this;
    write(this, key);
    cache.set(key, this.copyFrom(position));
  }

  textField(tag: number, text: string): void {
    this.byte(tag);
    this.text(text);
  }

  count(tag: number, value: number): void {
    this.byte(tag);
    this.varint(value);
  }

  /** Writes nanoseconds since the epoch, which a double cannot hold exactly, from seconds and nanoseconds. */
  time(tag: number, hrTime: HrTime): void {
    const seconds = hrTime[0];
    if (seconds !== this.second) {
      const whole = BigInt.asUintN(64, BigInt(seconds) * 1_000_000_000n);
      this.second = seconds;
      this.secondLow = Number(whole & 0xffffffffn);
      this.secondHigh = Number(whole >> 32n);
    }
    const low = this.secondLow + hrTime[1];
    const carry = low > 0xffffffff ? 1 : 0;
    this.byte(tag);
    this.words(low >>> 0, (this.secondHigh + carry) >>> 0);
  }

  id(tag: number, hex: string): void {
    const known = this.ids.get(tag);
    if (known?.value === hex && known.bytes !== undefined) {
      this.raw(known.bytes);
      return;
    }
    const { position } = this;
    this.byte(tag);
    const start = this.begin();
    this.reserve(hex.length >>> 1);
    this.position += this.bytes.write(hex, this.position, 'hex');
    this.end(start);
    if (known === undefined) {
      this.ids.set(tag, { value: hex, bytes: undefined });
    } else {
      known.bytes = known.value === hex ? this.copyFrom(position) : undefined;
      known.value = hex;
    }
  }

  /** Whether the native host has written the span; it cannot write links. `flags`: as OTLP has them. */
  span(span: ReadableSpan, flags: number): boolean {
    if (NATIVE === undefined || span.links.length > 0) return false;
    const { traceId, spanId, traceState } = span.spanContext();
    const parentId = span.parentSpanContext?.spanId ?? '';
    const context = [traceId, spanId, traceState?.serialize() ?? '', parentId, flags] as const;
    this.fill((target, at) => NATIVE.writeSpan(target, at, span, context));
    return true;
  }

  /** True if the native host wrote the whole record. */
  logRecord(record: ReadableLogRecord): boolean {
    if (NATIVE === undefined) return false;
    this.fill((target, at) => NATIVE.writeLogRecord(target, at, record));
    return true;
  }

  /** Whether the native host has written the points; it cannot write exponential histograms. */
  dataPoints({ dataPointType, dataPoints, descriptor }: MetricData): boolean {
    if (NATIVE === undefined || dataPointType === DataPointType.EXPONENTIAL_HISTOGRAM) return false;
    const isInteger = descriptor.valueType === ValueType.INT;
    this.fill((target, at) => NATIVE.writeDataPoints(target, at, dataPoints, isInteger));
    return true;
  }

  keyValues(tag: number, attributes: Attributes): void {
    if (NATIVE !== undefined) {
      this.fill((target, at) => NATIVE.writeKeyValues(target, at, tag, attributes));
      return;
    }
    for (const key in attributes) {
      if (!Object.hasOwn(attributes, key)) continue;
      const value = attributes[key];
      if (typeof value === 'string' && value.length <= MAX_REMEMBERED_LENGTH) {
        this.repeatable(tag, key, value);
      } else {
        this.keyValue(tag, key, value);
      }
    }
  }

  /** Request ids and the like are the same in many consecutive records. */
  private repeatable(tag: number, key: string, value: string): void {
    const known = this.attributes.get(key);
    const isRepeated = known?.value === value;
    if (isRepeated && known.bytes?.[0] === tag) {
      this.raw(known.bytes);
      return;
    }
    const { position } = this;
    this.keyValue(tag, key, value);
    if (known !== undefined) {
      known.value = value;
      known.bytes = isRepeated ? this.copyFrom(position) : undefined;
    } else if (this.attributes.size < MAX_REMEMBERED_KEYS) {
      this.attributes.set(key, { value, bytes: undefined });
    }
  }

  private keyValue(tag: number, key: string, value: unknown): void {
    const lengthBytes = expectedLengthBytes(value);
    this.byte(tag);
    const start = this.begin(lengthBytes);
    this.textField(0x0a, key);
    this.value(0x12, value, key);
    this.end(start, lengthBytes);
  }

  /** Writes an AnyValue; a value of no supported kind becomes an empty one. `key`: the name of the attribute. */
  value(tag: number, value: unknown, key = ''): void {
    if (NATIVE !== undefined) {
      this.fill((target, at) => NATIVE.writeValue(target, at, tag, value));
      return;
    }
    const lengthBytes = expectedLengthBytes(value);
    this.byte(tag);
    const start = this.begin(lengthBytes);
    if (typeof value === 'string') {
      this.textField(0x0a, value);
    } else if (typeof value === 'boolean') {
      this.byte(0x10);
      this.byte(value ? 1 : 0);
    } else if (typeof value === 'number') {
      this.number(value, key);
    } else if (value instanceof Uint8Array) {
      this.count(0x3a, value.length);
      this.raw(value);
    } else if (typeof value === 'object' && value !== null) {
      this.compound(value);
    }
    this.end(start, lengthBytes);
  }

  private number(value: number, key: string): void {
    const isWhole = Number.isInteger(value) && !isAlwaysDouble(key);
    if (isWhole && value >= -INT64_BOUND && value < INT64_BOUND) {
      this.count(0x18, value);
      return;
    }
    this.byte(0x21);
    this.double(value);
  }

  private compound(value: object): void {
    this.byte(Array.isArray(value) ? 0x2a : 0x32);
    const start = this.begin();
    if (Array.isArray(value)) for (const member of value) this.value(0x0a, member);
    else for (const key of Object.keys(value)) this.keyValue(0x0a, key, (value as Attributes)[key]);
    this.end(start);
  }
}

/** A wrong guess only costs moving the message. */
function expectedLengthBytes(value: unknown): 1 | 2 {
  return typeof value === 'string' && value.length > TWO_BYTE_TEXT ? 2 : 1;
}
