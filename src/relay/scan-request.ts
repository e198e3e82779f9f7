// An Export{Trace,Metrics,Logs}ServiceRequest into its items: offsets are noted, nothing is decoded. First the
// whole body is checked, so that a malformed one leaves nothing behind; then its items are handed out one by
// one, so that millions of empty ones meet the bounds of who takes them instead of an array.
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

/** The items of a body; nothing where its framing is broken down to the fields of an item. */
export function countItems(body: Uint8Array): number | undefined {
  const inside = new FieldReader(body);
  let items = 0;
  const isSound = ({ bytes }: Envelope): boolean =>
    isWellFramed(new FieldReader(bytes), 0, bytes.length);
  const wellFormed = walkRequest(body, {
    onResource: isSound,
    onScope: isSound,
    onItem: (start, end) => {
      items += 1;
      return isWellFramed(inside, start, end);
    },
  });
  return wellFormed ? items : undefined;
}

/** Every item of a body that `countItems` found sound, as parts of the body. */
export function scanRequest<S extends Signal>(
  signal: S,
  block: Uint8Array,
  { toResource, toScope }: EnvelopeInterners,
  onItem: (item: ReceivedItems[S]) => void,
): void {
  const Item = CONSTRUCTORS[signal];
  const inside = new FieldReader(block);
  let envelopes: Envelopes = { resource: EMPTY, scope: EMPTY };
  walkRequest(block, {
    onResource: (envelope) => {
      envelopes = { resource: toResource(envelope), scope: EMPTY };
      return true;
    },
    onScope: (envelope) => {
      envelopes = { resource: envelopes.resource, scope: toScope(envelope) };
      return true;
    },
    onItem: (start, end) => {
      onItem(new Item({ block, start, end }, envelopes, inside));
      return true;
    },
  });
}

const EMPTY: Envelope = { bytes: new Uint8Array(0), schemaUrl: '' };

// The three levels that the export requests of all signals share: per resource, per scope, item. Their field
// numbers are the same in traces, metrics and logs.
// Source: opentelemetry-proto 1.x, trace/v1/trace.proto (ResourceSpans, ScopeSpans) and its two siblings

/** An envelope's own fields, wherever they stand between what it holds. */
const OWN = 1;
const HELD = 2;
const SCHEMA_URL = 3;

/** A resource or a scope with its schema URL. */
export interface Envelope {
  readonly bytes: Uint8Array;
  readonly schemaUrl: string;
}

/** What answers false ends the walk: the body is malformed. */
interface RequestVisitor {
  /** Before the items of a resource, and of one of its scopes. */
  readonly onResource: (resource: Envelope) => boolean;
  readonly onScope: (scope: Envelope) => boolean;
  /** An item's offsets in the body. */
  readonly onItem: (start: number, end: number) => boolean;
}

/** False where the framing of an envelope is broken or the visitor said so; what came before was visited. */
function walkRequest(body: Uint8Array, visitor: RequestVisitor): boolean {
  const { onResource, onScope, onItem } = visitor;
  const [request, perResource, perScope] = [0, 1, 2].map(() => new FieldReader(body)) as [
    FieldReader,
    FieldReader,
    FieldReader,
  ];
  request.enter(0, body.length);
  while (request.next()) {
    if (!request.is(1, LENGTH_DELIMITED)) continue;
    if (!onResource(readEnvelope(body, request.start, request.end))) return false;
    perResource.enter(request.start, request.end);
    while (perResource.next()) {
      if (!perResource.is(HELD, LENGTH_DELIMITED)) continue;
      const { start, end } = perResource;
      if (!onScope(readEnvelope(body, start, end))) return false;
      perScope.enter(start, end);
      while (perScope.next()) {
        if (!perScope.is(HELD, LENGTH_DELIMITED)) continue;
        if (!onItem(perScope.start, perScope.end)) return false;
      }
      if (perScope.isMalformed) return false;
    }
    if (perResource.isMalformed) return false;
  }
  return !request.isMalformed;
}

/** Written twice, a message merges (its bytes one behind the other) and of a scalar the last one holds. */
function readEnvelope(body: Uint8Array, start: number, end: number): Envelope {
  const reader = new FieldReader(body);
  const parts: Uint8Array[] = [];
  let schemaUrl = '';
  reader.enter(start, end);
  while (reader.next()) {
    if (reader.wireType !== LENGTH_DELIMITED) continue;
    if (reader.field === OWN) parts.push(body.subarray(reader.start, reader.end));
    else if (reader.field === SCHEMA_URL) schemaUrl = readUtf8(body, reader.start, reader.end);
  }
  const [first] = parts;
  const bytes = parts.length === 1 && first !== undefined ? first : concatenate(parts);
  return { bytes, schemaUrl };
}

// What joining and delivery ask of a log record that was handed over: trace, severity and time.
// Source: opentelemetry-proto 1.x, logs/v1/logs.proto (LogRecord)

const TRACE_ID_BYTES = 16;

export class ReceivedLogRecord implements RawItem {
  block: Uint8Array;
  start: number;
  end: number;
  readonly resource: RawResource;
  readonly scope: RawScope;
  readonly severityNumber: number;
  /** Unix milliseconds, of the event or else of its observation; 0 where the record says neither. */
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

  /** Kept for long, it must not keep its neighbours. */
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

// What delivery asks of a metric that was handed over: how many points it has and whether they are deltas.
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
