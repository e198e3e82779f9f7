// What must not leave is taken out of every text before it is held, kept or handed over: by scanners, by the
// user's patterns, by the names of keys. Each match is counted by its rule, never named by its text.
import type { AnyValue } from '@opentelemetry/api-logs';
import type { RedactionRules } from './redaction-rules';
import { namesKey } from './redaction-rules';
import { SCANNERS } from './secret-scanners';

export const MASK = '[REDACTED]';
/** What lies behind is not read, and does not leave. */
const MAX_TEXT = 65_536;
/** A match that straddles the cut would leave in part: the text ends at the last space before it. */
const CUT_REACH = 1024;
export const MAX_DEPTH = 32;
const MAX_KNOWN_KEYS = 512;
const JSON_START = /^\s*[{[]/;
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
    return this.maskMatches(bound(this.maskJson(text)), name);
  }

  /** A text that is a JSON object or list has keys too; it stays as it was written unless one is named. */
  private maskJson(text: string): string {
    if (this.rules.keys.length === 0 || !JSON_START.test(text)) return text;
    try {
      const value = JSON.parse(text) as AnyValue;
      const redacted = JSON.stringify(this.valueAt('', value, 0));
      return redacted === JSON.stringify(value) ? text : redacted;
    } catch {
      return text;
    }
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

  /** By LAMBDA_OTLP_REDACT_KEYS; counted. */
  masksKey(name: string): boolean {
    const index = this.rules.keys.length === 0 ? -1 : this.findRule(name);
    if (index === -1) return false;
    this.count(`key_${index + 1}`, 1);
    return true;
  }

  /** The text of an attribute or of a member. */
  namedText(name: string, text: string): string {
    return this.rules.masksEverything && OWN_NAME.test(name) ? text : this.text(text, name);
  }

  private memberAt(name: string, value: AnyValue, depth: number): AnyValue {
    return this.masksKey(name) ? MASK : this.valueAt(name, value, depth);
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
    if (typeof value === 'string') return this.namedText(name, value);
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
