// OpenTelemetry's own SDK with its Lambda instrumentation, preloaded by NODE_OPTIONS=--require as users do it, so that
// it can wrap the handler before the runtime loads it. It exports straight to the back end.
'use strict';

const { getPropagator } = require('@opentelemetry/auto-configuration-propagators');
const { OTLPTraceExporter } = require('@opentelemetry/exporter-trace-otlp-proto');
const { AwsLambdaInstrumentation } = require('@opentelemetry/instrumentation-aws-lambda');
const { defaultResource, resourceFromAttributes } = require('@opentelemetry/resources');
const { NodeTracerProvider, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-node');

const provider = new NodeTracerProvider({
  resource: defaultResource().merge(
    resourceFromAttributes({ 'service.name': process.env.AWS_LAMBDA_FUNCTION_NAME }),
  ),
  spanProcessors: [new SimpleSpanProcessor(new OTLPTraceExporter())],
});
provider.register({ propagator: getPropagator() });
new AwsLambdaInstrumentation().setTracerProvider(provider);
