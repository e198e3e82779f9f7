// Splits an Export{Trace,Metrics,Logs}ServiceRequest into its items: offsets are noted, nothing is decoded. First the
// whole body is checked, so that nothing of a malformed one is used; then its items are passed on one by one, so that
// millions of empty ones meet the receiver's limits instead of filling an array.
import { FieldReader, isWellFramed, LENGTH_DELIMITED, FIXED64, VARINT } from './field-reader';
import type {
  Envelopes,
  Part,
  RawResource,
  RawScope,
  Signal,
  RawItem,
  RawMetric,
  Temporality,
} from './item';
import { ReceivedSpan } from './received-span';
import { concatenate, readUtf8, readFixed64, readHex } from './bytes';

export interface ReceivedItems {
  readonly traces: ReceivedSpan;
  readonly metrics: ReceivedMetric;
  readonly logs: ReceivedLogRecord;
}

/** One object for equal envelopes; see `createInterner`. */
export interface EnvelopeInterners {
  readonly toResource: (envelope: Envelope) => RawResource;
  readonly toScope: (envelope: Envelope) => RawScope;
}

/** The number of items in a body; undefined if it is malformed anywhere, down to the fields of an item. */
export function countItems(body: Uint8Array): number | undefined {
  const [request, perResource, perScope] = createReaders(body);
  let items = 0;
  request.enter(0, body.length);
  while (request.next()) {
    if (!request.is(PER_RESOURCE, LENGTH_DELIMITED)) continue;
    perResource.enter(request.start, request.end);
    while (perResource.next()) {
      const { wireType, field, start, end } = perResource;
      if (wireType !== LENGTH_DELIMITED) continue;
      if (field === OWN && !isWellFramed(body, start, end)) return undefined;
      if (field !== HELD) continue;
      perScope.enter(start, end);
      while (perScope.next()) {
        if (perScope.wireType !== LENGTH_DELIMITED || perScope.field > HELD) continue;
        if (!isWellFramed(body, perScope.start, perScope.end)) return undefined;
        if (perScope.field === HELD) items += 1;
      }
      if (perScope.isMalformed) return undefined;
    }
    if (perResource.isMalformed) return undefined;
  }
  return request.isMalformed ? undefined : items;
}

/** Passes on every item of a body that `countItems` found well-formed, as a part of the body. */
export function scanRequest<S extends Signal>(
  signal: S,
  block: Uint8Array,
  { toResource, toScope }: EnvelopeInterners,
  onItem: (item: ReceivedItems[S]) => void,
): void {
  const Item = CONSTRUCTORS[signal];
  const [request, perResource, perScope] = createReaders(block);
  const inside = new FieldReader(block);
  request.enter(0, block.length);
  while (request.next()) {
    if (!request.is(PER_RESOURCE, LENGTH_DELIMITED)) continue;
    const resource = toResource(readEnvelope(block, inside, request));
    perResource.enter(request.start, request.end);
    while (perResource.next()) {
      if (!perResource.is(HELD, LENGTH_DELIMITED)) continue;
      const envelopes = { resource, scope: toScope(readEnvelope(block, inside, perResource)) };
      perScope.enter(perResource.start, perResource.end);
      while (perScope.next()) {
        if (!perScope.is(HELD, LENGTH_DELIMITED)) continue;
        const { start, end } = perScope;
        onItem(new Item({ block, start, end }, envelopes, inside));
      }
    }
  }
}

// The three levels that the export requests of all signals share: per resource, per scope, item. Their field
// numbers are the same in traces, metrics and logs.
// Source: opentelemetry-proto 1.x, trace/v1/trace.proto (ResourceSpans, ScopeSpans) and its two siblings

const PER_RESOURCE = 1;
/** An envelope's own fields, wherever they stand among its members. */
const OWN = 1;
const HELD = 2;
const SCHEMA_URL = 3;

function createReaders(body: Uint8Array): readonly [FieldReader, FieldReader, FieldReader] {
  return [new FieldReader(body), new FieldReader(body), new FieldReader(body)];
}

/** A resource or a scope with its schema URL. */
export interface Envelope {
  readonly bytes: Uint8Array;
  readonly schemaUrl: string;
}

/** A message that comes twice is merged (its bytes are concatenated); of a scalar, the last one counts. */
function readEnvelope(
  body: Uint8Array,
  reader: FieldReader,
  { start, end }: FieldReader,
): Envelope {
  let bytes: Uint8Array = NOTHING;
  let schemaUrl = '';
  reader.enter(start, end);
  while (reader.next()) {
    if (reader.wireType !== LENGTH_DELIMITED) continue;
    if (reader.field === OWN) {
      const part = body.subarray(reader.start, reader.end);
      bytes = bytes.length === 0 ? part : concatenate([bytes, part]);
    } else if (reader.field === SCHEMA_URL) schemaUrl = readUtf8(body, reader.start, reader.end);
  }
  return { bytes, schemaUrl };
}

const NOTHING = new Uint8Array(0);

// A log record of the function's SDK, with the properties that joining and delivery need: trace, severity and time.
// Source: opentelemetry-proto 1.x, logs/v1/logs.proto (LogRecord)

const TRACE_ID_BYTES = 16;

export class ReceivedLogRecord implements RawItem {
  block: Uint8Array;
  start: number;
  end: number;
  readonly resource: RawResource;
  readonly scope: RawScope;
  readonly severityNumber: number;
  /** Unix milliseconds: the time of the event, or else of its observation; 0 if the record has neither. */
  readonly timeMs: number;
  private readonly traceIdAt: number;

  constructor(
    { block, start, end }: Part,
    { resource, scope }: Envelopes,
    reader = new FieldReader(block),
  ) {
    this.block = block;
    this.start = start;
    this.end = end;
    this.resource = resource;
    this.scope = scope;
    let [severityNumber, time, observed, traceIdAt] = [0, 0, 0, -1];
    reader.enter(start, end);
    while (reader.next()) {
      if (reader.is(1, FIXED64)) time = readFixed64(block, reader.start);
      else if (reader.is(2, VARINT)) severityNumber = reader.value;
      else if (reader.is(11, FIXED64)) observed = readFixed64(block, reader.start);
      else if (reader.is(9, LENGTH_DELIMITED)) {
        traceIdAt = reader.end - reader.start === TRACE_ID_BYTES ? reader.start : -1;
      }
    }
    this.severityNumber = severityNumber;
    this.timeMs = (time || observed) / 1e6;
    // Counted from the beginning of the record: it may move to a block of its own.
    this.traceIdAt = traceIdAt < 0 ? -1 : traceIdAt - start;
  }

  /** A copy, because a record that is kept for long must not keep its neighbours in memory. */
  detach(): void {
    if (this.block.length === this.end - this.start) return;
    this.block = new Uint8Array(this.block.subarray(this.start, this.end));
    this.start = 0;
    this.end = this.block.length;
  }

  get traceId(): string | undefined {
    if (this.traceIdAt < 0) return undefined;
    const at = this.start + this.traceIdAt;
    return readHex(this.block, at, at + TRACE_ID_BYTES);
  }
}

// A metric of the function's SDK, with the properties that delivery needs: the number of its points and temporality.
// Source: opentelemetry-proto 1.x, metrics/v1/metrics.proto (Metric)

/** gauge, sum, histogram, exponential_histogram, summary. */
const DATA_FIELDS = [5, 7, 9, 10, 11];
const DATA_POINTS = 1;
const AGGREGATION_TEMPORALITY = 2;
const DELTA = 1;
const CUMULATIVE = 2;

export class ReceivedMetric implements RawMetric {
  readonly block: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly resource: RawResource;
  readonly scope: RawScope;
  readonly points: number;
  readonly temporality: Temporality;

  constructor(
    { block, start, end }: Part,
    { resource, scope }: Envelopes,
    metric = new FieldReader(block),
  ) {
    this.block = block;
    this.start = start;
    this.end = end;
    this.resource = resource;
    this.scope = scope;
    const data = new FieldReader(block);
    let points = 0;
    let temporality = 0;
    metric.enter(start, end);
    while (metric.next()) {
      if (metric.wireType !== LENGTH_DELIMITED || !DATA_FIELDS.includes(metric.field)) continue;
      data.enter(metric.start, metric.end);
      while (data.next()) {
        if (data.is(DATA_POINTS, LENGTH_DELIMITED)) points += 1;
        else if (data.is(AGGREGATION_TEMPORALITY, VARINT)) temporality = data.value;
      }
    }
    this.points = points;
    this.temporality =
      temporality === DELTA ? 'delta' : temporality === CUMULATIVE ? 'cumulative' : 'none';
  }
}

const CONSTRUCTORS: {
  readonly [S in Signal]: new (
    part: Part,
    envelopes: Envelopes,
    reader: FieldReader,
  ) => ReceivedItems[S];
} = { traces: ReceivedSpan, metrics: ReceivedMetric, logs: ReceivedLogRecord };
