// A function with OpenTelemetry's SDK: what @opentelemetry/instrumentation-aws-lambda does, by hand, and plain requests
// to the receiver as its event says.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { trace, ROOT_CONTEXT, SpanKind } = require('@opentelemetry/api');
const { W3CTraceContextPropagator } = require('@opentelemetry/core');
const { OTLPTraceExporter } = require('@opentelemetry/exporter-trace-otlp-proto');
const { OTLPLogExporter } = require('@opentelemetry/exporter-logs-otlp-proto');
const { BatchLogRecordProcessor, LoggerProvider } = require('@opentelemetry/sdk-logs');
const { BasicTracerProvider, BatchSpanProcessor } = require('@opentelemetry/sdk-trace-base');

const url = process.env.RECEIVER_URL;
const exporter =
  process.env.RECEIVER_PROTOCOL === 'grpc'
    ? new (require('@opentelemetry/exporter-trace-otlp-grpc').OTLPTraceExporter)({ url })
    : new OTLPTraceExporter({ url: `${url}/v1/traces` });
const provider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] });
const logExporter = new OTLPLogExporter({ url: `${url}/v1/logs` });
const logs = new LoggerProvider({
  processors: [new BatchLogRecordProcessor({ exporter: logExporter })],
});
const tracer = provider.getTracer('instrumented', '1.0.0');
const propagator = new W3CTraceContextPropagator();
const getter = { keys: Object.keys, get: (carrier, key) => carrier[key] };

/** `Root=1-…;Parent=…;Sampled=…`, as the propagator `xray-lambda` reads it. */
function fromXRay() {
  const [, time, random, parent, sampled] =
    /Root=1-(\w{8})-(\w{24});Parent=(\w{16});Sampled=([01])/.exec(process.env._X_AMZN_TRACE_ID) ??
    [];
  const context = { traceId: `${time}${random}`, spanId: parent, isRemote: true };
  return trace.setSpanContext(ROOT_CONTEXT, { ...context, traceFlags: Number(sampled) });
}

function parentOf({ headers = {}, xRay = false }) {
  return xRay ? fromXRay() : propagator.extract(ROOT_CONTEXT, headers, getter);
}

function open(event, { awsRequestId }) {
  const { children = 2, server = true } = event;
  const parent = parentOf(event);
  const attributes = server ? { 'faas.invocation_id': awsRequestId } : {};
  const kind = server ? SpanKind.SERVER : SpanKind.INTERNAL;
  const span = tracer.startSpan('handler', { kind, attributes }, parent);
  const inside = trace.setSpan(parent, span);
  for (let index = 0; index < children; index += 1) {
    tracer.startSpan(`child ${index}`, { kind: SpanKind.CLIENT }, inside).end();
  }
  return span;
}

async function traced(event, lambda) {
  const span = open(event, lambda);
  const { spanId, traceId } = span.spanContext();
  console.log('in the handler');
  if (event.ms > 0) await new Promise((resolve) => setTimeout(resolve, event.ms));
  span.end();
  const startMs = performance.now();
  await provider.forceFlush();
  return { flushMs: performance.now() - startMs, spanId, traceId };
}

/** By console.log and by the SDK's log bridge. */
async function logged({ lines, bridged = lines }) {
  for (const text of lines) console.log(text);
  const logger = logs.getLogger('bridge');
  for (const body of bridged) logger.emit({ body, severityNumber: 9, severityText: 'INFO' });
  await logs.forceFlush();
}

/** Its children have left, it never ends. */
async function stuck(event, lambda) {
  open(event, lambda);
  await provider.forceFlush();
  if (event.exits === true) process.exit(1);
  console.log('stuck');
  await new Promise(() => setTimeout(() => undefined, 100_000));
}

/** Without a flush, or with one that comes after the response. */
function unflushed(event, lambda) {
  open(event, lambda).end();
  if (event.afterMs > 0) setTimeout(() => provider.forceFlush(), event.afterMs);
  return 'done';
}

process.on('SIGTERM', () => void provider.shutdown().finally(() => process.exit(0)));

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

/** The same body again and again, over kept connections. */
async function flood({ count, path = '/v1/traces', body }) {
  const bytes = Buffer.from(body, 'base64');
  const headers = { 'content-type': 'application/x-protobuf' };
  const statuses = {};
  for (let sent = 0; sent < count; sent += 1) {
    const answer = await fetch(`${url}${path}`, { method: 'POST', headers, body: bytes });
    await answer.arrayBuffer();
    statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
  }
  return statuses;
}

const actions = { flood, traced, logged, stuck, unflushed, post };
export const handler = (event, lambda) => actions[event.action](event, lambda);
