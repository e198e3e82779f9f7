// What must not leave is taken out of every text before it is held, kept or handed over: by scanners, by the
// user's patterns, by the names of keys. Each match is counted by its rule, never named by its text.
import type { AnyValue } from '@opentelemetry/api-logs';
import type { RedactionRules, DropLogRule } from './redaction-rules';
import { namesKey, namesAttribute } from './redaction-rules';
import { SCANNERS } from './secret-scanners';
import type { Attributes, HrTime } from '@opentelemetry/api';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { Measurement } from './metrics';

const MASK = '[REDACTED]';
/** What lies behind is not read, and does not leave. */
const MAX_TEXT = 65_536;
/** A match that straddles the cut would leave in part: the text ends at the last space before it. */
const CUT_REACH = 1024;
const MAX_DEPTH = 32;
const MAX_KNOWN_KEYS = 512;
/** Ours and the resource's: no user's text. */
const OWN_NAME = /^(?:service|telemetry|host|faas|lambda|cloud|aws|sampling)\.|^error\.type$|^ip$/;

export class Redactor {
  private readonly counts = new Map<string, number>();
  /** The rule that names a key, -1 for none: the same keys come again and again. */
  private readonly ruleOfKey = new Map<string, number>();

  constructor(private readonly rules: RedactionRules) {}

  /** Free text: a body, a message, a name. */
  text(text: string, name = ''): string {
    if (this.rules.masksEverything) {
      this.count('all', 1);
      return MASK;
    }
    return this.maskMatches(bound(text), name);
  }

  /** An attribute, or a member of a map at any depth. */
  member(name: string, value: AnyValue): AnyValue {
    return this.memberAt(name, value, 0);
  }

  attributes<T extends object>(attributes: T): T {
    const redacted: Record<string, unknown> = {};
    for (const name of Object.keys(attributes)) {
      redacted[name] = this.member(name, (attributes as Record<string, AnyValue>)[name]);
    }
    return redacted as T;
  }

  /** A text, a map or a list without a name of its own. */
  value(value: AnyValue): AnyValue {
    return this.valueAt('', value, 0);
  }

  count(rule: string, matches: number): void {
    if (matches > 0) this.counts.set(rule, (this.counts.get(rule) ?? 0) + matches);
  }

  /** Matches by rule since the last call. */
  takeCounts(): readonly (readonly [string, number])[] {
    const counts = [...this.counts];
    this.counts.clear();
    return counts;
  }

  private memberAt(name: string, value: AnyValue, depth: number): AnyValue {
    const index = this.rules.keys.length === 0 ? -1 : this.findRule(name);
    if (index !== -1) {
      this.count(`key_${index + 1}`, 1);
      return MASK;
    }
    return this.valueAt(name, value, depth);
  }

  private findRule(name: string): number {
    let index = this.ruleOfKey.get(name);
    if (index === undefined) {
      index = this.rules.keys.findIndex((rule) => namesKey(rule, name));
      if (this.ruleOfKey.size >= MAX_KNOWN_KEYS) this.ruleOfKey.clear();
      this.ruleOfKey.set(name, index);
    }
    return index;
  }

  private valueAt(name: string, value: AnyValue, depth: number): AnyValue {
    if (typeof value === 'string') {
      if (this.rules.masksEverything && OWN_NAME.test(name)) return value;
      return this.text(value, name);
    }
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
    if (depth >= MAX_DEPTH) return MASK;
    if (Array.isArray(value)) return value.map((item) => this.valueAt(name, item, depth + 1));
    const redacted: Record<string, AnyValue> = {};
    for (const key of Object.keys(value)) {
      redacted[key] = this.memberAt(key, (value as Record<string, AnyValue>)[key], depth + 1);
    }
    return redacted;
  }

  private maskMatches(text: string, name: string): string {
    let masked = text;
    for (const scanner of this.rules.scanners) {
      const matches = SCANNERS[scanner](masked, name);
      if (matches.length === 0) continue;
      this.count(scanner, matches.length);
      let rest = 0;
      const parts: string[] = [];
      for (const { start, end } of [...matches].sort((a, b) => a.start - b.start)) {
        if (start >= rest) parts.push(masked.slice(rest, start), MASK);
        rest = Math.max(rest, end);
      }
      masked = parts.join('') + masked.slice(rest);
    }
    for (const [index, pattern] of this.rules.patterns.entries()) {
      const { text: replaced, count } = pattern.replace(masked, MASK);
      this.count(`pattern_${index + 1}`, count);
      masked = replaced;
    }
    return masked;
  }
}

function bound(text: string): string {
  if (text.length <= MAX_TEXT) return text;
  const head = text.slice(0, MAX_TEXT);
  const space = Math.max(head.lastIndexOf(' '), head.lastIndexOf('\n'));
  return head.slice(0, space >= MAX_TEXT - CUT_REACH ? space : MAX_TEXT - CUT_REACH);
}

// Redaction and filters over what the translation makes: records, spans, measurements, resources. What KEEP
// decides was decided on the facts before; only what is held and sent passes here.

type Signal = 'traces' | 'metrics' | 'logs';

const PLATFORM_EVENT = 'platform.';

export class RedactionFilter {
  private readonly redactor: Redactor;

  constructor(private readonly rules: RedactionRules) {
    this.redactor = new Redactor(rules);
  }

  /** Undefined: dropped, and counted. */
  record(record: ReadableLogRecord): ReadableLogRecord | undefined {
    const dropping = this.rules.dropLogs.findIndex((rule) => isDropped(rule, record));
    if (dropping !== -1) {
      this.redactor.count(`drop_logs_${dropping + 1}`, 1);
      return undefined;
    }
    const body = this.bodyOf(record);
    return {
      ...record,
      ...(body !== undefined && { body }),
      attributes: this.attributes(record.attributes, 'logs'),
    };
  }

  span(span: ReadableSpan): ReadableSpan {
    const { status, events } = span;
    const message = status.message === undefined ? undefined : this.redactor.text(status.message);
    return {
      ...span,
      name: this.rules.masksEverything ? span.name : this.redactor.text(span.name),
      attributes: this.attributes(span.attributes, 'traces'),
      status: { ...status, ...(message !== undefined && { message }) },
      events: events.map((event) => ({
        ...event,
        attributes: this.attributes(event.attributes ?? {}, 'traces'),
      })),
    };
  }

  /** Its attributes are Lambda's words and ours, but for the types of errors. */
  measurement(measurement: Measurement): Measurement {
    if (this.rules.masksEverything) return measurement;
    const attributes = this.attributes(measurement.attributes, 'metrics');
    return { ...measurement, attributes };
  }

  /** Without what DROP_ATTRIBUTES names, the rest redacted. */
  attributes<T extends object>(attributes: T, signal: Signal): T {
    const kept = this.redactor.attributes(attributes) as Record<string, unknown>;
    for (const name of Object.keys(kept)) {
      const index = this.rules.dropAttributes.findIndex(
        (rule) => (rule.signal ?? signal) === signal && namesAttribute(rule, name),
      );
      if (index === -1) continue;
      this.redactor.count(`drop_attributes_${index + 1}`, 1);
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- an object of our own
      delete kept[name];
    }
    return kept as T;
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

function isDropped({ belowSeverity, body }: DropLogRule, record: ReadableLogRecord): boolean {
  const severity: number | undefined = record.severityNumber;
  if (belowSeverity !== undefined) return severity !== undefined && severity < belowSeverity;
  const text = typeof record.body === 'string' ? record.body : JSON.stringify(record.body ?? null);
  return body?.test(text) === true;
}
