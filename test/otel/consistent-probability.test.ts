import {
  isDrawn,
  raiseThreshold,
  toRandomness,
  toShortThreshold,
  toThreshold,
  withThreshold,
} from '../../src/otel/consistent-probability';

const traceId = (randomness: string) => `0123456789abcdef01${randomness}`;

it.each([
  [1, '0'],
  [0.5, '8'],
  [0.25, 'c'],
  [0.05, 'f3333'],
  [0.1, 'e666'],
  [1e-20, 'ffffffffffffff'],
])('a threshold of probability %d is th:%s', (probability, expected) => {
  expect(toShortThreshold(toThreshold(probability))).toBe(expected);
});

it('a threshold draws the share that it says', () => {
  const threshold = toThreshold(0.1);
  const ids = Array.from({ length: 10_000 }, (_, index) =>
    Math.floor((index / 10_000) * 2 ** 52)
      .toString(16)
      .padStart(13, '0'),
  );
  const drawn = ids.filter((id) => isDrawn(toRandomness(traceId(`${id}0`)), threshold)).length;
  const T = Number(`0x${threshold}`);
  expect((drawn * 2 ** 56) / (2 ** 56 - T)).toBeCloseTo(10_000, -1);
});

it.each([
  ['is raised', 'ot=th:8', 0.25, 'e0000000000000', 'ot=th:c'],
  ['is never lowered', 'ot=th:e', 0.25, 'f0000000000000', 'ot=th:e'],
  ['is raised beyond its randomness', 'ot=th:8', 0.25, '90000000000000', 'ot=th:c'],
  [
    'keeps other members and keys',
    'a=1,ot=th:8;x:y,b=2',
    0.25,
    'f0000000000000',
    'ot=th:c;x:y,a=1,b=2',
  ],
  ['without one gets none', 'a=1', 0.25, 'f0000000000000', 'a=1'],
  ['that contradicts its randomness is erased', 'ot=th:f', 0.25, 'd0000000000000', ''],
  [
    'draws by rv where there is one',
    'ot=rv:10000000000000;th:0',
    0.25,
    'f0000000000000',
    'ot=th:c;rv:10000000000000',
  ],
  ['that is no hexadecimal is erased', 'ot=th:zz', 0.25, 'f0000000000000', ''],
])(
  'a span that comes with a threshold of its own %s',
  (...[, tracestate, probability, randomness, expected]) => {
    const span = { traceId: traceId(randomness), tracestate };
    expect(raiseThreshold(span, toThreshold(probability))).toBe(expected);
  },
);

it('a span that comes with a threshold of its own loses what would be longer than 256 characters', () => {
  const long = `ot=x:${'y'.repeat(255)}`;
  expect(withThreshold(long, toThreshold(0.5))).toBe('');
});
