// A user's pattern → a search that takes linear time on any text, by an engine of our own or the host's. Forms that
// linear engines lack are refused. Figures: docs/decisions/0010-redaction.md.
import { nativeHost } from './native-host';
import { LinearEngine, longestLiteralOf } from './linear-engine';
import { parsePattern } from './pattern-syntax';

export interface Pattern {
  /** What every match has in it; empty where none is known. */
  readonly sign: string;
  test(text: string): boolean;
  /** In the order of the text; none is empty, none overlaps another. */
  find(text: string): readonly Match[];
}

interface Match {
  readonly start: number;
  /** Behind its last code unit. */
  readonly end: number;
}

const MAX_REPEATS = 100;
const LOOK_AROUND = /\(\?<?[=!]/;
const BACK_REFERENCE = /\\(?:[1-9]|k<)/;
const COUNTED = /\{(\d+)(?:,(\d*))?\}/g;

/** Undefined: no regular expression, or none that linear engines have. */
export function compilePattern(source: string): Pattern | undefined {
  if (source === '' || LOOK_AROUND.test(source) || BACK_REFERENCE.test(source)) return undefined;
  for (const [, least, most = ''] of source.matchAll(COUNTED)) {
    if (Number(least) > MAX_REPEATS || Number(most) > MAX_REPEATS) return undefined;
  }
  if (nativeHost !== undefined) return compileNatively(source, nativeHost.compilePattern);
  try {
    // JavaScript's own syntax first: what is not valid there is not valid here.
    new RegExp(source);
    return toPattern(new LinearEngine(parsePattern(source)));
  } catch {
    return undefined;
  }
}

/**
 * Whether one of these expressions is found in a text: ours, which no engine is slow with; one by one where that is
 * faster. Undefined: the host has nothing better than JavaScript.
 */
export const compileSigns =
  nativeHost &&
  ((sources: readonly string[]) => {
    const pattern = compilePattern(sources.join('|'));
    return (text: string): boolean => pattern?.test(text) === true;
  });

type Compile = (source: string) => (text: string) => Uint32Array;

/** Where the host has a linear engine of its own. */
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

/** Its engine may have forms that ours lacks. */
function signOf(source: string): string {
  try {
    return longestLiteralOf(parsePattern(source));
  } catch {
    return '';
  }
}

/** `places`: begin and end of each match, one after the other. */
function toMatches(places: Uint32Array): readonly Match[] {
  const matches: Match[] = [];
  for (let index = 0; index < places.length; index += 2) {
    const [start = 0, end = 0] = places.subarray(index, index + 2);
    if (start < end) matches.push({ start, end });
  }
  return matches;
}

/** Read over and over because matches begin long before they are given up: then the rest of the text is masked. */
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
