// The limits of a value, at and one beyond them.
import {
  isWithinLimits,
  limitText,
  limitValue,
  toJsonText,
} from '../../src/log-line/limited-value';
import type { ValueLimits } from '../../src/log-line/limited-value';

const ROOMY: ValueLimits = { maxBytes: 10_000, maxTextLength: 1000, maxDepth: 3 };

it.each([
  ['a text of a third of the bytes', 'abcd', { maxBytes: 12 }, true],
  ['a text that may be longer', 'abcde', { maxBytes: 14 }, false],
  ['a text of the length', 'abcd', { maxTextLength: 4 }, true],
  ['a text one longer', 'abcde', { maxTextLength: 4 }, false],
  ['half a surrogate pair', '\ud83d', {}, false],
  ['a list of its bytes', [1, 2], { maxBytes: 16 }, true],
  ['a list of more', [1, 2], { maxBytes: 15 }, false],
  ['a map of its bytes', { ab: 1 }, { maxBytes: 14 }, true],
  ['a map of more', { ab: 1 }, { maxBytes: 13 }, false],
  ['a name that is half a pair', { '\ud83d': 1 }, {}, false],
  ['maps of the depth', { a: { b: {} } }, { maxDepth: 2 }, true],
  ['maps one deeper', { a: { b: {} } }, { maxDepth: 1 }, false],
  ['lists one deeper', [[[]]], { maxDepth: 1 }, false],
  ['null', null, {}, true],
  ['true', true, {}, true],
  ['undefined', undefined, {}, false],
  ['a bigint', 1n, {}, false],
  ['a fraction', 1.5, {}, true],
  ['an integer below 2⁶³', 2 ** 62, {}, true],
  ['2⁶³', 2 ** 63, {}, false],
  ['−2⁶³', -(2 ** 63), {}, false],
  ['an infinite number', Infinity, {}, false],
] as const)('%s: within its limits?', (_what, value, limits, expected) => {
  expect(isWithinLimits(value, { ...ROOMY, ...limits })).toBe(expected);
});

it.each([
  ['a text', 'abcdef', { maxBytes: 4 }, { value: 'abcd', truncated: true }],
  ['a text that fits', 'abcd', { maxBytes: 4 }, { value: 'abcd', truncated: false }],
  ['a text of its length', 'abcdef', { maxTextLength: 3 }, { value: 'abc', truncated: true }],
  ['half a pair', 'a\ud83d', {}, { value: 'a\ufffd', truncated: false }],
  ['a list', ['ab', 'cd', 'ef'], { maxBytes: 20 }, { value: ['ab', 'cd'], truncated: true }],
  ['a list that fits', ['ab', 'cd'], { maxBytes: 20 }, { value: ['ab', 'cd'], truncated: false }],
  ['a map', { a: 1, b: 2 }, { maxBytes: 9 }, { value: { a: 1 }, truncated: true }],
  [
    'a map that fits',
    { a: 1, b: 2 },
    { maxBytes: 18 },
    { value: { a: 1, b: 2 }, truncated: false },
  ],
  [
    'what is too deep',
    { a: { b: [1] } },
    { maxDepth: 0 },
    { value: { a: '{"b":[1]}' }, truncated: false },
  ],
  ['a bigint', 12n, {}, { value: '12', truncated: false }],
  ['a number beyond OTLP', 1e30, {}, { value: '1e+30', truncated: false }],
  ['a function', () => 1, {}, { value: null, truncated: false }],
])('%s is kept as far as it fits', (_what, value, limits, expected) => {
  expect(limitValue(value, { ...ROOMY, ...limits })).toEqual(expected);
});

it('a limited value keeps short members before long ones, in their order', () => {
  const long = 'x'.repeat(257);
  const { value, truncated } = limitValue(
    { long, short: 'y'.repeat(256), last: 1 },
    { ...ROOMY, maxBytes: 8 + 5 + 256 + 8 + 4 + 8 + 4 + 10 },
  );
  expect(value).toEqual({ long: 'x'.repeat(10), short: 'y'.repeat(256), last: 1 });
  expect(Object.keys(value as object)).toEqual(['long', 'short', 'last']);
  expect(truncated).toBe(true);
});

it('a limited value cuts text to bytes between characters', () => {
  expect([limitText('a€', 4), limitText('a€', 3), limitText('\ud83d', 3)]).toEqual([
    'a€',
    'a',
    '\ufffd',
  ]);
});

it('a limited value has JSON text for what JSON knows', () => {
  const cycle: unknown[] = [];
  cycle.push(cycle);
  expect([toJsonText([1]), toJsonText(() => 1), toJsonText(cycle)]).toEqual([
    '[1]',
    undefined,
    undefined,
  ]);
});
