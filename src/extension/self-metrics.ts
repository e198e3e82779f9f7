// The delivery's outcomes as measurements under the semantic conventions' "OTel SDK metrics".
// Source: https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/
import type { Attributes, HrTime } from '@opentelemetry/api';
import { AggregationTemporality } from '@opentelemetry/sdk-metrics';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { DeliveryObserver, Signal } from '../export/delivery';
import type { InstrumentName } from '../otel/instruments';
import type { Measurement } from '../otel/metrics';
import { ERROR_TYPE, OTEL_COMPONENT_NAME, OTEL_COMPONENT_TYPE } from '../otel/semconv';

const EXPORTED: Readonly<Record<Signal, InstrumentName>> = {
  traces: 'otel.sdk.exporter.span.exported',
  metrics: 'otel.sdk.exporter.metric_data_point.exported',
  logs: 'otel.sdk.exporter.log.exported',
};
const EXPORTED_NAMES = Object.values(EXPORTED);
const QUEUED: Readonly<Partial<Record<Signal, InstrumentName>>> = {
  traces: 'otel.sdk.processor.span.queue.size',
  logs: 'otel.sdk.processor.log.queue.size',
};
const COMPONENT_TYPES: Readonly<Record<Signal, string>> = {
  traces: 'otlp_http_span_exporter',
  metrics: 'otlp_http_metric_exporter',
  logs: 'otlp_http_log_exporter',
};

export interface SelfMetrics extends DeliveryObserver {
  /** Items handed over to the delivery. */
  queued(signal: Signal, items: number): void;
  /** Records the counts of dropped items in a lost delta window anew; a cumulative one says them again. */
  recount(window: ResourceMetrics): void;
  /** Delivered telemetry that could not be read. */
  invalid(records: number): void;
}

/** `now`: the time of the newest event, so that the extension's own points share the events' window. */
export function createSelfMetrics(
  record: (measurement: Measurement) => void,
  now: () => HrTime,
): SelfMetrics {
  const add = (instrument: InstrumentName | undefined, value: number, attributes: Attributes) => {
    if (instrument !== undefined && value !== 0)
      record({ instrument, value, attributes, time: now() });
  };
  const componentOf = (signal: Signal): Attributes => ({
    [OTEL_COMPONENT_TYPE]: COMPONENT_TYPES[signal],
    [OTEL_COMPONENT_NAME]: `${COMPONENT_TYPES[signal]}/0`,
  });
  const queueOf = (signal: Signal): Attributes => ({
    [OTEL_COMPONENT_TYPE]: 'lambda_otlp_buffer',
    [OTEL_COMPONENT_NAME]: `lambda_otlp_buffer/${signal}`,
  });
  return {
    queued: (signal, items) => add(QUEUED[signal], items, queueOf(signal)),
    recount({ scopeMetrics }) {
      for (const { metrics } of scopeMetrics) {
        for (const { descriptor, dataPoints, aggregationTemporality } of metrics) {
          const instrument = EXPORTED_NAMES.find((name) => name === descriptor.name);
          if (aggregationTemporality !== AggregationTemporality.DELTA) continue;
          for (const { attributes, value } of dataPoints) {
            if (ERROR_TYPE in attributes) add(instrument, Number(value), attributes);
          }
        }
      }
    },
    invalid: (records) => add('lambda.telemetry.invalid', records, {}),
    exported(signal, items) {
      add(EXPORTED[signal], items, componentOf(signal));
      add(QUEUED[signal], -items, queueOf(signal));
    },
    dropped(signal, items, reason) {
      add(EXPORTED[signal], items, { ...componentOf(signal), [ERROR_TYPE]: reason });
      add(QUEUED[signal], -items, queueOf(signal));
    },
    requestEnded(signal, durationMs, outcome) {
      const failure = outcome === 'success' ? {} : { [ERROR_TYPE]: outcome };
      const attributes = { ...componentOf(signal), ...failure };
      add('otel.sdk.exporter.operation.duration', durationMs / 1000, attributes);
    },
  };
}
