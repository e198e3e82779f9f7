// Users' patterns: what they find, and that no pattern and no text costs more than the text is long.
import * as fc from 'fast-check';
import { compilePattern } from '../../src/node/compile-pattern';
import { cpuRatio } from '../cpu';

/** The text with each match replaced, and how many there were. */
function replaceAll(source: string, text: string, by: string) {
  const found = compilePattern(source)?.find(text) ?? [];
  let [replaced, rest] = ['', 0];
  for (const { start, end } of found) {
    replaced += text.slice(rest, start) + by;
    rest = end;
  }
  return { text: replaced + text.slice(rest), count: found.length };
}

const bothOf = (source: string, text: string) => {
  let count = 0;
  const expected = text.replace(new RegExp(source, 'g'), (match: string) => {
    if (match === '') return '';
    count += 1;
    return '<>';
  });
  return {
    expected: { text: expected, count, isFound: new RegExp(source).test(text) },
    actual: {
      ...replaceAll(source, text, '<>'),
      isFound: compilePattern(source)?.test(text),
    },
  };
};

it.each([
  ['order-\\d+', 'order-17, order-4 and order-x'],
  ['a|ab|abc', 'abcabc'],
  ['(?:a|ab)(?:c|bcd)?', 'abcd abc ab a'],
  ['".*"', 'say "one" or "two"'],
  ['".*?"', 'say "one" or "two"'],
  ['^GET /health', 'GET /health GET /health'],
  ['end$', 'end end'],
  ['\\bcat\\b', 'cat concat cat. catalog _cat'],
  ['\\Bcat', 'cat concat'],
  ['[^\\s,]+,', 'one,two three,'],
  ['[\\d-x]+', '1-x 2'],
  ['[a-c-]+|[]|[^]', 'ab-c\nq'],
  ['a{2,3}', 'aaaaaaa'],
  ['a{2,3}?', 'aaaaaaa'],
  ['a{,3}', 'a{,3} aaa'],
  ['(a+)+b', 'aaaab aaac'],
  ['(?<year>\\d{4})-\\d\\d', '2026-11-29'],
  ['\\x41\\u0042\\cJ\\0?', 'AB\n AB\n\0'],
  ['.', 'a\n\u2028\u{1f600}'],
  ['\\w+@\\w+\\.org', 'x me@example.org y@z'],
  ['(|a)*b', 'aab'],
  ['x*', 'axxb'],
  ['', 'abc'],
])('%s on %j finds what RegExp finds', (source, text) => {
  if (source === '') return;
  const { expected, actual } = bothOf(source, text);
  expect(actual).toEqual(expected);
});

/** Without parts that may be empty below `?` and counts, where engines differ in what they prefer. */
const pattern = fc.letrec<{ whole: string; some: string }>((tie) => ({
  some: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(
      'a',
      'b',
      'c',
      '.',
      '\\w',
      '\\d',
      '[ab]',
      '[^b]',
      '\\s',
      '-',
      '(?:ab|a)',
      '[a-c1]',
    ),
    fc.tuple(tie('some'), tie('whole')).map(([a, b]) => `${a}${b}`),
    fc.tuple(tie('some'), tie('some')).map(([a, b]) => `(${a}|${b})`),
    fc
      .tuple(tie('some'), fc.constantFrom('+', '+?', '{1,3}', '{2}'))
      .map(([a, q]) => `(?:${a})${q}`),
  ),
  whole: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('some'),
    fc.constantFrom('^', '$', '\\b', '\\B'),
    fc
      .tuple(tie('some'), fc.constantFrom('*', '*?', '?', '??', '{0,2}'))
      .map(([a, q]) => `(?:${a})${q}`),
    fc.tuple(tie('whole'), tie('whole')).map(([a, b]) => `${a}${b}`),
    fc.tuple(tie('whole'), tie('whole')).map(([a, b]) => `(?:${a}|${b})`),
  ),
})).whole;
const text = fc.string({
  unit: fc.constantFrom('a', 'b', 'c', '1', ' ', '-', '\n', 'é'),
  maxLength: 24,
});

it('any pattern finds in any text what RegExp finds', () => {
  fc.assert(
    fc.property(pattern, text, (source, subject) => {
      const { expected, actual } = bothOf(source, subject);
      expect(actual).toEqual(expected);
    }),
    { numRuns: 2000 },
  );
});

it.each([
  '(?=a)b',
  '(?<!a)b',
  '(a)\\1',
  '(?<x>a)\\k<x>',
  'a{1,101}',
  '(',
  '',
  '(?:a{100}){100}',
  '(?i:a)',
])('%s is refused', (source) => {
  expect(compilePattern(source)).toBeUndefined();
});

const LENGTH = 65_536;
const MAX_RATIO = 500;

it.each([
  ['^(a+)+$', `${'a'.repeat(LENGTH - 1)}!`],
  ['(a|a)*b', 'a'.repeat(LENGTH)],
  ['(a|aa)+$', `${'a'.repeat(LENGTH - 1)}!`],
  ['(\\w+\\s?)*$', `${'a'.repeat(LENGTH - 1)}!`],
  ['(.*a){12}', 'a'.repeat(LENGTH)],
  ['[ab]*a[ab]{9}', 'abbabaab'.repeat(LENGTH / 8)],
])('%s on 64 KiB reads it once', async (source, subject) => {
  const compiled = compilePattern(source);
  const json = JSON.stringify(subject);
  // 12 to 19 times JSON.parse on a quiet machine; more than one reading costs tens of thousands of times.
  const ratio = await cpuRatio(
    () => compiled?.find(subject),
    () => repeat(50, () => JSON.parse(json) as unknown),
    MAX_RATIO / 50,
  );
  expect(ratio * 50).toBeLessThan(MAX_RATIO);
});

function repeat(times: number, work: () => unknown): void {
  for (let turn = 0; turn < times; turn += 1) work();
}

it('text in which matches begin again and again without an end is masked as a whole, not read again and again', () => {
  const subject = 'foo '.repeat(LENGTH / 4);
  const { text: left, count } = replaceAll('foo.*bar|foo', subject, '');
  expect(left).not.toContain('foo');
  expect(count).toBeLessThan(100);
});
