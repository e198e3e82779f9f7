// A function with OpenTelemetry's SDK: what @opentelemetry/instrumentation-aws-lambda does, by hand, and plain requests
// to the receiver as its event says.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { trace, ROOT_CONTEXT, SpanKind } = require('@opentelemetry/api');
const { W3CTraceContextPropagator } = require('@opentelemetry/core');
const { OTLPTraceExporter } = require('@opentelemetry/exporter-trace-otlp-proto');
const { BasicTracerProvider, BatchSpanProcessor } = require('@opentelemetry/sdk-trace-base');

const url = process.env.RECEIVER_URL;
const exporter =
  process.env.RECEIVER_PROTOCOL === 'grpc'
    ? new (require('@opentelemetry/exporter-trace-otlp-grpc').OTLPTraceExporter)({ url })
    : new OTLPTraceExporter({ url: `${url}/v1/traces` });
const provider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] });
const tracer = provider.getTracer('instrumented', '1.0.0');
const propagator = new W3CTraceContextPropagator();
const getter = { keys: Object.keys, get: (carrier, key) => carrier[key] };

async function traced({ headers = {}, children = 2, server = true }, { awsRequestId }) {
  const parent = propagator.extract(ROOT_CONTEXT, headers, getter);
  const attributes = server ? { 'faas.invocation_id': awsRequestId } : {};
  const kind = server ? SpanKind.SERVER : SpanKind.INTERNAL;
  const span = tracer.startSpan('handler', { kind, attributes }, parent);
  const inside = trace.setSpan(parent, span);
  for (let index = 0; index < children; index += 1) {
    tracer.startSpan(`child ${index}`, { kind: SpanKind.CLIENT }, inside).end();
  }
  console.log('in the handler');
  span.end();
  const startMs = performance.now();
  await provider.forceFlush();
  return {
    flushMs: performance.now() - startMs,
    spanId: span.spanContext().spanId,
    traceId: span.spanContext().traceId,
  };
}

async function post({ requests }) {
  const answers = [];
  for (const { path = '/v1/traces', method = 'POST', headers = {}, body } of requests) {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: Buffer.from(body, 'base64') }),
    });
    const bytes = Buffer.from(await answer.arrayBuffer());
    answers.push({
      status: answer.status,
      type: answer.headers.get('content-type'),
      length: answer.headers.get('content-length'),
      body: bytes.toString('base64'),
    });
  }
  return answers;
}

const actions = { traced, post };
export const handler = (event, lambda) => actions[event.action](event, lambda);
