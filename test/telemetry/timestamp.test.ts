import type { HrTime } from '@opentelemetry/api';
import fc from 'fast-check';
import {
  addMs,
  compareTimes,
  durationBetween,
  fromEpochMs,
  laterTime,
  parseTimestamp,
  parseTimestampUntil,
  TimestampReader,
  toNanosText,
} from '../../src/telemetry/timestamp';

const AT = Date.UTC(2026, 2, 2, 8, 15, 0) / 1000;

const NEW_YEAR = Date.UTC(2027, 0, 1) / 1000;

const withCharacter = (text: string, at: number, character: string): string =>
  text.slice(0, at) + character + text.slice(at + 1);

it.each([
  ['milliseconds', '2026-03-02T08:15:00.120Z', [AT, 120_000_000]],
  ['microseconds', '2026-03-02T08:15:00.565094Z', [AT, 565_094_000]],
  ['nanoseconds', '2026-03-02T08:15:00.123456789Z', [AT, 123_456_789]],
  ['more digits than nanoseconds', '2026-03-02T08:15:00.1234567891Z', [AT, 123_456_789]],
  ['no fraction', '2026-03-02T08:15:00Z', [AT, 0]],
  ['no zone (UTC)', '2026-03-02T08:15:00.120', [AT, 120_000_000]],
  ['an offset', '2026-03-02T10:15:00.120+02:00', [AT, 120_000_000]],
  ['an offset without a colon', '2026-03-02T06:45:00-0130', [AT, 0]],
  ["AWS's misprint with a colon", '2026-03-02T08:15:00:521Z', [AT, 521_000_000]],
  ['a space instead of T', '2026-03-02 08:15:00,120', [AT, 120_000_000]],
  [
    'the 29th of February of a leap year',
    '2024-02-29T00:00:00.000Z',
    [Date.UTC(2024, 1, 29) / 1000, 0],
  ],
  ['the beginning of the epoch', '1970-01-01T00:00:00.000Z', [0, 0]],
  ['the year 2100', '2100-01-01T00:00:00.000Z', [Date.UTC(2100, 0, 1) / 1000, 0]],
  ['the last moment of a year', '2026-12-31T23:59:59.999Z', [NEW_YEAR - 1, 999_000_000]],
  ['the first moment of a year', '2027-01-01T00:00:00.000Z', [NEW_YEAR, 0]],
  ['a leap second', '2026-12-31T23:59:60.250Z', [NEW_YEAR, 250_000_000]],
  ['the epoch in a zone where it is 1969', '1969-12-31T23:00:01-01:00', [1, 0]],
  ['an offset of hours', '2026-03-02T10:15:00+02', [AT, 0]],
  ['an offset west', '2026-03-02T06:45:00.120-01:30', [AT, 120_000_000]],
  ['one fraction digit', '2026-03-02T08:15:00.5Z', [AT, 500_000_000]],
  ['lower case', '2026-03-02t08:15:00.120z', [AT, 120_000_000]],
  ['a space before the zone', '2026-03-02 08:15:00 +00:00', [AT, 0]],
  ['the last second of the range', '2540-05-25T08:00:00.000Z', [18_000_000_000, 0]],
])('parseTimestamp reads %s', (_, text, expected) => {
  expect(parseTimestamp(text)).toEqual(expected);
});

it.each([
  '',
  'yesterday',
  '2026-02-30T08:15:00.000Z',
  '2026-13-01T00:00:00.000Z',
  '2026-03-02T24:01:00.000Z',
  '2026-03-02T08:61:00.000Z',
  '1969-12-31T23:59:59.999Z',
  '9999-01-01T00:00:00.000Z',
  '2026-03-02T08:15:00.1x0Z',
  '2026-03-02',
  '2026-00-10T00:00:00.000Z',
  '2026-12-00T00:00:00.000Z',
  '2026-12-32T00:00:00.000Z',
  '2026-03-02T24:00:00.000Z',
  '2026-03-02T08:60:00.000Z',
  '2026-03-02T08:15:61.000Z',
  '2540-05-25T08:00:01.000Z',
  '1970-01-01T00:59:59+01:00',
  '0070-01-01T00:00:00.000Z',
  ' 2026-03-02T08:15:00.120000Z',
  '2026-03-02T08:15:00.120000Z ',
])('parseTimestamp refuses %p', (text) => {
  expect(parseTimestamp(text)).toBeUndefined();
});

it.each([4, 7, 10, 13, 16, 19, 23])('parseTimestamp refuses another character at %i', (at) => {
  expect(parseTimestamp(withCharacter('2026-03-02T08:15:00.120Z', at, 'x'))).toBeUndefined();
});

it.each([0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18, 20, 21, 22])(
  'parseTimestamp refuses what is no digit at %i',
  (at) => {
    // The neighbours of 0 and 9 in ASCII, which arithmetic alone would take for -1 and 10.
    for (const character of '/:x') {
      const text = withCharacter('2026-11-11T11:11:11.111Z', at, character);
      expect(parseTimestamp(text)).toBeUndefined();
    }
  },
);

it('parseTimestamp reads every day of every year as Date does, leap days among them', () => {
  for (let day = 0; day < 200_000; day += 1) {
    const seconds = day * 86_400 + 3723;
    const text = new Date(seconds * 1000).toISOString();
    const time = parseTimestamp(text);
    if (time?.[0] !== seconds) expect({ text, time }).toEqual({ text, time: [seconds, 0] });
  }
  expect(parseTimestampUntil('2026-03-02T08:15:07.120Z\trest', 24)).toEqual([AT + 7, 120_000_000]);
});

it.each([
  ['2026-03-02T08:15:00.120Z\tid\tINFO', 24, [AT, 120_000_000]],
  ['2026-03-02T08:15:00Z and more text', 20, [AT, 0]],
  ['2026-03-02T08:15:00.120Z', 23, [AT, 120_000_000]],
  ['2026-03-02T08:15:00.120Z', 18, undefined],
  ['2026-03-02T08:15:00.120Z  ', 26, undefined],
])('parseTimestamp reads of %j the first %i characters', (text, end, expected) => {
  expect(parseTimestampUntil(text, end)).toEqual(expected);
});

it('parseTimestamp agrees with Date on every millisecond of its range', () => {
  const range = { min: new Date(0), max: new Date('2500-01-01T00:00:00Z'), noInvalidDate: true };
  fc.assert(
    fc.property(fc.date(range), (date) => {
      const [seconds, nanos] = parseTimestamp(date.toISOString()) ?? [Number.NaN, Number.NaN];
      expect(seconds * 1000 + nanos / 1e6).toBe(date.getTime());
    }),
  );
});

/** Of one minute, with a character changed here and there. */
const text = fc
  .tuple(
    fc.constantFrom('2026-03-02T08:15:', '2026-03-02T08:16:', '2026-02-29T08:15:'),
    fc.integer({ min: 0, max: 60_999 }),
    fc.nat({ max: 23 }),
    fc.constantFrom('', '0', '9', '6', ':', '.', 'Z', '+', ' '),
  )
  .map(([minute, ms, at, character]) => {
    const rest = (ms / 1000).toFixed(3).padStart(6, '0');
    const whole = `${minute}${rest}Z`;
    return character === '' ? whole : withCharacter(whole, at, character);
  });

it('TimestampReader reads each time independently of those before', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(text, fc.constantFrom(24, 24, 23, 20)), { minLength: 2 }),
      (all) => {
        const reader = new TimestampReader();
        for (const [time, end] of all) {
          expect([time, reader.readUntil(`${time}\trest`, end)]).toEqual([
            time,
            parseTimestampUntil(time, end),
          ]);
        }
      },
    ),
    { numRuns: 1000 },
  );
});

it('fractional milliseconds are added to the nanosecond', () => {
  expect(addMs([AT, 999_000_000], 1.000001)).toEqual([AT + 1, 1]);
  expect(addMs([AT, 0], -0.5)).toEqual([AT - 1, 999_500_000]);
  expect(addMs([AT, 0], 86_400_000)).toEqual([AT + 86_400, 0]);
});

it('times are ordered by seconds, then nanoseconds', () => {
  expect(compareTimes([1, 5], [1, 6])).toBeLessThan(0);
  expect(compareTimes([2, 0], [1, 999_999_999])).toBeGreaterThan(0);
  expect(compareTimes([2, 7], [2, 7])).toBe(0);
});

it('a duration is never negative', () => {
  expect(durationBetween([5, 0], [4, 0])).toEqual([0, 0]);
  expect(durationBetween([1, 900_000_000], [3, 100_000_000])).toEqual([1, 200_000_000]);
});

it.each([
  [
    [1, 5],
    [1, 5],
    [0, 0],
  ],
  [
    [1, 5],
    [1, 4],
    [0, 0],
  ],
  [
    [1, 5],
    [1, 6],
    [0, 1],
  ],
  [
    [1, 5],
    [3, 5],
    [2, 0],
  ],
  [
    [1, 5],
    [3, 7],
    [2, 2],
  ],
  [
    [1, 5],
    [3, 4],
    [1, 999_999_999],
  ],
] as const)('the duration from %j to %j is %j', (from, to, expected) => {
  expect(durationBetween([...from], [...to])).toEqual(expected);
});

it('the later of two times is taken, and the first of two equal ones', () => {
  const times = { early: [1, 5], late: [1, 6], equal: [1, 6] } satisfies Record<string, HrTime>;
  expect(laterTime(times.early, times.late)).toBe(times.late);
  expect(laterTime(times.late, times.early)).toBe(times.late);
  expect(laterTime(times.late, times.equal)).toBe(times.late);
});

it('epoch nanoseconds are written as digits', () => {
  expect(toNanosText([1, 5])).toBe('1000000005');
  expect(fromEpochMs(1_500.25)).toEqual([1, 500_250_000]);
});
