// Parses a JavaScript regular expression (without flags) into a tree that linear engines can handle. The caller has
// checked that it is valid and has no look-around or back-references.
// Source: https://tc39.es/ecma262/#sec-regexp-regular-expression-objects, Annex B.1.2

/** Ranges of code units as pairs of a first and a last one, both included. */
export type Ranges = readonly number[];

export type PatternNode =
  | { readonly kind: 'set'; readonly ranges: Ranges }
  | { readonly kind: 'all'; readonly parts: readonly PatternNode[] }
  | { readonly kind: 'any'; readonly parts: readonly PatternNode[] }
  | {
      readonly kind: 'repeat';
      readonly part: PatternNode;
      readonly least: number;
      readonly most: number;
      readonly isGreedy: boolean;
    }
  | { readonly kind: 'edge'; readonly edge: Edge };

/** `^`, `$`, `\b`, `\B`. */
export type Edge = 'start' | 'end' | 'word' | 'inWord';

const MAX_UNIT = 0xffff;
const DIGITS: Ranges = [0x30, 0x39];
export const WORDS: Ranges = [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a];
const SPACES: Ranges = [
  ...[0x09, 0x0d, 0x20, 0x20, 0xa0, 0xa0, 0x1680, 0x1680, 0x2000, 0x200a],
  ...[0x2028, 0x2029, 0x202f, 0x202f, 0x205f, 0x205f, 0x3000, 0x3000, 0xfeff, 0xfeff],
];
const LINE_ENDS: Ranges = [0x0a, 0x0a, 0x0d, 0x0d, 0x2028, 0x2029];
const SETS: Readonly<Record<string, Ranges>> = {
  d: DIGITS,
  D: invert(DIGITS),
  w: WORDS,
  W: invert(WORDS),
  s: SPACES,
  S: invert(SPACES),
};
const CONTROLS: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, v: 11, f: 12 };

function invert(ranges: Ranges): Ranges {
  const pairs = toPairs(ranges).sort(([a], [b]) => a - b);
  const inverted: number[] = [];
  let next = 0;
  for (const [from, to] of pairs) {
    if (from > next) inverted.push(next, from - 1);
    next = Math.max(next, to + 1);
  }
  if (next <= MAX_UNIT) inverted.push(next, MAX_UNIT);
  return inverted;
}

function toPairs(ranges: Ranges): (readonly [number, number])[] {
  return ranges.flatMap((from, index) =>
    index % 2 === 0 ? [[from, ranges[index + 1] ?? from] as const] : [],
  );
}

/** @throws SyntaxError for syntax that linear engines do not have. */
export function parsePattern(source: string): PatternNode {
  return new Parser(source).run();
}

class Parser {
  private at = 0;

  constructor(private readonly source: string) {}

  run(): PatternNode {
    const node = this.alternatives();
    return this.at === this.source.length ? node : this.refuse();
  }

  private alternatives(): PatternNode {
    const parts = [this.sequence()];
    while (this.take(/\|/y) !== undefined) parts.push(this.sequence());
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : { kind: 'any', parts };
  }

  private sequence(): PatternNode {
    const parts: PatternNode[] = [];
    while (this.at < this.source.length && !'|)'.includes(this.source[this.at] ?? '')) {
      parts.push(this.repeated(this.atom()));
    }
    return { kind: 'all', parts };
  }

  private repeated(part: PatternNode): PatternNode {
    const text = this.take(/(?:[*+?]|\{\d+(?:,\d*)?\})\??/y);
    if (text === undefined) return part;
    const isGreedy = text.length === 1 || !text.endsWith('?');
    const [, low = '', comma, high = ''] = /\{(\d+)(,)?(\d*)\}/.exec(text) ?? [];
    const unbounded = Number.POSITIVE_INFINITY;
    if (low !== '') {
      const most = comma === undefined ? Number(low) : high === '' ? unbounded : Number(high);
      return { kind: 'repeat', part, least: Number(low), most, isGreedy };
    }
    const least = text.startsWith('+') ? 1 : 0;
    return { kind: 'repeat', part, least, most: text.startsWith('?') ? 1 : unbounded, isGreedy };
  }

  private atom(): PatternNode {
    if (this.take(/\^/y) !== undefined) return { kind: 'edge', edge: 'start' };
    if (this.take(/\$/y) !== undefined) return { kind: 'edge', edge: 'end' };
    if (this.take(/\\b/y) !== undefined) return { kind: 'edge', edge: 'word' };
    if (this.take(/\\B/y) !== undefined) return { kind: 'edge', edge: 'inWord' };
    if (this.take(/\./y) !== undefined) return { kind: 'set', ranges: invert(LINE_ENDS) };
    if (this.source[this.at] === '(') return this.group();
    if (this.source[this.at] === '[') return { kind: 'set', ranges: this.class() };
    return { kind: 'set', ranges: this.escapeOrUnit() };
  }

  private group(): PatternNode {
    if (this.take(/\((?:\?:|\?<[\p{L}_$][\p{L}\d_$]*>|(?!\?))/uy) === undefined) this.refuse();
    const inside = this.alternatives();
    return this.take(/\)/y) === undefined ? this.refuse() : inside;
  }

  private class(): Ranges {
    const isInverted = this.take(/\[\^?/y) === '[^';
    const ranges: number[] = [];
    while (this.take(/\]/y) === undefined) {
      const first = this.member();
      const last = this.take(/-(?!\])/y) === undefined ? undefined : this.member();
      if (last === undefined) ranges.push(...first);
      else if (isUnit(first) && isUnit(last)) ranges.push(first[0] ?? 0, last[0] ?? 0);
      // A hyphen next to a class such as `\d` stands for itself.
      else ranges.push(...first, 0x2d, 0x2d, ...last);
    }
    return isInverted ? invert(ranges) : ranges;
  }

  private member(): Ranges {
    if (this.take(/\\b/y) !== undefined) return [8, 8];
    return this.escapeOrUnit();
  }

  private escapeOrUnit(): Ranges {
    const { source } = this;
    if (source[this.at] !== '\\') return unit(source.charCodeAt(this.at++));
    if (this.take(/\\(?:[1-9kpP]|0\d|c(?![A-Za-z]))/y) !== undefined) this.refuse();
    this.at += 1;
    const number = this.take(/x[\da-f]{2}|u[\da-f]{4}/iy)?.slice(1);
    if (number !== undefined) return unit(Number.parseInt(number, 16));
    const letter = this.take(/c[a-z]/iy)?.charCodeAt(1);
    if (letter !== undefined) return unit(letter % 32);
    if (this.take(/0/y) !== undefined) return unit(0);
    const code = source.charCodeAt(this.at++);
    const name = String.fromCharCode(code);
    return SETS[name] ?? unit(CONTROLS[name] ?? code);
  }

  private take(expression: RegExp): string | undefined {
    expression.lastIndex = this.at;
    const found = expression.exec(this.source)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  private refuse(): never {
    throw new SyntaxError(`${this.source.slice(this.at)}: expected what other engines have too`);
  }
}

function unit(code: number): Ranges {
  return [code, code];
}

function isUnit(ranges: Ranges): boolean {
  return ranges.length === 2 && ranges[0] === ranges[1];
}

export function isIn(ranges: Ranges, code: number): boolean {
  return ranges.some((from, at) => at % 2 === 0 && code >= from && code <= (ranges[at + 1] ?? -1));
}

// The alphabet of a pattern: code units that none of its sets tell apart share one symbol.

export const UNITS = 0x10000;
export const LATIN = 0x100;

export class Alphabet {
  readonly size: number;
  private readonly starts: readonly number[];
  readonly latin = new Uint16Array(LATIN);

  constructor(sets: readonly Ranges[]) {
    const starts = new Set([0]);
    for (const ranges of [...sets, WORDS]) {
      ranges.forEach((code, index) => starts.add(index % 2 === 0 ? code : code + 1));
    }
    this.starts = [...starts].filter((start) => start < UNITS).sort((a, b) => a - b);
    this.size = this.starts.length;
    for (let code = 0; code < LATIN; code += 1) this.latin[code] = this.search(code);
  }

  of(code: number): number {
    return code < LATIN ? (this.latin[code] ?? 0) : this.search(code);
  }

  sample(symbol: number): number {
    return this.starts[symbol] ?? 0;
  }

  private search(code: number): number {
    let [low, high] = [0, this.starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.starts[middle] ?? 0) <= code) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
