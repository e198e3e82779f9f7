// A handler with a span of its own.
'use strict';

const { trace } = require('@opentelemetry/api');

exports.handler = async () => {
  console.log('in the handler');
  return trace.getTracer('function').startActiveSpan('work', async (span) => {
    span.end();
    return { traceId: span.spanContext().traceId };
  });
};
