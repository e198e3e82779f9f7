// A user's pattern → a search that takes linear time on any text, by an engine of our own or the host's. Forms that
// linear engines lack are refused. Figures: docs/decisions/0010-redaction.md.
import { nativeHost } from './native-host';
import { LinearEngine } from './linear-engine';
import { parsePattern } from './pattern-syntax';

export interface Pattern {
  test(text: string): boolean;
  /** The text with every match replaced, and how many there were. */
  replace(text: string, by: string): { readonly text: string; readonly count: number };
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
    // Its own syntax first: what is no pattern there is none.
    new RegExp(source);
    return toPattern(new LinearEngine(parsePattern(source)));
  } catch {
    return undefined;
  }
}

type Compile = (source: string) => (text: string) => Uint32Array;

/** Where the host has a linear engine of its own. */
function compileNatively(source: string, compile: Compile): Pattern | undefined {
  try {
    const find = compile(source);
    return {
      test: (text) => find(text).length > 0,
      replace: (text, by) => replaceAt(text, find(text), by),
    };
  } catch {
    return undefined;
  }
}

/** `places`: begin and end of each match, one after the other. */
function replaceAt(
  text: string,
  places: Uint32Array,
  by: string,
): { readonly text: string; readonly count: number } {
  let replaced = '';
  let rest = 0;
  let count = 0;
  for (let index = 0; index < places.length; index += 2) {
    const [start = 0, end = 0] = places.subarray(index, index + 2);
    if (start === end) continue;
    replaced += text.slice(rest, start) + by;
    rest = end;
    count += 1;
  }
  return { text: replaced + text.slice(rest), count };
}

/** Read over and over because matches begin long before they are given up: then the rest of the text is masked. */
const MAX_READINGS = 16;
const MIN_READ = 65_536;

function toPattern(engine: LinearEngine): Pattern {
  return {
    test: (text) => engine.findEnd(text, 0) !== -1,
    replace: (text, by) => replaceAll(engine, text, by),
  };
}

function replaceAll(
  engine: LinearEngine,
  text: string,
  by: string,
): { readonly text: string; readonly count: number } {
  const first = engine.findEnd(text, 0);
  if (first === -1) return { text, count: 0 };
  let [replaced, rest, count, from] = ['', 0, 0, 0];
  for (let left = MIN_READ + MAX_READINGS * text.length; from <= text.length; left -= engine.read) {
    if (left < 0) return { text: replaced + text.slice(rest, from) + by, count: count + 1 };
    const end = from === 0 ? first : engine.findEnd(text, from);
    if (end === -1) break;
    const start = end === from ? end : engine.findStart(text, from, end);
    from = start === end ? end + 1 : end;
    if (start === end) continue;
    replaced += text.slice(rest, start) + by;
    rest = end;
    count += 1;
  }
  return { text: count === 0 ? text : replaced + text.slice(rest), count };
}
