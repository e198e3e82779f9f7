// A function with OpenTelemetry's SDK for all three signals; its event says what it makes of its request.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { trace, ROOT_CONTEXT, SpanKind } = require('@opentelemetry/api');
const { W3CTraceContextPropagator } = require('@opentelemetry/core');
const { OTLPLogExporter } = require('@opentelemetry/exporter-logs-otlp-proto');
const { OTLPMetricExporter } = require('@opentelemetry/exporter-metrics-otlp-proto');
const { OTLPTraceExporter } = require('@opentelemetry/exporter-trace-otlp-proto');
const { BatchLogRecordProcessor, LoggerProvider } = require('@opentelemetry/sdk-logs');
const { MeterProvider, PeriodicExportingMetricReader } = require('@opentelemetry/sdk-metrics');
const { BasicTracerProvider, BatchSpanProcessor } = require('@opentelemetry/sdk-trace-base');

const url = process.env.RECEIVER_URL;
const traces = new BasicTracerProvider({
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url: `${url}/v1/traces` }))],
});
const logs = new LoggerProvider({
  processors: [
    new BatchLogRecordProcessor({
      exporter: new OTLPLogExporter({ url: `${url}/v1/logs` }),
      maxQueueSize: 100_000,
    }),
  ],
});
const metrics = new MeterProvider({
  readers: [
    new PeriodicExportingMetricReader({
      exporter: new OTLPMetricExporter({ url: `${url}/v1/metrics` }),
      exportIntervalMillis: 3_600_000,
    }),
  ],
});
const tracer = traces.getTracer('keeping');
const logger = logs.getLogger('keeping');
const requests = metrics.getMeter('keeping').createCounter('requests');
const propagator = new W3CTraceContextPropagator();
const getter = { keys: Object.keys, get: (carrier, key) => carrier[key] };
const flush = () => Promise.all([traces.forceFlush(), logs.forceFlush(), metrics.forceFlush()]);

export async function handler(event, { awsRequestId }) {
  const { headers = {}, children = 2, attributes = {}, name = 'handler', status = 0 } = event;
  const { records = [], lines = ['in the handler'], exception, counts, thenMs } = event;
  const parent = propagator.extract(ROOT_CONTEXT, headers, getter);
  const span = tracer.startSpan(
    name,
    { kind: SpanKind.SERVER, attributes: { 'faas.invocation_id': awsRequestId, ...attributes } },
    parent,
  );
  const inside = trace.setSpan(parent, span);
  for (let index = 0; index < children; index += 1) {
    tracer.startSpan(`child ${index}`, { kind: SpanKind.CLIENT }, inside).end();
  }
  for (const [severityNumber, body] of records)
    logger.emit({ severityNumber, body, context: inside });
  for (const line of lines) console.log(line);
  if (exception !== undefined) span.recordException(new Error(exception));
  if (counts !== undefined) requests.add(1, counts);
  span.setStatus({ code: status });
  span.end();
  await flush();
  if (thenMs !== undefined) await new Promise((resolve) => setTimeout(resolve, thenMs));
  return 'done';
}
