// What joining and delivery ask of a log record that was handed over: trace, severity and time.
// Source: opentelemetry-proto 1.x, logs/v1/logs.proto (LogRecord)
import { readFixed64, readHex } from './bytes';
import { FieldReader, FIXED64, LENGTH_DELIMITED, VARINT } from './field-reader';
import type { Envelopes, Part, RawItem, RawResource, RawScope } from './item';

const TRACE_ID_BYTES = 16;

export class ReceivedLogRecord implements RawItem {
  readonly block: Uint8Array;
  readonly start: number;
  readonly end: number;
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
    this.traceIdAt = traceIdAt;
  }

  get traceId(): string | undefined {
    const { block, traceIdAt } = this;
    return traceIdAt < 0 ? undefined : readHex(block, traceIdAt, traceIdAt + TRACE_ID_BYTES);
  }
}
