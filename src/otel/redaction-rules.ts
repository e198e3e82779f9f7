// The settings of redaction and filters: LAMBDA_OTLP_REDACT, …_PATTERNS, …_KEYS, LAMBDA_OTLP_DROP_LOGS and
// LAMBDA_OTLP_DROP_ATTRIBUTES. If a masking rule cannot be read, all free text is masked, because nobody knows what the
// rule was to protect. Any other rule that cannot be read is left out. Either costs one warning.
import type { Environment } from '../environment';
import type { Range } from './character-kinds';
import type { ScannerName } from './secret-scanners';
import { SCANNERS } from './secret-scanners';
import type { Signal } from '../relay/item';

/** Made by the host's compilePattern; takes linear time on any text. */
export interface Pattern {
  /** A literal that every match contains; empty if none is known. */
  readonly sign: string;
  test(text: string): boolean;
  /** In the order of the text, never empty and never overlapping. */
  find(text: string): readonly Range[];
}

/** Undefined if `source` cannot be searched for in linear time. */
export type CompilePattern = (source: string) => Pattern | undefined;

/** Runs of consecutive words, with any words between the runs. */
export type KeyRule = readonly (readonly string[])[];

export interface DropLogRule {
  /** Drops records below this severity number. */
  readonly belowSeverity?: number;
  readonly body?: Pattern;
}

export interface DropAttributeRule {
  readonly signal?: string;
  /** The parts of the name between the stars. */
  readonly parts: readonly string[];
}

export interface RedactionRules {
  readonly masksEverything: boolean;
  readonly scanners: readonly ScannerName[];
  readonly patterns: readonly Pattern[];
  readonly keys: readonly KeyRule[];
  readonly dropLogs: readonly DropLogRule[];
  readonly dropAttributes: readonly DropAttributeRule[];
}

const SEVERITIES: Readonly<Record<string, number>> = {
  trace: 1,
  debug: 5,
  info: 9,
  warn: 13,
  error: 17,
  fatal: 21,
};
const SIGNAL_PREFIX = /^(traces|metrics|logs):(.+)$/;

/** Undefined if no setting is set; then no text is looked at. */
export function readRedactionRules(
  environment: Environment,
  compile: CompilePattern,
): RedactionRules | undefined {
  const scanners = readScanners(environment);
  const patterns = readPatterns(environment, compile);
  const rules: RedactionRules = {
    masksEverything: scanners === undefined || patterns === undefined,
    scanners: scanners ?? [],
    patterns: patterns ?? [],
    keys: environment.read('LAMBDA_OTLP_REDACT_KEYS').map(toKeyRule),
    dropLogs: readDropLogs(environment, compile),
    dropAttributes: environment.read('LAMBDA_OTLP_DROP_ATTRIBUTES').map(toDropAttributeRule),
  };
  const { masksEverything, ...lists } = rules;
  const isUnset = !masksEverything && Object.values(lists).every((list) => list.length === 0);
  return isUnset ? undefined : rules;
}

function readScanners(environment: Environment): ScannerName[] | undefined {
  const words = environment.read('LAMBDA_OTLP_REDACT').map((word) => word.toLowerCase());
  if (words.every(isScanner)) return words;
  environment.reject('LAMBDA_OTLP_REDACT', {
    expected: `some of ${SCANNERS.join(', ')}`,
    seen: environment.text('LAMBDA_OTLP_REDACT') ?? '',
    using: 'a mask over all free text',
  });
  return undefined;
}

function isScanner(word: string): word is ScannerName {
  return SCANNERS.some((name) => name === word);
}

function readPatterns(environment: Environment, compile: CompilePattern): Pattern[] | undefined {
  const seen = environment.text('LAMBDA_OTLP_REDACT_PATTERNS');
  if (seen === undefined) return [];
  const sources = parseTexts(seen);
  const patterns = sources?.flatMap((source) => compile(source) ?? []);
  if (patterns !== undefined && patterns.length === sources?.length) return patterns;
  environment.reject('LAMBDA_OTLP_REDACT_PATTERNS', {
    expected:
      'a JSON array of expressions without look-around, back-references and repeats over 100',
    seen: 'another text',
    using: 'a mask over all free text',
  });
  return undefined;
}

function parseTexts(json: string): readonly string[] | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return Array.isArray(value) && value.every((item) => typeof item === 'string')
      ? value
      : undefined;
  } catch {
    return undefined;
  }
}

function readDropLogs(environment: Environment, compile: CompilePattern): DropLogRule[] {
  const name = 'LAMBDA_OTLP_DROP_LOGS';
  return environment.read(name).flatMap((part) => {
    const rule = toDropLogRule(part, compile);
    if (rule !== undefined) return [rule];
    const expected = 'severity<LEVEL or body~PATTERN';
    environment.reject(name, { expected, seen: part, using: 'the other parts' });
    return [];
  });
}

function toDropLogRule(part: string, compile: CompilePattern): DropLogRule | undefined {
  const [, level] = /^severity\s*<\s*(\w+)$/i.exec(part) ?? [];
  const belowSeverity = level === undefined ? undefined : SEVERITIES[level.toLowerCase()];
  if (belowSeverity !== undefined) return { belowSeverity };
  const body = part.startsWith('body~') ? compile(part.slice('body~'.length)) : undefined;
  return body && { body };
}

function toDropAttributeRule(part: string): DropAttributeRule {
  const [, signal, name = part] = SIGNAL_PREFIX.exec(part) ?? [];
  return { parts: name.split('*'), ...(signal !== undefined && { signal }) };
}

/** Compares the whole name; `*` stands for any characters. */
export function namesAttribute({ parts }: DropAttributeRule, name: string): boolean {
  const [first = '', ...rest] = parts;
  if (rest.length === 0) return name === first;
  const last = rest.pop() ?? '';
  if (!name.startsWith(first) || name.length < first.length + last.length) return false;
  if (!name.endsWith(last)) return false;
  let from = first.length;
  for (const part of rest) {
    const at = name.indexOf(part, from);
    if (at === -1 || at + part.length > name.length - last.length) return false;
    from = at + part.length;
  }
  return true;
}

function toKeyRule(rule: string): KeyRule {
  return rule
    .split('*')
    .map(toWords)
    .filter((run) => run.length > 0);
}

/** Splits at anything but letters and digits, and where lower case turns to upper case. */
function toWords(text: string): string[] {
  return text
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
}

/** The index of the first rule that matches the key; -1 if none does. */
function findKeyRule(rules: readonly KeyRule[], key: string): number {
  const text = key.toLowerCase();
  let words: readonly string[] | undefined;
  // A cheap first check: most names do not even contain the letters of a rule.
  return rules.findIndex(
    (rule) =>
      rule.every((run) => run.every((word) => text.includes(word))) &&
      namesKey(rule, (words ??= toWords(key))),
  );
}

/** `password` matches `user_password` and `userPassword` but not `passwordless`. */
function namesKey(rule: KeyRule, words: readonly string[]): boolean {
  if (rule.length === 0) return false;
  let from = 0;
  for (const run of rule) {
    const at = words.findIndex(
      (_, index) => index >= from && run.every((word, offset) => words[index + offset] === word),
    );
    if (at === -1) return false;
    from = at + run.length;
  }
  return true;
}

// What the rules say about names of attributes and members, decided once for each name since names repeat.

const MAX_NAMES = 512;
const MAX_TEXT_NAMES = 512;
export const NO_RULE = -1;

export interface KnownName {
  readonly name: string;
  /** The index of the first rule of LAMBDA_OTLP_REDACT_KEYS that matches the name. */
  readonly maskedBy: number;
  /** The indices of the first matching rules of LAMBDA_OTLP_DROP_ATTRIBUTES, by signal. */
  readonly droppedBy: Readonly<Record<Signal, number>>;
  /** A rule of either setting matches the name. */
  readonly isNamed: boolean;
  /** The latest value in which no rule found anything. */
  clean: string | undefined;
}

export class KnownNames {
  private readonly names = new Map<string, KnownName>();

  constructor(private readonly rules: RedactionRules) {}

  of(name: string): KnownName {
    let known = this.names.get(name);
    if (known === undefined) {
      known = this.judge(name);
      if (this.names.size >= MAX_NAMES) this.names.clear();
      this.names.set(name, known);
    }
    return known;
  }

  private judge(name: string): KnownName {
    const { keys, dropAttributes } = this.rules;
    const droppingOf = (signal: Signal): number =>
      dropAttributes.findIndex(
        (rule) => (rule.signal ?? signal) === signal && namesAttribute(rule, name),
      );
    const maskedBy = findKeyRule(keys, name);
    const droppedBy = {
      traces: droppingOf('traces'),
      metrics: droppingOf('metrics'),
      logs: droppingOf('logs'),
    };
    return {
      name,
      maskedBy,
      droppedBy,
      isNamed: [maskedBy, ...Object.values(droppedBy)].some((rule) => rule !== NO_RULE),
      clean: undefined,
    };
  }
}

/** Names found within texts. They have a cache of their own: there may be any number of them. */
export class TextNames {
  private readonly rules = new Map<string, number>();

  constructor(private readonly keys: RedactionRules['keys']) {}

  /** The index of the first rule of LAMBDA_OTLP_REDACT_KEYS that matches the name. */
  ruleOf(name: string): number {
    let rule = this.rules.get(name);
    if (rule === undefined) {
      rule = findKeyRule(this.keys, name);
      if (this.rules.size >= MAX_TEXT_NAMES) this.rules.clear();
      this.rules.set(name, rule);
    }
    return rule;
  }
}
