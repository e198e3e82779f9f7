// What must not leave is taken out of every text before it is held, kept or handed over: by scanners, by the
// user's patterns, by the names of keys. Each match is counted by its rule, never named by its text.
import type { AnyValue } from '@opentelemetry/api-logs';
import type { RedactionRules } from './redaction-rules';
import { namesKey } from './redaction-rules';
import type { Match } from './secret-scanners';
import { SCANNERS } from './secret-scanners';

export const MASK = '[REDACTED]';
/** What lies behind is not read, and does not leave. */
const MAX_TEXT = 65_536;
/** A match that straddles the cut would leave in part: the text ends at the last space before it. */
const CUT_REACH = 1024;
export const MAX_DEPTH = 32;
const MAX_KNOWN_KEYS = 512;
const MAX_REMEMBERED_TEXT = 64;
const JSON_START = /^\s*[{[]/;
/** Ours and the resource's: no user's text. */
const OWN_NAME = /^(?:service|telemetry|host|faas|lambda|cloud|aws|sampling)\.|^error\.type$|^ip$/;

export class Redactor {
  private readonly counts = new Map<string, number>();
  /** The rule that names a key, -1 for none: the same keys come again and again. */
  private readonly ruleOfKey = new Map<string, number>();
  /** The latest value of a key that no rule masks. */
  private readonly clean = new Map<string, string>();

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

  /** The same object where nothing is masked. */
  attributes<T extends object>(attributes: T): T {
    return this.membersAt(attributes as Record<string, AnyValue>, 0) as T;
  }

  private membersAt(
    members: Readonly<Record<string, AnyValue>>,
    depth: number,
  ): Readonly<Record<string, AnyValue>> {
    let redacted: Record<string, AnyValue> | undefined;
    for (const name in members) {
      const value = members[name];
      const made = this.memberAt(name, value, depth);
      if (made === value) continue;
      redacted ??= { ...members };
      redacted[name] = made;
    }
    return redacted ?? members;
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
    if (this.rules.masksEverything && OWN_NAME.test(name)) return text;
    // Ids and levels come again with every line of a request.
    if (name === '' || text.length > MAX_REMEMBERED_TEXT) return this.text(text, name);
    if (this.clean.get(name) === text) return text;
    const redacted = this.text(text, name);
    if (redacted === text) {
      if (this.clean.size >= MAX_KNOWN_KEYS) this.clean.clear();
      this.clean.set(name, text);
    }
    return redacted;
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
    if (Array.isArray(value)) {
      const made = value.map((item) => this.valueAt(name, item, depth + 1));
      return made.every((item, index) => item === value[index]) ? value : made;
    }
    return this.membersAt(value, depth + 1);
  }

  private maskMatches(text: string, name: string): string {
    const { scanners, patterns } = this.rules;
    let masked = text;
    for (const scanner of scanners) {
      const matches = SCANNERS[scanner](masked, name);
      if (matches.length > 0) masked = this.mask(masked, scanner, matches);
    }
    for (let index = 0; index < patterns.length; index += 1) {
      const found = patterns[index]?.replace(masked, MASK);
      if (found === undefined || found.count === 0) continue;
      this.count(`pattern_${index + 1}`, found.count);
      masked = found.text;
    }
    return masked;
  }

  private mask(text: string, scanner: string, matches: readonly Match[]): string {
    this.count(scanner, matches.length);
    let rest = 0;
    const parts: string[] = [];
    for (const { start, end } of [...matches].sort((a, b) => a.start - b.start)) {
      if (start >= rest) parts.push(text.slice(rest, start), MASK);
      rest = Math.max(rest, end);
    }
    return parts.join('') + text.slice(rest);
  }
}

function bound(text: string): string {
  if (text.length <= MAX_TEXT) return text;
  const head = text.slice(0, MAX_TEXT);
  const space = Math.max(head.lastIndexOf(' '), head.lastIndexOf('\n'));
  return head.slice(0, space >= MAX_TEXT - CUT_REACH ? space : MAX_TEXT - CUT_REACH);
}
