// Applies redaction and filters to what the translation makes: records, spans, measurements, resources. The rules of
// LAMBDA_OTLP_KEEP are applied to the unredacted facts before; here passes only what is held or sent.
import type { Attributes, HrTime } from '@opentelemetry/api';
import type { AnyValue } from '@opentelemetry/api-logs';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { Signal } from '../relay/item';
import type { Measurement } from './metrics';
import { MASK, Redactor } from './redaction';
import type { DropLogRule, RedactionRules, KnownName } from './redaction-rules';
import { NO_RULE } from './redaction-rules';
import type { CompileSigns } from './secret-signs';

/** What the rules of LAMBDA_OTLP_DROP_LOGS look at. */
export interface FilteredRecord {
  readonly severityNumber?: number | undefined;
  readonly body?: AnyValue;
}

const PLATFORM_EVENT = 'platform.';
const QUOTED = /'[^']*'|"[^"]*"/g;

export class RedactionFilter {
  readonly redactor: Redactor;

  constructor(
    private readonly rules: RedactionRules,
    compileSigns?: CompileSigns,
  ) {
    this.redactor = new Redactor(rules, compileSigns);
  }

  /** The redacted record; undefined if it was dropped, and counted. */
  record(record: ReadableLogRecord): ReadableLogRecord | undefined {
    if (this.isDropped(record)) return undefined;
    const body = this.bodyOf(record);
    const attributes = this.attributes(record.attributes, 'logs');
    // Not copied if unchanged: records of one hidden class are several times faster to encode.
    if (body === record.body && attributes === record.attributes) return record;
    return { ...record, ...(body !== undefined && { body }), attributes };
  }

  /** Redacts a line of the extension about itself: the words are ours, but what it quotes is not. */
  readonly line = (text: string): string =>
    this.rules.masksEverything ? text.replace(QUOTED, MASK) : this.redactor.text(text);

  /** True if a rule of LAMBDA_OTLP_DROP_LOGS matches, which is counted. */
  isDropped(record: FilteredRecord): boolean {
    let place = 0;
    for (const rule of this.rules.dropLogs) {
      place += 1;
      if (!isDropped(rule, record)) continue;
      this.redactor.count(`drop_logs_${place}`, 1);
      return true;
    }
    return false;
  }

  get dropsLogs(): boolean {
    return this.rules.dropLogs.length > 0;
  }

  span(span: ReadableSpan): ReadableSpan {
    const { status, events } = span;
    return {
      ...span,
      name: this.rules.masksEverything ? span.name : this.redactor.text(span.name),
      attributes: this.attributes(span.attributes, 'traces'),
      status: this.status(status),
      events: events.map((event) => ({
        ...event,
        attributes: this.attributes(event.attributes ?? {}, 'traces'),
      })),
    };
  }

  status<T extends { readonly message?: string }>(status: T): T {
    const { message } = status;
    return message === undefined ? status : { ...status, message: this.redactor.text(message) };
  }

  /** Unchanged if everything is masked: apart from error types, its attributes are Lambda's words and ours. */
  measurement(measurement: Measurement): Measurement {
    if (this.rules.masksEverything) return measurement;
    const attributes = this.attributes(measurement.attributes, 'metrics');
    return { ...measurement, attributes };
  }

  /** Removes what LAMBDA_OTLP_DROP_ATTRIBUTES names and redacts the rest; the same object if nothing changes. */
  attributes<T extends object>(attributes: T, signal: Signal): T {
    const values = attributes as Readonly<Record<string, AnyValue>>;
    let made: Record<string, AnyValue> | undefined;
    for (const name in values) {
      const value = values[name];
      const known = this.redactor.names.of(name);
      if (!known.isNamed && value === known.clean) continue;
      const isDropped = this.drops(known, signal);
      const left = isDropped ? undefined : this.redactor.member(known, value);
      if (left === value) continue;
      made ??= { ...values };
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- of a copy
      if (isDropped) delete made[name];
      else made[name] = left;
    }
    return (made ?? attributes) as T;
  }

  /** True if a rule of LAMBDA_OTLP_DROP_ATTRIBUTES matches, which is counted. */
  dropsAttribute(name: string, signal: Signal): boolean {
    return this.drops(this.redactor.names.of(name), signal);
  }

  private drops({ droppedBy }: KnownName, signal: Signal): boolean {
    const index = droppedBy[signal];
    if (index === NO_RULE) return false;
    this.redactor.count(`drop_attributes_${index + 1}`, 1);
    return true;
  }

  /** The matches of each rule since the last call. */
  takeCounts(time: HrTime): Measurement[] {
    return this.redactor.takeCounts().map(([rule, value]) => {
      const attributes: Attributes = { rule };
      return { instrument: 'lambda.redactions', value, attributes, time };
    });
  }

  /** If everything is masked, the platform's own lines stay: they contain no text of the user. */
  private bodyOf({ body, eventName }: ReadableLogRecord): AnyValue {
    if (typeof body !== 'string') return this.redactor.value(body);
    const isPlatformLine =
      this.rules.masksEverything && eventName?.startsWith(PLATFORM_EVENT) === true;
    return isPlatformLine ? body : this.redactor.text(body);
  }
}

function isDropped({ belowSeverity, body }: DropLogRule, record: FilteredRecord): boolean {
  const severity = record.severityNumber;
  if (belowSeverity !== undefined) return severity !== undefined && severity < belowSeverity;
  const text = typeof record.body === 'string' ? record.body : JSON.stringify(record.body ?? null);
  return body?.test(text) === true;
}
