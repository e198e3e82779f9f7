// Redaction and filters over what the translation makes: records, spans, measurements, resources. What KEEP
// decides was decided on the facts before; only what is held and sent passes here.
import type { Attributes, HrTime } from '@opentelemetry/api';
import type { AnyValue } from '@opentelemetry/api-logs';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { Signal } from '../relay/item';
import type { Measurement } from './metrics';
import { MASK, Redactor } from './redaction';
import type { DropLogRule, RedactionRules } from './redaction-rules';
import { namesAttribute } from './redaction-rules';

/** What LAMBDA_OTLP_DROP_LOGS asks for. */
export interface FilteredRecord {
  readonly severityNumber?: number | undefined;
  readonly body?: AnyValue;
}

const MAX_KNOWN_NAMES = 512;
const PLATFORM_EVENT = 'platform.';
const QUOTED = /'[^']*'|"[^"]*"/g;

export class RedactionFilter {
  readonly redactor: Redactor;
  /** Which rule drops an attribute, -1 for none: the same names come again and again. */
  private readonly droppingOf: Readonly<Record<Signal, Map<string, number>>> = {
    traces: new Map(),
    metrics: new Map(),
    logs: new Map(),
  };

  constructor(private readonly rules: RedactionRules) {
    this.redactor = new Redactor(rules);
  }

  /** Undefined: dropped, and counted. */
  record(record: ReadableLogRecord): ReadableLogRecord | undefined {
    if (this.isDropped(record)) return undefined;
    const body = this.bodyOf(record);
    const attributes = this.attributes(record.attributes, 'logs');
    // Records of one hidden class are several times faster to encode.
    if (body === record.body && attributes === record.attributes) return record;
    return { ...record, ...(body !== undefined && { body }), attributes };
  }

  /** A line of the extension about itself: its words are ours, what it quotes is not. */
  readonly line = (text: string): string =>
    this.rules.masksEverything ? text.replace(QUOTED, MASK) : this.redactor.text(text);

  /** By LAMBDA_OTLP_DROP_LOGS; counted. */
  isDropped(record: FilteredRecord): boolean {
    const dropping = this.rules.dropLogs.findIndex((rule) => isDropped(rule, record));
    if (dropping === -1) return false;
    this.redactor.count(`drop_logs_${dropping + 1}`, 1);
    return true;
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

  /** Its attributes are Lambda's words and ours, but for the types of errors. */
  measurement(measurement: Measurement): Measurement {
    if (this.rules.masksEverything) return measurement;
    const attributes = this.attributes(measurement.attributes, 'metrics');
    return { ...measurement, attributes };
  }

  /** Without what DROP_ATTRIBUTES names, the rest redacted. */
  attributes<T extends object>(attributes: T, signal: Signal): T {
    const redacted = this.redactor.attributes(attributes);
    if (this.rules.dropAttributes.length === 0) return redacted;
    const names = Object.keys(redacted);
    const kept = names.filter((name) => !this.dropsAttribute(name, signal));
    if (kept.length === names.length) return redacted;
    const values = redacted as Readonly<Record<string, unknown>>;
    return Object.fromEntries(kept.map((name) => [name, values[name]])) as T;
  }

  /** By LAMBDA_OTLP_DROP_ATTRIBUTES; counted. */
  dropsAttribute(name: string, signal: Signal): boolean {
    if (this.rules.dropAttributes.length === 0) return false;
    const index = this.findDropping(name, signal);
    if (index === -1) return false;
    this.redactor.count(`drop_attributes_${index + 1}`, 1);
    return true;
  }

  private findDropping(name: string, signal: Signal): number {
    const known = this.droppingOf[signal];
    let index = known.get(name);
    if (index === undefined) {
      index = this.rules.dropAttributes.findIndex(
        (rule) => (rule.signal ?? signal) === signal && namesAttribute(rule, name),
      );
      if (known.size >= MAX_KNOWN_NAMES) known.clear();
      known.set(name, index);
    }
    return index;
  }

  /** Matches by rule since the last call. */
  takeCounts(time: HrTime): Measurement[] {
    return this.redactor.takeCounts().map(([rule, value]) => {
      const attributes: Attributes = { rule };
      return { instrument: 'lambda.redactions', value, attributes, time };
    });
  }

  /** The platform's own lines hold no user's text. */
  private bodyOf({ body, eventName }: ReadableLogRecord): AnyValue {
    const isPlatformLine =
      eventName?.startsWith(PLATFORM_EVENT) === true && typeof body === 'string';
    return isPlatformLine && this.rules.masksEverything ? body : this.redactor.value(body);
  }
}

function isDropped({ belowSeverity, body }: DropLogRule, record: FilteredRecord): boolean {
  const severity = record.severityNumber;
  if (belowSeverity !== undefined) return severity !== undefined && severity < belowSeverity;
  const text = typeof record.body === 'string' ? record.body : JSON.stringify(record.body ?? null);
  return body?.test(text) === true;
}
