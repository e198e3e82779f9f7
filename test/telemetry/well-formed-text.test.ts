import * as current from '../../src/telemetry/fields';

const { cutToBytes, cutToLength, utf8Bytes } = current;

const PAIR = '😀';
const HIGH = '\ud83d';
const LOW = '\ude00';

/** The module as it is where text has no methods for it. */
function loadForNode18(): typeof current {
  const own = Object.getOwnPropertyDescriptor(String.prototype, 'isWellFormed');
  Reflect.deleteProperty(String.prototype, 'isWellFormed');
  let loaded = current;
  jest.isolateModules(() => {
    loaded = jest.requireActual('../../src/telemetry/fields');
  });
  if (own !== undefined) Object.defineProperty(String.prototype, 'isWellFormed', own);
  return loaded;
}

describe.each([
  ['this Node.js', current],
  ['Node.js 18', loadForNode18()],
])('in %s well-formed text', (_, { isWellFormed, toWellFormed }) => {
  it.each(['', 'plain', 'größer', '漢字', PAIR, `a${PAIR}b`])('is left alone: %j', (text) => {
    expect(isWellFormed(text)).toBe(true);
    expect(toWellFormed(text)).toBe(text);
  });

  it.each([
    [HIGH, '\ufffd'],
    [LOW, '\ufffd'],
    [`a${HIGH}b${LOW}c`, 'a\ufffdb\ufffdc'],
    [`${PAIR}${HIGH}`, `${PAIR}\ufffd`],
    [`${LOW}${HIGH}`, '\ufffd\ufffd'],
  ])('is made of %j by replacing each lone surrogate', (text, expected) => {
    expect(isWellFormed(text)).toBe(false);
    expect(toWellFormed(text)).toBe(expected);
  });
});

it.each([
  ['nothing', '', 0],
  ['the last of one byte', '\u007f', 1],
  ['the first of two bytes', '\u0080', 2],
  ['the last of two bytes', '\u07ff', 2],
  ['the first of three bytes', '\u0800', 3],
  ['the last before the surrogates', '\ud7ff', 3],
  ['the first after the surrogates', '\ue000', 3],
  ['a pair', PAIR, 4],
  ['several of each', `aü漢${PAIR}z`, 11],
])('the UTF-8 length of %s is what an encoder writes', (_, text, expected) => {
  expect(utf8Bytes(text)).toBe(expected);
  expect(Buffer.byteLength(text)).toBe(expected);
});

it.each([
  ['aü漢z', 8, 'aü漢z'],
  ['aü漢z', 7, 'aü漢z'],
  ['aü漢z', 6, 'aü漢'],
  ['aü漢z', 5, 'aü'],
  ['aü漢z', 3, 'aü'],
  ['aü漢z', 2, 'a'],
  ['aü漢z', 0, ''],
  [`a${PAIR}b`, 6, `a${PAIR}b`],
  [`a${PAIR}b`, 5, `a${PAIR}`],
  [`a${PAIR}b`, 4, 'a'],
  [`a${PAIR}b`, 3, 'a'],
  ['abc', 100, 'abc'],
])('a cut of %j to %i bytes is %j', (text, maxBytes, expected) => {
  expect(cutToBytes(text, maxBytes)).toBe(expected);
});

it.each([
  ['abc', 4, 'abc'],
  ['abc', 3, 'abc'],
  ['abc', 2, 'ab'],
  ['abc', 0, ''],
  [`a${PAIR}b`, 4, `a${PAIR}b`],
  [`a${PAIR}b`, 3, `a${PAIR}`],
  [`a${PAIR}b`, 2, 'a'],
  [`a${PAIR}b`, 1, 'a'],
  ['\ud7ff\udbff\udfff', 1, '\ud7ff'],
  ['\ud7ff\udbff\udfff', 2, '\ud7ff'],
])('a cut of %j to %i units is %j', (text, maxLength, expected) => {
  expect(cutToLength(text, maxLength)).toBe(expected);
});
