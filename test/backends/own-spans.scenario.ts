// A function with the real OpenTelemetry Node SDK: which of its own spans join ours in Jaeger, by X-Ray's header with
// and without active tracing, and what a W3C-only function gets.
import { eventually } from './install/http-query';
import type { Jaeger, JaegerSpan, JaegerTrace } from './install/jaeger';
import { startJaeger } from './install/jaeger';
import { outline, parentOf, rootsOf, spanNamed, tagsOf } from './jaeger-traces';
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

/** Waits until the trace is whole: its spans leave in requests of several exporters and come in any order. */
function traceOnceWhole(
  traceId: string,
  isWhole: (trace: JaegerTrace) => boolean,
): Promise<JaegerTrace> {
  return eventually(
    () => jaeger.trace(traceId),
    (answer) => {
      const trace = answer as JaegerTrace | undefined;
      return trace !== undefined && isWhole(trace) ? trace : undefined;
    },
  );
}

function has(trace: JaegerTrace, ...names: readonly string[]): boolean {
  return names.every((name) => trace.spans.some(({ operationName }) => operationName === name));
}

/** Our invocation span: the SERVER span of the extension. */
function invocationSpan(trace: JaegerTrace): JaegerSpan | undefined {
  return trace.spans.find((span) => {
    const tags = tagsOf(span);
    const isOurs = String(tags['otel.scope.name']).startsWith('lambda-otlp');
    return isOurs && tags['span.kind'] === 'server';
  });
}

function ancestorsOf(trace: JaegerTrace, name: string): readonly JaegerSpan[] {
  const ancestors: JaegerSpan[] = [];
  let span = parentOf(trace, spanNamed(trace, name));
  for (; span !== undefined; span = parentOf(trace, span)) ancestors.push(span);
  return ancestors;
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
      const trace = await traceOnceWhole(
        traceIdOf(invocation),
        (seen) => has(seen, OWN_SPAN, 'init') && rootsOf(seen).length === 1,
      );
      report(
        `A function's own spans, ${title}`,
        `GET /api/traces/${trace.traceID}`,
        outline(trace),
      );
      const ours = invocationSpan(trace);
      expect(ours).toBeDefined();
      // In between is the span that the SDK's instrumentation made of the handler.
      const ancestors = ancestorsOf(trace, OWN_SPAN);
      expect(ancestors.length).toBeGreaterThanOrEqual(2);
      expect(ancestors).toContain(ours);
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
    const ours = await traceOnceWhole(traceIdOf(invocation), (seen) => has(seen, name, 'init'));
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
