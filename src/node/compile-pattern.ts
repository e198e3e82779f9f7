// Compiles a user's pattern into a search that takes linear time on any text, by our own engine or the native host's.
// Syntax that linear engines lack is refused. Figures: docs/decisions/0010-redaction.md.
import { nativeHost } from './native-host';
import { LinearEngine, longestLiteralOf } from './linear-engine';
import { parsePattern } from './pattern-syntax';

export interface Pattern {
  /** A literal that every match contains; empty if none is known. */
  readonly sign: string;
  test(text: string): boolean;
  /** In the order of the text, never empty and never overlapping. */
  find(text: string): readonly Match[];
}

interface Match {
  readonly start: number;
  /** The index after the last code unit. */
  readonly end: number;
}

const MAX_REPEATS = 100;
const LOOK_AROUND = /\(\?<?[=!]/;
const BACK_REFERENCE = /\\(?:[1-9]|k<)/;
const COUNTED = /\{(\d+)(?:,(\d*))?\}/g;

/** Undefined if `source` is not a regular expression, or uses syntax that linear engines lack. */
export function compilePattern(source: string): Pattern | undefined {
  if (source === '' || LOOK_AROUND.test(source) || BACK_REFERENCE.test(source)) return undefined;
  for (const [, least, most = ''] of source.matchAll(COUNTED)) {
    if (Number(least) > MAX_REPEATS || Number(most) > MAX_REPEATS) return undefined;
  }
  if (nativeHost !== undefined) return compileNatively(source, nativeHost.compilePattern);
  try {
    // The source must be valid in JavaScript, too.
    new RegExp(source);
    return toPattern(new LinearEngine(parsePattern(source)));
  } catch {
    return undefined;
  }
}

/**
 * Tells whether one of the expressions matches a text. Only for our own expressions, which no engine is slow with.
 * Undefined under Node.js, where testing them one by one with its own engine is faster.
 */
export const compileSigns =
  nativeHost &&
  ((sources: readonly string[]) => {
    const pattern = compilePattern(sources.join('|'));
    return (text: string): boolean => pattern?.test(text) === true;
  });

type Compile = (source: string) => (text: string) => Uint32Array;

function compileNatively(source: string, compile: Compile): Pattern | undefined {
  try {
    const find = compile(source);
    return {
      sign: signOf(source),
      test: (text) => find(text).length > 0,
      find: (text) => toMatches(find(text)),
    };
  } catch {
    return undefined;
  }
}

/** The host's engine may accept syntax that our parser does not know; then no literal is known. */
function signOf(source: string): string {
  try {
    return longestLiteralOf(parsePattern(source));
  } catch {
    return '';
  }
}

/** `places`: start and end of each match, one after the other. */
function toMatches(places: Uint32Array): readonly Match[] {
  const matches: Match[] = [];
  for (let index = 0; index < places.length; index += 2) {
    const [start = 0, end = 0] = places.subarray(index, index + 2);
    if (start < end) matches.push({ start, end });
  }
  return matches;
}

/**
 * A text is read again and again if many matches start that fail late; after this many readings the rest of it is
 * masked.
 */
const MAX_READINGS = 16;
const MIN_READ = 65_536;

function toPattern(engine: LinearEngine): Pattern {
  return {
    sign: engine.sign,
    test: (text) => engine.findEnd(text, 0) !== -1,
    find: (text) => findAll(engine, text),
  };
}

const NONE: readonly Match[] = [];

function findAll(engine: LinearEngine, text: string): readonly Match[] {
  const first = engine.findEnd(text, 0);
  if (first === -1) return NONE;
  const matches: Match[] = [];
  let from = 0;
  for (let left = MIN_READ + MAX_READINGS * text.length; from <= text.length; left -= engine.read) {
    if (left < 0) return [...matches, { start: from, end: text.length }];
    const end = from === 0 ? first : engine.findEnd(text, from);
    if (end === -1) break;
    const start = end === from ? end : engine.findStart(text, from, end);
    from = start === end ? end + 1 : end;
    if (start < end) matches.push({ start, end });
  }
  return matches;
}
