// Notices lines that arrive twice: on stdout, which Lambda delivers, and from a log bridge of the function's SDK. Both
// are exported, since equal texts may well be two lines; there is only a warning. Bounded, and idle until the first
// record of the SDK.
import type { AnyValue } from '@opentelemetry/api-logs';
import { readAnyValue } from '../relay/attributes';
import type { PlainValue } from '../relay/attributes';
import { readUtf8 } from '../relay/bytes';
import { FieldReader, LENGTH_DELIMITED } from '../relay/field-reader';
import { bytesOf } from '../relay/item';
import type { ReceivedLogRecord } from '../relay/scan-request';
import { forgetOldest } from '../telemetry/recent-keys';

const BODY = 5;
const STRING_VALUE = 1;
/** Texts remembered from each of the two sources. */
const MAX_TEXTS = 64;
const MAX_LENGTH = 512;
const MAX_DISTANCE_MS = 1_000;
/** A shorter text may repeat by chance, so two such texts are needed for the warning. */
const TELLING_LENGTH = 32;

/** Sees only what is exported, not lines and records that a filter dropped. */
export class RepeatedLines {
  isFound = false;
  private hasRecords = false;
  private readonly records = new Map<string, number>();
  private readonly lines = new Map<string, number>();
  /** A short text that has arrived twice. */
  private suspect: string | undefined;

  /** Notes a record of the function's SDK. */
  noteRecord(record: ReceivedLogRecord): void {
    this.hasRecords = true;
    if (!this.isFound) this.compare(readText(record), record.timeMs, [this.records, this.lines]);
  }

  /** Notes a line of the function; `timeMs` in Unix milliseconds. */
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
    if (otherMs !== undefined && Math.abs(otherMs - timeMs) <= MAX_DISTANCE_MS)
      this.suspectOf(text);
    // Adding it again makes it the newest.
    own.delete(text);
    own.set(text, timeMs);
    forgetOldest(own, MAX_TEXTS);
    if (!this.isFound) return;
    this.records.clear();
    this.lines.clear();
  }

  private suspectOf(text: string): void {
    this.suspect ??= text;
    this.isFound = text.length >= TELLING_LENGTH || text !== this.suspect;
  }
}

/** The body, if it is a text of a length that is compared; other bodies are not decoded. */
function readText(record: ReceivedLogRecord): string | undefined {
  const bytes = bytesOf(record);
  const fields = new FieldReader(bytes);
  fields.enter(0, bytes.length);
  while (fields.next()) {
    if (!fields.is(BODY, LENGTH_DELIMITED)) continue;
    fields.enter(fields.start, fields.end);
    const isText = fields.next() && fields.is(STRING_VALUE, LENGTH_DELIMITED);
    // One UTF-16 code unit takes at most three bytes in UTF-8.
    const isShort = fields.end - fields.start <= 3 * MAX_LENGTH;
    return isText && isShort ? readUtf8(bytes, fields.start, fields.end) : undefined;
  }
  return undefined;
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
