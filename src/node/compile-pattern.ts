// A user's pattern → a search that takes linear time on any text. V8 runs it on its ordinary engine and changes
// to the linear one after so many steps back; what that one cannot run is refused, and so are forms that other
// linear engines lack. Figures: docs/decisions/0010-redaction.md.
import { nativeHost } from './native-host';
import { setFlagsFromString } from './v8';

export interface Pattern {
  test(text: string): boolean;
  /** The text with every match replaced, and how many there were. */
  replace(text: string, by: string): { readonly text: string; readonly count: number };
}

const FLAGS = [
  '--enable-experimental-regexp-engine',
  '--enable-experimental-regexp-engine-on-excessive-backtracks',
  '--regexp-backtracks-before-fallback=20000',
];
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
  for (const flag of FLAGS) setFlagsFromString(flag);
  try {
    // Compiled by the linear engine at once, or refused.
    new RegExp(source, 'l').test('');
  } catch {
    return undefined;
  }
  return toPattern(new RegExp(source, 'g'));
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

function toPattern(expression: RegExp): Pattern {
  return {
    test(text) {
      expression.lastIndex = 0;
      return expression.test(text);
    },
    replace(text, by) {
      let count = 0;
      const replaced = text.replace(expression, (match: string) => {
        if (match === '') return '';
        count += 1;
        return by;
      });
      return { text: replaced, count };
    },
  };
}
