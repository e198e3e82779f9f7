// Every instrument: name, kind, unit, description, bucket boundaries. The table in docs/telemetry.md is generated from
// this list; test/otel/semconv.test.ts checks names and units.
// Source: https://opentelemetry.io/docs/specs/semconv/faas/faas-metrics/ (Development); `lambda.*` is ours.
import { Attribute } from './semconv';

export interface Instrument {
  readonly name: string;
  readonly kind: 'counter' | 'upDownCounter' | 'histogram';
  readonly unit: string;
  readonly description: string;
  /** Every attribute that its points may have; used for the documents and checked by the golden tests. */
  readonly attributes?: readonly string[];
  /** Advised explicit bucket boundaries, in `unit`. */
  readonly boundaries?: readonly number[];
  /** Describes the extension itself; LAMBDA_OTLP_SELF_METRICS=false turns it off. */
  readonly self?: true;
}

/** The boundaries that the semantic conventions advise, continued up to Lambda's 900 s. */
const SECONDS = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60, 120, 300, 600,
  900,
];
/** Lambda's megabytes are mebibytes. */
export const BYTES_PER_MB = 1_048_576;
const MEMORY = [64, 128, 256, 512, 768, 1024, 1536, 2048, 3072, 4096, 6144, 8192, 10_240].map(
  (megabytes) => megabytes * BYTES_PER_MB,
);
const RATIO = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1];
/** Responses have at most 6 MB when buffered, 200 MB when streamed. */
const RESPONSE_BYTES = [
  0, 100, 1000, 10_000, 100_000, 1_000_000, 2_500_000, 6_000_000, 20_000_000, 200_000_000,
];

const COMPONENT = [Attribute.OTEL_COMPONENT_NAME, Attribute.OTEL_COMPONENT_TYPE];
const COMPONENT_AND_ERROR = [...COMPONENT, Attribute.ERROR_TYPE];

const LIST = [
  {
    name: 'faas.invocations',
    kind: 'counter',
    unit: '{invocation}',
    description: 'Number of successful invocations',
  },
  {
    name: 'faas.errors',
    kind: 'counter',
    unit: '{error}',
    description: 'Number of invocation errors',
    attributes: [Attribute.ERROR_TYPE, Attribute.LAMBDA_PHASE],
  },
  {
    name: 'faas.timeouts',
    kind: 'counter',
    unit: '{timeout}',
    description: 'Number of invocation timeouts',
  },
  {
    name: 'lambda.out_of_memory',
    kind: 'counter',
    unit: '{invocation}',
    description: 'Number of invocations that ran out of memory',
  },
  {
    name: 'faas.coldstarts',
    kind: 'counter',
    unit: '{coldstart}',
    description: 'Number of invocation cold starts',
    attributes: [Attribute.LAMBDA_INITIALIZATION_TYPE],
  },
  {
    name: 'faas.invoke_duration',
    kind: 'histogram',
    unit: 's',
    description: "Measures the duration of the function's logic execution",
    attributes: [Attribute.ERROR_TYPE, Attribute.FAAS_COLDSTART],
    boundaries: SECONDS,
  },
  {
    name: 'faas.init_duration',
    kind: 'histogram',
    unit: 's',
    description: "Measures the duration of the function's initialization, such as a cold start",
    attributes: [
      Attribute.ERROR_TYPE,
      Attribute.LAMBDA_INITIALIZATION_TYPE,
      Attribute.LAMBDA_PHASE,
      Attribute.LAMBDA_FROM_SNAPSHOT,
    ],
    boundaries: SECONDS,
  },
  {
    name: 'faas.mem_usage',
    kind: 'histogram',
    unit: 'By',
    description: 'Distribution of max memory usage per invocation',
    boundaries: MEMORY,
  },
  {
    name: 'lambda.memory_utilization',
    kind: 'histogram',
    unit: '1',
    description: 'Max memory used over memory size',
    boundaries: RATIO,
  },
  {
    name: 'lambda.billed_duration',
    kind: 'histogram',
    unit: 's',
    description: 'Billed duration of an invocation',
    boundaries: SECONDS,
  },
  {
    name: 'lambda.response_latency',
    kind: 'histogram',
    unit: 's',
    description: 'Time from the invocation to the first byte of the response',
    boundaries: SECONDS,
  },
  {
    name: 'lambda.response_duration',
    kind: 'histogram',
    unit: 's',
    description: 'Time from the first to the last byte of the response',
    boundaries: SECONDS,
  },
  {
    name: 'lambda.runtime_overhead',
    kind: 'histogram',
    unit: 's',
    description: 'Time the runtime took after the response to ask for the next invocation',
    boundaries: SECONDS,
  },
  {
    name: 'lambda.extension_overhead',
    kind: 'histogram',
    unit: 's',
    description: 'Time extensions took after the runtime was done',
    boundaries: SECONDS,
  },
  {
    name: 'lambda.restore_duration',
    kind: 'histogram',
    unit: 's',
    description: 'Time to restore a SnapStart snapshot',
    attributes: [Attribute.ERROR_TYPE],
    boundaries: SECONDS,
  },
  {
    name: 'lambda.billed_restore_duration',
    kind: 'histogram',
    unit: 's',
    description: 'Billed time to restore a SnapStart snapshot',
    boundaries: SECONDS,
  },
  {
    name: 'lambda.produced_bytes',
    kind: 'histogram',
    unit: 'By',
    description: 'Size of the response',
    boundaries: RESPONSE_BYTES,
  },
  {
    name: 'lambda.logs_dropped',
    kind: 'counter',
    unit: '{record}',
    description: 'Telemetry records that Lambda dropped before delivery',
  },
  {
    name: 'lambda.logs_dropped.size',
    kind: 'counter',
    unit: 'By',
    description: 'Telemetry bytes that Lambda dropped before delivery',
  },
  {
    name: 'lambda.detail.dropped',
    kind: 'counter',
    unit: '{item}',
    description: 'Spans and log records that LAMBDA_OTLP_OTHERS did not keep',
    attributes: ['signal', 'reason'],
  },
  {
    name: 'lambda.redactions',
    kind: 'counter',
    unit: '{match}',
    description: 'Matches of the rules of redaction and of the filters, by rule',
    attributes: ['rule'],
  },
  {
    name: 'lambda.telemetry.invalid',
    kind: 'counter',
    unit: '{record}',
    description: 'Delivered telemetry that could not be read',
    self: true,
  },
  {
    name: 'lambda.telemetry.unread',
    kind: 'counter',
    unit: '{record}',
    description: 'Delivered telemetry records that there was no time to read',
    self: true,
  },
  {
    name: 'lambda.telemetry.unread.size',
    kind: 'counter',
    unit: 'By',
    description: 'Delivered telemetry bytes that there was no time to read',
    self: true,
  },
  {
    name: 'otel.sdk.exporter.span.exported',
    kind: 'counter',
    unit: '{span}',
    description: 'Spans for which the export has finished, successful or (with error.type) not',
    attributes: COMPONENT_AND_ERROR,
    self: true,
  },
  {
    name: 'otel.sdk.exporter.log.exported',
    kind: 'counter',
    unit: '{log_record}',
    description:
      'Log records for which the export has finished, successful or (with error.type) not',
    attributes: COMPONENT_AND_ERROR,
    self: true,
  },
  {
    name: 'otel.sdk.exporter.metric_data_point.exported',
    kind: 'counter',
    unit: '{data_point}',
    description:
      'Metric data points for which the export has finished, successful or (with error.type) not',
    attributes: COMPONENT_AND_ERROR,
    self: true,
  },
  {
    name: 'otel.sdk.exporter.operation.duration',
    kind: 'histogram',
    unit: 's',
    description: 'The duration of exporting a batch of telemetry records',
    attributes: COMPONENT_AND_ERROR,
    boundaries: SECONDS,
    self: true,
  },
  {
    name: 'otel.sdk.processor.span.queue.size',
    kind: 'upDownCounter',
    unit: '{span}',
    description: 'Spans in the queue',
    attributes: COMPONENT,
    self: true,
  },
  {
    name: 'otel.sdk.processor.log.queue.size',
    kind: 'upDownCounter',
    unit: '{log_record}',
    description: 'Log records in the queue',
    attributes: COMPONENT,
    self: true,
  },
] as const satisfies readonly Instrument[];

export type InstrumentName = (typeof LIST)[number]['name'];

export const INSTRUMENTS: readonly (Instrument & { readonly name: InstrumentName })[] = LIST;
