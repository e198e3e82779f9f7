import fc from 'fast-check';
import {
  addMs,
  compareTimes,
  durationBetween,
  fromEpochMs,
  parseTimestamp,
  toNanosText,
} from '../../src/telemetry/timestamp';

const AT = Date.UTC(2026, 2, 2, 8, 15, 0) / 1000;

describe('parseTimestamp', () => {
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
  ])('reads %s', (_, text, expected) => {
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
  ])('refuses %p', (text) => {
    expect(parseTimestamp(text)).toBeUndefined();
  });

  it('agrees with Date on every millisecond of its range', () => {
    const range = { min: new Date(0), max: new Date('2500-01-01T00:00:00Z'), noInvalidDate: true };
    fc.assert(
      fc.property(fc.date(range), (date) => {
        const [seconds, nanos] = parseTimestamp(date.toISOString()) ?? [Number.NaN, Number.NaN];
        expect(seconds * 1000 + nanos / 1e6).toBe(date.getTime());
      }),
    );
  });
});

describe('arithmetic on times', () => {
  it('adds fractional milliseconds to the nanosecond', () => {
    expect(addMs([AT, 999_000_000], 1.000001)).toEqual([AT + 1, 1]);
    expect(addMs([AT, 0], -0.5)).toEqual([AT - 1, 999_500_000]);
    expect(addMs([AT, 0], 86_400_000)).toEqual([AT + 86_400, 0]);
  });

  it('orders by seconds, then nanoseconds', () => {
    expect(compareTimes([1, 5], [1, 6])).toBeLessThan(0);
    expect(compareTimes([2, 0], [1, 999_999_999])).toBeGreaterThan(0);
    expect(compareTimes([2, 7], [2, 7])).toBe(0);
  });

  it('never gives a negative duration', () => {
    expect(durationBetween([5, 0], [4, 0])).toEqual([0, 0]);
    expect(durationBetween([1, 900_000_000], [3, 100_000_000])).toEqual([1, 200_000_000]);
  });

  it('writes epoch nanoseconds as digits', () => {
    expect(toNanosText([1, 5])).toBe('1000000005');
    expect(fromEpochMs(1_500.25)).toEqual([1, 500_250_000]);
  });
});
