// A user's pattern → a search that takes linear time on any text. V8 runs it on its ordinary engine and changes
// to the linear one after so many steps back; what that one cannot run is refused, and so are forms that other
// linear engines lack. Figures: docs/decisions/0010-redaction.md.
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
  for (const flag of FLAGS) setFlagsFromString(flag);
  try {
    // Compiled by the linear engine at once, or refused.
    new RegExp(source, 'l').test('');
  } catch {
    return undefined;
  }
  return toPattern(new RegExp(source, 'g'));
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
