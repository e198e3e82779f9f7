// A function with the real OpenTelemetry Node SDK: which of its own spans join ours in Jaeger, by X-Ray's header with
// and without active tracing, and what a W3C-only function gets.
import { eventually } from '../../src/local/backends/http-query';
import type { Jaeger, JaegerTrace } from '../../src/local/backends/jaeger';
import { startJaeger } from '../../src/local/backends/jaeger';
import { outline, parentOf, rootsOf, spanNamed } from './jaeger-traces';
import { report } from './report';
import type { FunctionRun } from './run-function';
import { FUNCTION_DIR, runFunction, traceIdOf, uniqueFunctionName } from './run-function';
import { createServers } from './servers';

const servers = createServers();
let jaeger: Jaeger;

beforeAll(async () => {
  jaeger = servers.add(await startJaeger());
}, 900_000);

afterAll(() => servers.stopAll());

const OWN_SPAN = 'charge card';

function run(
  name: string,
  propagators: string,
  payload: object,
  traceHeader?: string,
): Promise<FunctionRun> {
  return runFunction({
    functionName: name,
    payloads: [payload],
    environment: {
      OTEL_EXPORTER_OTLP_ENDPOINT: jaeger.otlpUrl,
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_PROPAGATORS: propagators,
      // Without active tracing the header says Sampled=0, and the SDK's default sampler would follow it.
      OTEL_TRACES_SAMPLER: 'always_on',
      NODE_OPTIONS: `--require ${FUNCTION_DIR}/instrument.cjs`,
    },
    lambda: { handler: `${FUNCTION_DIR}/instrumented.handler`, timeoutMs: 10_000 },
    ...(traceHeader === undefined ? {} : { options: { traceHeader } }),
  });
}

function wholeTrace(traceId: string, names: readonly string[]): Promise<JaegerTrace> {
  return eventually(
    () => jaeger.trace(traceId),
    (answer) => {
      const trace = answer as JaegerTrace | undefined;
      const has = (name: string): boolean =>
        trace?.spans.some(({ operationName }) => operationName === name) === true;
      return names.every(has) ? trace : undefined;
    },
  );
}

/** Our invocation span: the SERVER span that the extension made. */
function invocationSpan(trace: JaegerTrace) {
  const found = trace.spans.filter((span) =>
    span.tags.some(
      ({ key, value }) => key === 'otel.scope.name' && String(value).startsWith('lambda-otlp'),
    ),
  );
  const [span] = found.filter(({ tags }) => tags.some(({ key }) => key === 'faas.coldstart'));
  if (span === undefined) throw new Error(`no invocation span in\n${outline(trace)}`);
  return span;
}

const HEADERS = {
  'without active tracing': undefined,
  'with active tracing':
    'Root=1-67a1b2c3-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=1',
};

it.each(Object.entries(HEADERS))(
  'xray-lambda %s: the function’s spans hang below our invocation span',
  async (title, traceHeader) => {
    await servers.explained(async () => {
      const name = uniqueFunctionName('own');
      const { invocations } = await run(name, 'tracecontext,baggage,xray-lambda', {}, traceHeader);
      const [invocation] = invocations;
      if (invocation === undefined) throw new Error('there was no invocation');
      expect(invocation.status).toBe('success');
      const trace = await wholeTrace(traceIdOf(invocation), [OWN_SPAN, 'init']);
      report(
        `A function's own spans, ${title}`,
        `GET /api/traces/${trace.traceID}`,
        outline(trace),
      );
      const ours = invocationSpan(trace);
      const handlerSpan = parentOf(trace, spanNamed(trace, OWN_SPAN));
      expect(handlerSpan).toBeDefined();
      const ancestors = [];
      for (
        let span = parentOf(trace, spanNamed(trace, OWN_SPAN));
        span !== undefined;
        span = parentOf(trace, span)
      ) {
        ancestors.push(span.spanID);
      }
      expect(ancestors).toContain(ours.spanID);
      expect(rootsOf(trace)).toHaveLength(1);
    })();
  },
);

it('tracecontext only: without a traceparent the function’s spans are a trace of their own', async () => {
  await servers.explained(async () => {
    const name = uniqueFunctionName('w3c');
    const { invocations } = await run(name, 'tracecontext,baggage', {});
    const [invocation] = invocations;
    if (invocation === undefined) throw new Error('there was no invocation');
    const ours = await wholeTrace(traceIdOf(invocation), [name, 'init']);
    expect(ours.spans.map(({ operationName }) => operationName)).not.toContain(OWN_SPAN);
    expect(await jaeger.warnings(ours.traceID)).toEqual([]);
    const traces = await eventually(
      () => jaeger.traces(name),
      (answer) =>
        (answer as readonly JaegerTrace[]).some((trace) =>
          trace.spans.some(({ operationName }) => operationName === OWN_SPAN),
        )
          ? (answer as readonly JaegerTrace[])
          : undefined,
    );
    const theirs = traces.find((trace) =>
      trace.spans.some(({ operationName }) => operationName === OWN_SPAN),
    );
    expect(theirs?.traceID).not.toBe(ours.traceID);
    report('A W3C-only function: two traces', `GET /api/traces?service=${name}`, [
      ...traces.map(outline),
    ]);
  })();
});
