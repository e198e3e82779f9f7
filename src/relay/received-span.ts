// A span of the function's SDK, with the properties that joining needs: ids, kind, start, flags and the request it
// names. Their offsets are noted when the span arrives; values are read on demand.
// Source: opentelemetry-proto 1.x, trace/v1/trace.proto (Span)
import { isAt, readFixed32, readFixed64, readHex, readUtf8 } from './bytes';
import { FieldReader, FIXED32, FIXED64, LENGTH_DELIMITED, VARINT } from './field-reader';
import { HAS_IS_REMOTE, IS_REMOTE } from './item';
import type { Envelopes, Part, RawItem, RawResource, RawScope } from './item';

const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;
const NOWHERE = -1;

const SERVER = 2;
const CONSUMER = 5;

/** The names of the request id: in the semantic conventions since 1.19, in some SDKs at 1.0, and before 1.17. */
const INVOCATION_ID_KEYS = ['faas.invocation_id', 'faas.invocation.id', 'faas.execution'].map(
  (key) => new TextEncoder().encode(key),
);

/** A property is undefined if it is missing or has another type; if a field comes twice, the last one counts. */
export class ReceivedSpan implements RawItem {
  block: Uint8Array;
  start: number;
  end: number;
  readonly resource: RawResource;
  readonly scope: RawScope;
  readonly kind: number;
  /** The request that a SERVER or CONSUMER span says it serves. */
  invocationId: string | undefined;
  private readonly traceIdAt: number;
  private readonly spanIdAt: number;
  private readonly parentSpanIdAt: number;
  private readonly startAt: number;
  private readonly flagsAt: number;

  constructor(
    { block, start: from, end: to }: Part,
    { resource, scope }: Envelopes,
    reader = new FieldReader(block),
  ) {
    this.block = block;
    this.start = from;
    this.end = to;
    this.resource = resource;
    this.scope = scope;
    let [traceIdAt, spanIdAt, parentSpanIdAt] = [NOWHERE, NOWHERE, NOWHERE];
    let [startAt, flagsAt, kind] = [NOWHERE, NOWHERE, 0];
    reader.enter(from, to);
    while (reader.next()) {
      const { field, wireType, start } = reader;
      if (wireType === LENGTH_DELIMITED) {
        const length = reader.end - start;
        if (field === 1) traceIdAt = length === TRACE_ID_BYTES ? start : NOWHERE;
        else if (field === 2) spanIdAt = length === SPAN_ID_BYTES ? start : NOWHERE;
        else if (field === 4) parentSpanIdAt = length === SPAN_ID_BYTES ? start : NOWHERE;
      } else if (field === 6 && wireType === VARINT) kind = reader.value;
      else if (field === 7 && wireType === FIXED64) startAt = start;
      else if (field === 16 && wireType === FIXED32) flagsAt = start;
    }
    this.kind = kind;
    // Counted from the beginning of the span: it may move to a block of its own.
    this.traceIdAt = traceIdAt === NOWHERE ? NOWHERE : traceIdAt - from;
    this.spanIdAt = spanIdAt === NOWHERE ? NOWHERE : spanIdAt - from;
    this.parentSpanIdAt = parentSpanIdAt === NOWHERE ? NOWHERE : parentSpanIdAt - from;
    this.startAt = startAt === NOWHERE ? NOWHERE : startAt - from;
    this.flagsAt = flagsAt === NOWHERE ? NOWHERE : flagsAt - from;
    this.invocationId =
      kind === SERVER || kind === CONSUMER ? readInvocationId(this, reader) : undefined;
  }

  /** A copy, because a span that is kept for long must not keep its neighbours in memory. */
  detach(): void {
    if (this.block.length === this.end - this.start) return;
    this.block = new Uint8Array(this.block.subarray(this.start, this.end));
    this.start = 0;
    this.end = this.block.length;
  }

  get isServer(): boolean {
    return this.kind === SERVER || this.kind === CONSUMER;
  }

  get traceId(): string | undefined {
    return this.readId(this.traceIdAt, TRACE_ID_BYTES);
  }

  get spanId(): string | undefined {
    return this.readId(this.spanIdAt, SPAN_ID_BYTES);
  }

  /** Also undefined if it is all zeros, which means that there is no parent. */
  get parentSpanId(): string | undefined {
    return this.readId(this.parentSpanIdAt, SPAN_ID_BYTES);
  }

  /** Unix milliseconds; 0 if the span does not say. */
  get startMs(): number {
    return this.startAt === NOWHERE ? 0 : readFixed64(this.block, this.start + this.startAt) / 1e6;
  }

  get flags(): number {
    return this.flagsAt === NOWHERE ? 0 : readFixed32(this.block, this.start + this.flagsAt);
  }

  /** True if the parent is in another process; undefined if the SDK does not say. */
  get isParentRemote(): boolean | undefined {
    const { flags } = this;
    return (flags & HAS_IS_REMOTE) === 0 ? undefined : (flags & IS_REMOTE) !== 0;
  }

  private readId(at: number, length: number): string | undefined {
    if (at === NOWHERE) return undefined;
    const id = readHex(this.block, this.start + at, this.start + at + length);
    return /^0+$/.test(id) ? undefined : id;
  }
}

function readInvocationId({ block, start, end }: Part, reader: FieldReader): string | undefined {
  reader.enter(start, end);
  const attribute = new FieldReader(block);
  while (reader.next()) {
    if (!reader.is(9, LENGTH_DELIMITED)) continue;
    const text = readTextAttribute(block, attribute, reader);
    if (text !== undefined) return text;
  }
  return undefined;
}

/** The text of an attribute that names the request. */
function readTextAttribute(
  bytes: Uint8Array,
  attribute: FieldReader,
  { start, end }: FieldReader,
): string | undefined {
  let isInvocationId = false;
  let [valueStart, valueEnd] = [0, 0];
  attribute.enter(start, end);
  while (attribute.next()) {
    if (attribute.is(1, LENGTH_DELIMITED)) {
      if (!INVOCATION_ID_KEYS.some((key) => isAt(bytes, attribute, key))) return undefined;
      isInvocationId = true;
    } else if (attribute.is(2, LENGTH_DELIMITED)) {
      [valueStart, valueEnd] = [attribute.start, attribute.end];
    }
  }
  if (!isInvocationId) return undefined;
  attribute.enter(valueStart, valueEnd);
  while (attribute.next()) {
    if (attribute.is(1, LENGTH_DELIMITED)) return readUtf8(bytes, attribute.start, attribute.end);
  }
  return undefined;
}
