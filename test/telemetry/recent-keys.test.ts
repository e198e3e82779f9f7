import fc from 'fast-check';
import { RecentKeys } from '../../src/telemetry/recent-keys';

type Key = readonly [high: number, low: number];

function seen(capacity: number, keys: readonly Key[]): readonly boolean[] {
  const recent = new RecentKeys(capacity);
  return keys.map(([high, low]) => recent.add(high, low));
}

it.each<[string, Key[], boolean[]]>([
  [
    'a key that comes again is known',
    [
      [1, 2],
      [1, 2],
    ],
    [false, true],
  ],
  [
    'the first key may be 0',
    [
      [0, 0],
      [0, 0],
    ],
    [false, true],
  ],
  [
    '0 is not known before it came',
    [
      [1, 1],
      [0, 0],
    ],
    [false, false],
  ],
  [
    'both halves count',
    [
      [1, 2],
      [1, 3],
      [3, 2],
      [2, 1],
    ],
    [false, false, false, false],
  ],
  [
    'of keys with one low half each is found',
    [
      [1, 9],
      [2, 9],
      [2, 9],
      [1, 9],
    ],
    [false, false, true, true],
  ],
  [
    'the halves are unsigned',
    [
      [0xffffffff, 0x80000000],
      [0xffffffff, 0x80000000],
    ],
    [false, true],
  ],
  [
    'the oldest makes room',
    [
      [1, 1],
      [2, 2],
      [3, 3],
      [4, 4],
      [1, 1],
    ],
    [false, false, false, false, false],
  ],
  [
    'one that came again takes no room',
    [
      [1, 1],
      [2, 2],
      [2, 2],
      [3, 3],
      [1, 1],
    ],
    [false, false, true, false, true],
  ],
])('%s', (_, keys, expected) => {
  expect(seen(3, keys)).toEqual(expected);
});

it('agrees with a list of the latest different keys', () => {
  const key = fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 3 }));
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }),
      fc.array(key, { maxLength: 60 }),
      (capacity, keys) => {
        let latest: string[] = [];
        const expected = keys.map((pair) => {
          const text = pair.join();
          if (latest.includes(text)) return true;
          latest = [...latest, text].slice(-capacity);
          return false;
        });
        expect(seen(capacity, keys)).toEqual(expected);
      },
    ),
  );
});
