// What the extension counts about its own delivery, and what it does about counts that were lost.
import { AggregationTemporality, DataPointType } from '@opentelemetry/sdk-metrics';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { ValueType } from '@opentelemetry/api';
import { SelfMetrics } from '../../src/extension/self-metrics';
import type { Measurement } from '../../src/otel/metrics';
import type { RawMetric } from '../../src/relay/item';
import { toItems } from '../delivery/protobuf/encode';

const TIME: [number, number] = [1_700_000_000, 0];

const drops = { 'otel.component.name': 'otlp_http_log_exporter/0', 'error.type': '500' };
const takes = { 'otel.component.name': 'otlp_http_log_exporter/0' };

function makeMetric(name: string, temporality: AggregationTemporality): RawMetric {
  const times = { startTime: [1, 0] as [number, number], endTime: [2, 0] as [number, number] };
  const window: ResourceMetrics = {
    resource: resourceFromAttributes({}),
    scopeMetrics: [
      {
        scope: { name: 'test' },
        metrics: [
          {
            descriptor: { name, description: '', unit: '{log_record}', valueType: ValueType.INT },
            aggregationTemporality: temporality,
            dataPointType: DataPointType.SUM,
            isMonotonic: true,
            dataPoints: [
              { ...times, attributes: drops, value: 5 },
              { ...times, attributes: takes, value: 7 },
            ],
          },
        ],
      },
    ],
  };
  const [metric] = toItems('metrics', window);
  if (metric === undefined) throw new Error('expected one metric, got none');
  return metric;
}

function released(selfMetrics: SelfMetrics): readonly Measurement[] {
  const measurements: Measurement[] = [];
  selfMetrics.release(TIME, (measurement) => measurements.push(measurement));
  return measurements;
}

it('SelfMetrics keeps the counts of dropped items in a lost delta metric for the next, and only those', () => {
  const selfMetrics = new SelfMetrics();
  const name = 'otel.sdk.exporter.log.exported';
  selfMetrics.recount(makeMetric(name, AggregationTemporality.DELTA));
  expect(released(selfMetrics)).toEqual([
    { instrument: name, value: 5, attributes: drops, time: TIME },
  ]);
});

it.each(['lambda.telemetry.invalid', 'lambda.telemetry.unread', 'lambda.telemetry.unread.size'])(
  'SelfMetrics keeps all of a lost %s',
  (name) => {
    const selfMetrics = new SelfMetrics();
    selfMetrics.recount(makeMetric(name, AggregationTemporality.DELTA));
    const values = released(selfMetrics).map(({ instrument, value }) => [instrument, value]);
    expect(values).toEqual([
      [name, 5],
      [name, 7],
    ]);
  },
);

it.each([
  ['a cumulative metric', 'otel.sdk.exporter.log.exported', AggregationTemporality.CUMULATIVE],
  ['what a metric says of the function', 'faas.errors', AggregationTemporality.DELTA],
])('SelfMetrics keeps nothing of %s', (_what, name, temporality) => {
  const selfMetrics = new SelfMetrics();
  selfMetrics.recount(makeMetric(name, temporality));
  expect(released(selfMetrics)).toEqual([]);
});

it('sums up what was exported, by signal and reason, and releases it once', () => {
  const selfMetrics = new SelfMetrics();
  selfMetrics.queued('logs', 7);
  selfMetrics.exported('logs', 3);
  selfMetrics.exported('logs', 2);
  selfMetrics.dropped('logs', 2, 'rejected');
  const component = {
    'otel.component.type': 'otlp_http_log_exporter',
    'otel.component.name': 'otlp_http_log_exporter/0',
  };
  const exported = { instrument: 'otel.sdk.exporter.log.exported', time: TIME };
  expect(released(selfMetrics)).toEqual([
    expect.objectContaining({ instrument: 'otel.sdk.processor.log.queue.size', value: 0 }),
    { ...exported, value: 5, attributes: component },
    { ...exported, value: 2, attributes: { ...component, 'error.type': 'rejected' } },
  ]);
  expect(released(selfMetrics)).toEqual([]);
});

it('SelfMetrics keeps every duration, with the outcome of its request', () => {
  const selfMetrics = new SelfMetrics();
  selfMetrics.requestEnded('traces', 12, 'success');
  selfMetrics.requestEnded('traces', 500, 'timeout');
  expect(
    released(selfMetrics).map(({ value, attributes }) => [value, attributes['error.type']]),
  ).toEqual([
    [0.012, undefined],
    [0.5, 'timeout'],
  ]);
});

it('SelfMetrics is urgent from a loss until it is released', () => {
  const selfMetrics = new SelfMetrics();
  selfMetrics.exported('metrics', 1);
  expect(selfMetrics.isUrgent).toBe(false);
  selfMetrics.invalid(1);
  expect(selfMetrics.isUrgent).toBe(true);
  released(selfMetrics);
  expect(selfMetrics.isUrgent).toBe(false);
  selfMetrics.dropped('traces', 1, 'rejected');
  expect(selfMetrics.isUrgent).toBe(true);
});
