// What the extension counts about its own delivery, and what it does about counts that were lost.
import { AggregationTemporality, DataPointType } from '@opentelemetry/sdk-metrics';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { ValueType } from '@opentelemetry/api';
import { createSelfMetrics } from '../../src/extension/self-metrics';
import type { SelfMetrics } from '../../src/extension/self-metrics';
import type { Measurement } from '../../src/otel/metrics';

function open(): { selfMetrics: SelfMetrics; recorded: Measurement[] } {
  const recorded: Measurement[] = [];
  const selfMetrics = createSelfMetrics(
    (measurement) => void recorded.push(measurement),
    () => [1_700_000_000, 0],
  );
  return { selfMetrics, recorded };
}

const drops = { 'otel.component.name': 'otlp_http_log_exporter/0', 'error.type': '500' };
const takes = { 'otel.component.name': 'otlp_http_log_exporter/0' };

function makeWindow(name: string, temporality: AggregationTemporality): ResourceMetrics {
  const times = { startTime: [1, 0] as [number, number], endTime: [2, 0] as [number, number] };
  return {
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
}

it('records the counts of dropped items in a lost delta window anew, and only those', () => {
  const { selfMetrics, recorded } = open();
  const name = 'otel.sdk.exporter.log.exported';
  selfMetrics.recount(makeWindow(name, AggregationTemporality.DELTA));
  expect(recorded).toEqual([
    { instrument: name, value: 5, attributes: drops, time: [1_700_000_000, 0] },
  ]);
});

it.each([
  ['a cumulative window', 'otel.sdk.exporter.log.exported', AggregationTemporality.CUMULATIVE],
  ['what the window says of the function', 'faas.errors', AggregationTemporality.DELTA],
])('records nothing anew of %s', (_what, name, temporality) => {
  const { selfMetrics, recorded } = open();
  selfMetrics.recount(makeWindow(name, temporality));
  expect(recorded).toEqual([]);
});
