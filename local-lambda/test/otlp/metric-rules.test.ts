// The rules for metrics, each by a request that breaks it alone.
import { tryDecodeOtlpJson } from '../../src/otlp/decode';
import { checkOtlp } from '../../src/otlp/proto-rules';

type Fields = Readonly<Record<string, unknown>>;

const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'orders' } }] };
const start = '1790000000000000000';
const later = '1790000001000000000';
const point = { startTimeUnixNano: start, timeUnixNano: later };
const histogramPoint = {
  ...point,
  count: '3',
  sum: 6,
  min: 1,
  max: 3,
  bucketCounts: ['1', '2', '0'],
  explicitBounds: [1, 5],
};
const exponentialPoint = {
  ...point,
  count: '3',
  sum: 6,
  scale: 0,
  zeroCount: '1',
  positive: { offset: 0, bucketCounts: ['2'] },
};

function violations(request: unknown): string[] {
  const decoded = tryDecodeOtlpJson('metrics', Buffer.from(JSON.stringify(request)));
  if (!decoded.ok) throw new Error(decoded.reason);
  return checkOtlp('metrics', decoded.otlp);
}

const ofMetrics = (...metrics: readonly Fields[]): string[] =>
  violations({ resourceMetrics: [{ resource, scopeMetrics: [{ metrics }] }] });
const ofMetric = (data: Fields): string[] => ofMetrics({ name: 'faas.errors', unit: 's', ...data });
const ofSum = (changes: Fields, sum: Fields = {}): string[] =>
  ofMetric({
    sum: {
      dataPoints: [{ ...point, asInt: '1', ...changes }],
      aggregationTemporality: 1,
      isMonotonic: true,
      ...sum,
    },
  });
const ofHistogram = (changes: Fields): string[] =>
  ofMetric({
    histogram: { dataPoints: [{ ...histogramPoint, ...changes }], aggregationTemporality: 1 },
  });
const ofExponential = (changes: Fields): string[] =>
  ofMetric({
    exponentialHistogram: {
      dataPoints: [{ ...exponentialPoint, ...changes }],
      aggregationTemporality: 1,
    },
  });
const ofSummary = (quantileValues: readonly Fields[]): string[] =>
  ofMetric({ summary: { dataPoints: [{ ...point, count: '1', quantileValues }] } });

test('metrics that keep every rule have no violation', () => {
  expect(ofSum({})).toEqual([]);
  expect(ofSum({ asInt: '-1' }, { isMonotonic: false })).toEqual([]);
  expect(ofHistogram({})).toEqual([]);
  expect(ofHistogram({ bucketCounts: [], explicitBounds: [] })).toEqual([]);
  expect(ofExponential({})).toEqual([]);
  expect(ofSummary([{ quantile: 0 }, { quantile: 1 }])).toEqual([]);
});

test.each<[string, () => string[], RegExp]>([
  [
    'a strange metric name',
    () => ofMetric({ name: '1 error', gauge: { dataPoints: [{ ...point, asInt: '1' }] } }),
    /no instrument name/,
  ],
  [
    'a metric twice',
    () =>
      ofMetrics(
        ...[0, 1].map(() => ({ name: 'm', gauge: { dataPoints: [{ ...point, asInt: '1' }] } })),
      ),
    /metric occurs twice/,
  ],
  ['no data', () => ofMetric({}), /expected one kind of data, got 0/],
  ['no point', () => ofMetric({ gauge: {} }), /no data point/],
  ['no temporality', () => ofSum({}, { aggregationTemporality: 0 }), /temporality 0/],
  ['an empty delta window', () => ofSum({ startTimeUnixNano: later }), /delta window is empty/],
  [
    'a start after the time',
    () => ofSum({ startTimeUnixNano: later, timeUnixNano: start }),
    /starts at/,
  ],
  ['a negative counter', () => ofSum({ asInt: '-1' }), /monotonic sum is negative/],
  [
    'an infinite value',
    () => ofMetric({ gauge: { dataPoints: [{ ...point, asDouble: 'Infinity' }] } }),
    /finite/,
  ],
  [
    'a point without a value',
    () => ofMetric({ gauge: { dataPoints: [point] } }),
    /expected one value/,
  ],
  [
    'a series twice',
    () =>
      ofMetric({
        gauge: {
          dataPoints: [
            { ...point, asInt: '1' },
            { ...point, asInt: '2' },
          ],
        },
      }),
    /same series/,
  ],
  [
    'a bound too many',
    () => ofHistogram({ explicitBounds: [1, 5, 6] }),
    /3 bucket counts for 3 bounds/,
  ],
  [
    'bounds out of order',
    () => ofHistogram({ explicitBounds: [5, 5], max: 3, min: 1, bucketCounts: ['3', '0', '0'] }),
    /not increasing/,
  ],
  [
    'bounds without counts',
    () => ofHistogram({ bucketCounts: [] }),
    /0 bucket counts for 2 bounds/,
  ],
  [
    'counts that do not add up',
    () => ofHistogram({ bucketCounts: ['1', '1', '0'] }),
    /add up to 2, but count is 3/,
  ],
  ['min above max', () => ofHistogram({ min: 3, max: 1 }), /min 3 is above max 1/],
  ['a sum above its maximum', () => ofHistogram({ sum: 10 }), /above count 3 times max 3/],
  [
    'a max outside of its bucket',
    () => ofHistogram({ max: 7 }),
    /lies in bucket 2, which is empty/,
  ],
  [
    'a sum of nothing',
    () => ofHistogram({ count: '0', bucketCounts: ['0', '0', '0'] }),
    /count is 0, but sum is 6/,
  ],
  ['exponential counts', () => ofExponential({ zeroCount: '0' }), /add up to 2, but count is 3/],
  ['an exponential scale', () => ofExponential({ scale: 21 }), /scale 21/],
  [
    'quantiles out of order',
    () => ofSummary([{ quantile: 0.5 }, { quantile: 0.1 }]),
    /quantile 0.1/,
  ],
  [
    'an exemplar without a value',
    () => ofSum({ exemplars: [{ timeUnixNano: start }] }),
    /exemplar has no value/,
  ],
])('%s is a violation', (_what, check, expected) => {
  expect(check().filter((violation) => expected.test(violation))).toHaveLength(1);
});
