// Translates a JavaScript pattern (without flags) into the syntax of Rust's `regex` crate, with the same matches.
// Syntax without an equivalent is refused. A character beyond the BMP counts as one here, but as two units in
// JavaScript.
// Source: https://tc39.es/ecma262/#sec-regexp-regular-expression-objects, https://docs.rs/regex/#syntax

const DIGITS = '0-9';
const WORDS = '0-9A-Za-z_';
const SPACES =
  '\\t\\n\\v\\f\\r \\u{a0}\\u{1680}\\u{2000}-\\u{200a}\\u{2028}\\u{2029}\\u{202f}\\u{205f}\\u{3000}\\u{feff}';
/** In a class `[^0-9]` stands for itself: classes nest. */
const SETS: Readonly<Record<string, string>> = {
  d: `[${DIGITS}]`,
  D: `[^${DIGITS}]`,
  w: `[${WORDS}]`,
  W: `[^${WORDS}]`,
  s: `[${SPACES}]`,
  S: `[^${SPACES}]`,
};
const CONTROLS: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, v: 11, f: 12, '0': 0 };
const NOT_A_LINE_END = '[^\\n\\r\\u{2028}\\u{2029}]';
const NOTHING = '[^\\u{0}-\\u{10ffff}]';
const ANYTHING = '[\\u{0}-\\u{10ffff}]';

/** A set of characters, or one of them. */
type Atom = { readonly set: string } | { readonly code: number };

class Translation {
  private at = 0;

  constructor(private readonly source: string) {}

  /** @throws SyntaxError for syntax without an equivalent. */
  run(): string {
    let target = '';
    while (this.at < this.source.length) target += this.next();
    return target;
  }

  private next(): string {
    const { source } = this;
    const character = source[this.at] ?? '';
    switch (character) {
      case '.':
        this.at += 1;
        return NOT_A_LINE_END;
      case '[':
        return this.class();
      case '(':
        return this.group();
      case '{':
        return this.take(/\{\d+(?:,\d*)?\}/y) ?? this.literal();
      case '\\':
        return this.take(/\\b/y) === undefined ? toText(this.atom()) : '(?-u:\\b)';
      default:
        return '^$*+?|)'.includes(character) ? this.skip(character) : this.literal();
    }
  }

  /** Captures and their names are not needed. */
  private group(): string {
    return this.take(/\((?:\?:|\?<[\p{L}_$][\p{L}\d_$]*>|(?!\?))/uy) === undefined
      ? this.refuse()
      : '(?:';
  }

  private skip(text: string): string {
    this.at += text.length;
    return text;
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

  private literal(): string {
    return toText({ code: this.character() });
  }

  private character(): number {
    const code = this.source.codePointAt(this.at) ?? this.refuse();
    if (code >= 0xd800 && code <= 0xdfff) this.refuse();
    this.at += code > 0xffff ? 2 : 1;
    return code;
  }

  /** One character, or the set that an escape stands for. */
  private atom(): Atom {
    if (this.source[this.at] !== '\\') return { code: this.character() };
    if (this.take(/\\(?:[B1-9kpP]|c(?![A-Za-z])|0\d)/y) !== undefined) this.refuse();
    this.at += 1;
    const number = this.take(/x[\da-f]{2}|u[\da-f]{4}/iy)?.slice(1);
    if (number !== undefined) return { code: Number.parseInt(number, 16) };
    const letter = this.take(/c[a-z]/iy)?.charCodeAt(1);
    if (letter !== undefined) return { code: letter % 32 };
    const code = this.character();
    const name = String.fromCodePoint(code);
    const set = SETS[name];
    return set === undefined ? { code: CONTROLS[name] ?? code } : { set };
  }

  private class(): string {
    const head = this.take(/\[\^?/y) ?? '';
    if (this.take(/\]/y) !== undefined) return head === '[' ? NOTHING : ANYTHING;
    let target = head;
    while (this.take(/\]/y) === undefined) {
      const first = this.member();
      const last = this.take(/-(?!\])/y) === undefined ? undefined : this.member();
      target += toText(first);
      if (last === undefined) continue;
      // A hyphen next to a set stands for itself.
      const isRange = 'code' in first && 'code' in last;
      target += `${isRange ? '-' : toText({ code: 0x2d })}${toText(last)}`;
    }
    return `${target}]`;
  }

  private member(): Atom {
    if (this.take(/\\b/y) !== undefined) return { code: 8 };
    return this.atom();
  }
}

/** By number where it could mean something. */
function toText(atom: Atom): string {
  if ('set' in atom) return atom.set;
  if (atom.code >= 0xd800 && atom.code <= 0xdfff) throw new SyntaxError('half a character');
  const text = String.fromCodePoint(atom.code);
  return /[\w ]/.test(text) ? text : `\\u{${atom.code.toString(16)}}`;
}

/** @throws SyntaxError if it is not a pattern, or uses syntax that only some engines have. */
export function toLinearPattern(source: string): string {
  // Checked first, since the translation of an invalid pattern could be valid.
  new RegExp(source);
  return new Translation(source).run();
}
