// Requests of encoded metrics are what the library's serializer writes, byte for byte; a metric can be halved.
import { ValueType } from '@opentelemetry/api';
import { ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import { AggregationTemporality, DataPointType } from '@opentelemetry/sdk-metrics';
import type { MetricData, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import fc from 'fast-check';
import { splitMetric } from '../../../src/delivery/codec/write-metric';
import { asHex, attributes, hrTime, optional, resources, scopes, text } from './arbitraries';
import { createEncoder, encodeRequest, toDraft, toItems } from './encode';

/** As a counter holds them, where 32 and 53 bits end too. */
const integer = fc.oneof(
  fc.maxSafeInteger(),
  fc.constantFrom(0, -0, -1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, -(2 ** 31), -(2 ** 32), 2 ** 52),
);
const count = fc.oneof(fc.nat(), fc.constantFrom(0, 2 ** 31, 2 ** 32, 2 ** 53 - 1));
const double = fc.double();
const aggregate = { count, sum: optional(double), min: optional(double), max: optional(double) };
const buckets = fc.record({
  offset: fc.oneof(fc.constant(0), fc.integer({ min: -5000, max: 5000 })),
  bucketCounts: fc.array(count, { maxLength: 160 }),
});
const pointOf = <T>(value: fc.Arbitrary<T>) =>
  fc.array(fc.record({ startTime: hrTime, endTime: hrTime, attributes, value }), { maxLength: 3 });
const dataOf = {
  [DataPointType.SUM]: pointOf(integer),
  [DataPointType.GAUGE]: pointOf(integer),
  [DataPointType.HISTOGRAM]: pointOf(
    fc.record({
      ...aggregate,
      buckets: fc.record({
        boundaries: fc.array(double, { maxLength: 25 }),
        counts: fc.array(count, { maxLength: 26 }),
      }),
    }),
  ),
  [DataPointType.EXPONENTIAL_HISTOGRAM]: pointOf(
    fc.record({
      ...aggregate,
      scale: fc.integer({ min: -10, max: 20 }),
      zeroCount: count,
      positive: buckets,
      negative: buckets,
    }),
  ),
};
const metric = fc
  .constantFrom(
    DataPointType.SUM,
    DataPointType.GAUGE,
    DataPointType.HISTOGRAM,
    DataPointType.EXPONENTIAL_HISTOGRAM,
  )
  .chain((dataPointType) =>
    fc.record({
      descriptor: fc.record({
        name: text,
        description: text,
        unit: text,
        valueType: fc.constantFrom(ValueType.INT, ValueType.DOUBLE),
      }),
      aggregationTemporality: fc.constantFrom(
        AggregationTemporality.DELTA,
        AggregationTemporality.CUMULATIVE,
      ),
      isMonotonic: fc.boolean(),
      dataPointType: fc.constant(dataPointType),
      dataPoints: dataOf[dataPointType] as fc.Arbitrary<unknown>,
    }),
  ) as unknown as fc.Arbitrary<MetricData>;
const window: fc.Arbitrary<ResourceMetrics> = fc.record({
  resource: fc.constantFrom(...resources),
  scopeMetrics: fc.uniqueArray(
    fc.record({
      scope: fc.constantFrom(...scopes),
      metrics: fc.array(metric, { maxLength: 5 }),
    }),
    { maxLength: 2, selector: ({ scope }) => scope },
  ),
});

it('a request of metrics writes what the library writes, whatever the window, and again the second time', () => {
  const encoder = createEncoder();
  fc.assert(
    fc.property(window, (metrics) => {
      const filled = withoutEmpty(metrics);
      const isEmpty = filled.scopeMetrics.length === 0;
      const expected = isEmpty ? '' : asHex(ProtobufMetricsSerializer.serializeRequest(filled));
      expect(asHex(encodeRequest('metrics', metrics, encoder))).toBe(expected);
      // From then on what repeats is remembered.
      expect(asHex(encodeRequest('metrics', metrics, encoder))).toBe(expected);
    }),
    { numRuns: 300 },
  );
});

it('a request of metrics keeps two windows apart, so that no scope has a metric twice', () => {
  const encoder = createEncoder();
  fc.assert(
    fc.property(window, (metrics) => {
      const items = [metrics, metrics].flatMap((one) => toItems('metrics', one, encoder));
      const alone = asHex(encodeRequest('metrics', metrics, encoder));
      expect(asHex(toDraft(items).finish())).toBe(`${alone}${alone}`);
    }),
    { numRuns: 100 },
  );
});

it('a metric that is halved is twice what the library writes of a half of its points', () => {
  fc.assert(
    fc.property(metric, fc.constantFrom(...scopes), (whole, scope) => {
      const points = whole.dataPoints.length;
      const ofPoints = (from: number, to?: number): ResourceMetrics => {
        const dataPoints = whole.dataPoints.slice(from, to);
        const part = { ...whole, dataPoints } as MetricData;
        return { resource: resources[0], scopeMetrics: [{ scope, metrics: [part] }] };
      };
      const [item] = toItems('metrics', ofPoints(0));
      const halves = item && splitMetric(item);
      if (points < 2) {
        expect(halves).toBeUndefined();
        return;
      }
      const middle = Math.ceil(points / 2);
      expect(halves?.map((half) => half.points)).toEqual([middle, points - middle]);
      expect(halves?.map((half) => asHex(toDraft([half]).finish()))).toEqual(
        [ofPoints(0, middle), ofPoints(middle)].map((half) =>
          asHex(ProtobufMetricsSerializer.serializeRequest(half)),
        ),
      );
    }),
    { numRuns: 300 },
  );
});

/** Without what holds no data point: there is nothing to send of it. */
function withoutEmpty({ resource, scopeMetrics }: ResourceMetrics): ResourceMetrics {
  const filled = scopeMetrics
    .map(({ scope, metrics }) => ({
      scope,
      metrics: metrics.filter(({ dataPoints }) => dataPoints.length > 0),
    }))
    .filter(({ metrics }) => metrics.length > 0);
  return { resource, scopeMetrics: filled };
}
