// Whether the function says the same lines twice: on stdout, which Lambda delivers, and by a log bridge of its SDK.
// Both leave, for equal texts may well be two lines; it is only said. Bounded, and no work before an SDK's record came.
import type { AnyValue } from '@opentelemetry/api-logs';
import { readAnyValue } from '../relay/any-value';
import type { PlainValue } from '../relay/any-value';
import { FieldReader, LENGTH_DELIMITED } from '../relay/field-reader';
import { bytesOf } from '../relay/item';
import type { ReceivedLogRecord } from '../relay/scan-request';
import { forgetOldest } from '../telemetry/recent-keys';

const BODY = 5;
/** Texts remembered of either kind. */
const MAX_TEXTS = 64;
const MAX_LENGTH = 512;
const MAX_DISTANCE_MS = 1_000;

export class RepeatedLines {
  isFound = false;
  private hasRecords = false;
  private readonly records = new Map<string, number>();
  private readonly lines = new Map<string, number>();

  /** Of the function's SDK. */
  noteRecord(record: ReceivedLogRecord): void {
    this.hasRecords = true;
    if (!this.isFound) this.compare(readBody(record), record.timeMs, [this.records, this.lines]);
  }

  /** `timeMs`: Unix milliseconds. */
  noteLine(body: AnyValue, timeMs: number): void {
    if (this.hasRecords && !this.isFound) this.compare(body, timeMs, [this.lines, this.records]);
  }

  private compare(
    body: unknown,
    timeMs: number,
    [own, others]: readonly [Map<string, number>, ReadonlyMap<string, number>],
  ): void {
    if (typeof body !== 'string' || body.length > MAX_LENGTH) return;
    const text = body.trim();
    if (text === '') return;
    const otherMs = others.get(text);
    if (otherMs !== undefined && Math.abs(otherMs - timeMs) <= MAX_DISTANCE_MS) this.isFound = true;
    // The newest come last.
    own.delete(text);
    own.set(text, timeMs);
    forgetOldest(own, MAX_TEXTS);
    if (!this.isFound) return;
    this.records.clear();
    this.lines.clear();
  }
}

export function readBody(record: ReceivedLogRecord): PlainValue | undefined {
  const bytes = bytesOf(record);
  const fields = new FieldReader(bytes);
  let body;
  fields.enter(0, bytes.length);
  while (fields.next()) {
    if (fields.is(BODY, LENGTH_DELIMITED)) body = readAnyValue(bytes, fields, 0);
  }
  return body;
}
