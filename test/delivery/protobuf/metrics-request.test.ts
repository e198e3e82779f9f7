// The encoder of metrics requests writes what the library's serializer writes, byte for byte.
import { ValueType } from '@opentelemetry/api';
import { ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import { AggregationTemporality, DataPointType } from '@opentelemetry/sdk-metrics';
import type { MetricData, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import fc from 'fast-check';
import { encodeMetricsRequest } from '../../../src/delivery/codec/metrics-request';
import { asHex, attributes, hrTime, optional, resources, scopes, text } from './arbitraries';

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
  scopeMetrics: fc.array(
    fc.record({
      scope: fc.constantFrom(...scopes),
      metrics: fc.array(metric, { maxLength: 5 }),
    }),
    { maxLength: 2 },
  ),
});

describe('encodeMetricsRequest', () => {
  it('writes what the library writes, whatever the window, and again the second time', () => {
    fc.assert(
      fc.property(window, (metrics) => {
        const expected = asHex(ProtobufMetricsSerializer.serializeRequest(metrics));
        expect(asHex(encodeMetricsRequest(metrics))).toBe(expected);
        // From then on what repeats is remembered.
        expect(asHex(encodeMetricsRequest(metrics))).toBe(expected);
      }),
      { numRuns: 300 },
    );
  });
});
