// A function with a span of its own; instrument.cjs sets its SDK up.
'use strict';

const { trace } = require('@opentelemetry/api');

exports.handler = async () =>
  trace.getTracer('checkout').startActiveSpan('charge card', async (span) => {
    await new Promise((resolve) => setTimeout(resolve, 10));
    span.end();
    return { charged: true };
  });
