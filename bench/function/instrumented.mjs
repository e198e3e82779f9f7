// A function with an SDK that flushes before it answers, as OpenTelemetry's Lambda instrumentations do: ten spans.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { SpanKind } = require('@opentelemetry/api');
const { OTLPTraceExporter } = require('@opentelemetry/exporter-trace-otlp-proto');
const { BasicTracerProvider, BatchSpanProcessor } = require('@opentelemetry/sdk-trace-base');

const exporter = new OTLPTraceExporter({ url: `${process.env.BENCH_EXPORT_URL}/v1/traces` });
const provider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] });
const tracer = provider.getTracer('bench');

export const handler = async (_event, { awsRequestId }) => {
  const attributes = { 'faas.invocation_id': awsRequestId };
  const server = tracer.startSpan('handler', { kind: SpanKind.SERVER, attributes });
  for (let child = 0; child < 9; child += 1) tracer.startSpan(`child ${child}`).end();
  server.end();
  await provider.forceFlush();
  return 'done';
};
