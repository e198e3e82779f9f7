// What OpenTelemetry's Lambda layer for Node.js does before the handler is loaded, with the packages of SDK_NODE.
// (auto-instrumentations-node/register binds the Lambda instrumentation before there is a provider, so that nothing is
// flushed at the end of a handler.)
'use strict';

const { createRequire } = require('node:module');

if (process.env._HANDLER !== undefined) {
  const load = createRequire(process.env.SDK_NODE);
  const { getNodeAutoInstrumentations } = load('@opentelemetry/auto-instrumentations-node');
  const { getPropagator } = require('@opentelemetry/auto-configuration-propagators');
  const { registerInstrumentations } = load('@opentelemetry/instrumentation');
  const { BatchSpanProcessor, NodeTracerProvider } = load('@opentelemetry/sdk-trace-node');
  const packages = { 'http/protobuf': 'proto', 'http/json': 'http', grpc: 'grpc' };
  const exporter = packages[process.env.OTEL_EXPORTER_OTLP_PROTOCOL];
  const { OTLPTraceExporter } = load(`@opentelemetry/exporter-trace-otlp-${exporter}`);

  const spanProcessors = [new BatchSpanProcessor(new OTLPTraceExporter())];
  const tracerProvider = new NodeTracerProvider({ spanProcessors });
  tracerProvider.register({ propagator: getPropagator() });
  const instrumentations = getNodeAutoInstrumentations();
  registerInstrumentations({ instrumentations, tracerProvider });
}
