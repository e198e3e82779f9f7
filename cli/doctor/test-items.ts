// One span, one metric and one log record, encoded as the endpoint of each signal wants them.
import { SeverityNumber } from '@opentelemetry/api-logs';
import {
  JsonLogsSerializer,
  JsonMetricsSerializer,
  JsonTraceSerializer,
  ProtobufLogsSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes, type Resource } from '@opentelemetry/resources';
import {
  InMemoryLogRecordExporter,
  LoggerProvider,
  SimpleLogRecordProcessor,
} from '@opentelemetry/sdk-logs';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import type { Signal } from '../../src/delivery/delivery';

const NAME = 'lambda-otlp doctor';

export interface TestItem {
  readonly body: Uint8Array;
  /** What the endpoint's answer says of rejected items. Throws when it is no OTLP answer. */
  readAnswer(body: Uint8Array): { readonly rejected: number; readonly message: string };
}

interface PartialSuccess {
  readonly rejectedSpans?: unknown;
  readonly rejectedDataPoints?: unknown;
  readonly rejectedLogRecords?: unknown;
  readonly errorMessage?: string;
}

export async function makeTestItem(
  signal: Signal,
  protocol: 'http/protobuf' | 'http/json',
  serviceName: string,
): Promise<TestItem> {
  const resource = resourceFromAttributes({
    'service.name': serviceName,
    'cloud.provider': 'aws',
    'cloud.platform': 'aws_lambda',
  });
  const isJson = protocol === 'http/json';
  switch (signal) {
    case 'traces': {
      const serializer = isJson ? JsonTraceSerializer : ProtobufTraceSerializer;
      return toItem(serializer.serializeRequest(makeSpans(resource)), (body) =>
        serializer.deserializeResponse(body),
      );
    }
    case 'metrics': {
      const serializer = isJson ? JsonMetricsSerializer : ProtobufMetricsSerializer;
      return toItem(serializer.serializeRequest(await makeMetrics(resource)), (body) =>
        serializer.deserializeResponse(body),
      );
    }
    case 'logs': {
      const serializer = isJson ? JsonLogsSerializer : ProtobufLogsSerializer;
      return toItem(serializer.serializeRequest(makeLogRecords(resource)), (body) =>
        serializer.deserializeResponse(body),
      );
    }
  }
}

function toItem(
  body: Uint8Array | undefined,
  read: (body: Uint8Array) => { readonly partialSuccess?: PartialSuccess | null },
): TestItem {
  if (body === undefined) throw new Error('the test item could not be encoded');
  return {
    body,
    readAnswer: (answer) => {
      const { partialSuccess } = read(answer);
      const {
        rejectedSpans,
        rejectedDataPoints,
        rejectedLogRecords,
        errorMessage = '',
      } = partialSuccess ?? {};
      return {
        rejected: Number(rejectedSpans ?? rejectedDataPoints ?? rejectedLogRecords ?? 0),
        message: errorMessage,
      };
    },
  };
}

function makeSpans(resource: Resource) {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({
    resource,
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  });
  provider.getTracer(NAME).startSpan(NAME).end();
  return exporter.getFinishedSpans();
}

async function makeMetrics(resource: Resource) {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.DELTA);
  const reader = new PeriodicExportingMetricReader({ exporter });
  const provider = new MeterProvider({ resource, readers: [reader] });
  provider.getMeter(NAME).createCounter('lambda.doctor', { unit: '{check}' }).add(1);
  await provider.forceFlush();
  const [metrics] = exporter.getMetrics();
  await provider.shutdown();
  if (metrics === undefined) throw new Error('the test metric was not collected');
  return metrics;
}

function makeLogRecords(resource: Resource) {
  const exporter = new InMemoryLogRecordExporter();
  const provider = new LoggerProvider({
    resource,
    processors: [new SimpleLogRecordProcessor({ exporter })],
  });
  provider.getLogger(NAME).emit({
    body: 'a test line of lambda-otlp doctor',
    severityNumber: SeverityNumber.INFO,
    severityText: 'INFO',
  });
  return exporter.getFinishedLogRecords();
}
