// Removes what must not be exported from every text before it is held, kept or handed on: by scanners, by the user's
// patterns and by the names of keys. Each match is counted by its rule; its text is never mentioned.
import type { AnyValue } from '@opentelemetry/api-logs';
import { findMembers, PlainText } from './json-text';
import { findPairs } from './pair-text';
import type { RedactionRules, KnownName } from './redaction-rules';
import { KnownNames, NO_RULE, TextNames } from './redaction-rules';
import type { Match } from './secret-scanners';
import { SecretScanners } from './secret-scanners';
import type { CompileSigns } from './secret-signs';
import { isSigned, SecretSigns } from './secret-signs';

export const MASK = '[REDACTED]';
/** The rest of a longer text is neither read nor exported. */
const MAX_TEXT = 65_536;
/**
 * A text is cut at a space up to this far before the limit, since part of a match that straddles the cut would get out.
 */
const CUT_REACH = 1024;
export const MAX_DEPTH = 32;
/** JSON escapes that may hide what is searched for. */
const ESCAPE = /\\[u/]/;
const NOTHING: readonly Match[] = [];
const MAX_REMEMBERED_TEXT = 64;
/** Names that we or the resource set, whose values contain no text of the user. */
const OWN_NAME = /^(?:service|telemetry|host|faas|lambda|cloud|aws|sampling)\.|^error\.type$|^ip$/;

export class Redactor {
  readonly names: KnownNames;
  private readonly textNames: TextNames;
  private readonly counts = new Map<string, number>();
  private readonly scanners: SecretScanners;
  private readonly signs: SecretSigns;
  /** There are patterns that must look at every text. */
  private readonly hasUnsigned: boolean;
  /** There are masking rules. If there are only drop rules, every text stays as it is, however long. */
  private readonly hasMasks: boolean;

  constructor(
    private readonly rules: RedactionRules,
    compileSigns?: CompileSigns,
  ) {
    const { masksEverything, scanners, patterns, keys } = rules;
    this.hasMasks = masksEverything || [scanners, patterns, keys].some(({ length }) => length > 0);
    this.names = new KnownNames(rules);
    this.textNames = new TextNames(keys);
    this.scanners = new SecretScanners(rules.scanners);
    this.signs = new SecretSigns(rules, compileSigns);
    this.hasUnsigned = patterns.some((pattern) => !isSigned(pattern));
  }

  /** Redacts free text: a body, a message, a name. */
  text(text: string, name = ''): string {
    if (this.rules.masksEverything) {
      this.count('all', 1);
      return MASK;
    }
    if (!this.hasMasks) return text;
    const whole = bound(text);
    if (whole !== text) this.count('too_long', 1);
    const matches = this.find(whole, name);
    return matches.length === 0 ? whole : this.mask(whole, matches);
  }

  /** The rules that find something in the text, however long it is; they are not counted. */
  rulesOf(name: string, text: string): ReadonlySet<string> {
    if (this.rules.masksEverything) return new Set(OWN_NAME.test(name) ? [] : ['all']);
    return new Set(this.find(text, name).map(({ rule }) => rule));
  }

  /** Applies every rule to the same text, so that no rule hides from another what it would have found. */
  private find(text: string, name: string): readonly Match[] {
    const plain = text.includes('\\') && ESCAPE.test(text) ? new PlainText(text) : undefined;
    const matches = this.findIn(text, name, plain === undefined || plain.text === text);
    if (plain === undefined || plain.text === text) return matches;
    const others = this.findIn(plain.text, name, true).map((other) => ({
      ...other,
      start: plain.toWritten(other.start),
      end: plain.toWritten(other.end),
    }));
    return [...matches, ...others];
  }

  private findIn(text: string, name: string, isPlain: boolean): readonly Match[] {
    const hasSigns = this.signs.areIn(text, name);
    if (!hasSigns && !this.hasUnsigned) return NOTHING;
    const matches = hasSigns ? this.scanners.find(text, name) : [];
    this.findPatterns(text, matches);
    if (hasSigns && isPlain && this.signs.areOfKeysIn(text)) this.findKeys(text, matches);
    return matches;
  }

  private findPatterns(text: string, matches: Match[]): void {
    for (const [index, pattern] of this.rules.patterns.entries()) {
      const rule = `pattern_${index + 1}`;
      for (const { start, end } of pattern.find(text)) matches.push({ rule, start, end });
    }
  }

  /** Keys also occur within texts, in JSON and in pairs. */
  private findKeys(text: string, matches: Match[]): void {
    const ruleOf = (name: string): number | undefined => {
      const rule = this.textNames.ruleOf(name);
      return rule === NO_RULE ? undefined : rule;
    };
    const members = text.includes('"') ? findMembers(text, ruleOf) : [];
    for (const value of [...members, ...findPairs(text, ruleOf)]) {
      matches.push({ ...value, rule: keyRule(value.rule) });
    }
  }

  /** Overlapping matches of one rule count once; all overlapping matches are replaced by one mask. */
  private mask(text: string, matches: readonly Match[]): string {
    const parts: string[] = [];
    const ends = new Map<string, number>();
    let rest = 0;
    const ordered = [...matches].sort((a, b) => a.start - b.start || b.end - a.end);
    for (const { rule, start, end, quote = '' } of ordered) {
      const last = ends.get(rule) ?? 0;
      if (start >= last) this.count(rule, 1);
      ends.set(rule, Math.max(last, end));
      if (start >= rest) parts.push(text.slice(rest, start), quote + MASK + quote);
      rest = Math.max(rest, end);
    }
    return parts.join('') + text.slice(rest);
  }

  /** Returns the same object if nothing is masked. */
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
      const made = this.memberAt(this.names.of(name), value, depth);
      if (made === value) continue;
      redacted ??= { ...members };
      redacted[name] = made;
    }
    return redacted ?? members;
  }

  /** Redacts a text, a map or a list that has no name. */
  value(value: AnyValue): AnyValue {
    return this.valueAt(this.names.of(''), value, 0);
  }

  count(rule: string, matches: number): void {
    if (matches > 0) this.counts.set(rule, (this.counts.get(rule) ?? 0) + matches);
  }

  /** The matches of each rule since the last call. */
  takeCounts(): readonly (readonly [string, number])[] {
    const counts = [...this.counts];
    this.counts.clear();
    return counts;
  }

  /** True if a rule of LAMBDA_OTLP_REDACT_KEYS matches, which is counted. */
  masksKey(name: string): boolean {
    return this.masks(this.names.of(name));
  }

  private masks({ maskedBy }: KnownName): boolean {
    if (maskedBy === NO_RULE) return false;
    this.count(keyRule(maskedBy), 1);
    return true;
  }

  /** Redacts the text of an attribute or a member. */
  namedText(name: string, text: string): string {
    return this.textOf(this.names.of(name), text);
  }

  private textOf(known: KnownName, text: string): string {
    const { name } = known;
    if (this.rules.masksEverything && OWN_NAME.test(name)) return text;
    // The same ids and levels come with every line of a request, so the last clean value is remembered.
    if (name === '' || text.length > MAX_REMEMBERED_TEXT) return this.text(text, name);
    if (known.clean === text) return text;
    const redacted = this.text(text, name);
    if (redacted === text) known.clean = text;
    return redacted;
  }

  /** Redacts an attribute, or a member of a map at any depth. */
  member(known: KnownName, value: AnyValue): AnyValue {
    return this.memberAt(known, value, 0);
  }

  private memberAt(known: KnownName, value: AnyValue, depth: number): AnyValue {
    if (this.masks(known)) return MASK;
    return typeof value === 'string'
      ? this.textOf(known, value)
      : this.valueAt(known, value, depth);
  }

  private valueAt(known: KnownName, value: AnyValue, depth: number): AnyValue {
    if (typeof value === 'string') return this.textOf(known, value);
    if (typeof value !== 'object' || value === null) return value;
    if (value instanceof Uint8Array) return value;
    if (depth >= MAX_DEPTH) return MASK;
    if (Array.isArray(value)) {
      const made = value.map((item) => this.valueAt(known, item, depth + 1));
      return made.every((item, index) => item === value[index]) ? value : made;
    }
    return this.membersAt(value, depth + 1);
  }
}

function keyRule(place: number): string {
  return `key_${place + 1}`;
}

function bound(text: string): string {
  if (text.length <= MAX_TEXT) return text;
  const head = text.slice(0, MAX_TEXT);
  const space = Math.max(head.lastIndexOf(' '), head.lastIndexOf('\n'));
  return head.slice(0, space >= MAX_TEXT - CUT_REACH ? space : MAX_TEXT - CUT_REACH);
}
