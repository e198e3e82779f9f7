// OpenTelemetry's own SDKs, instrumented as their Lambda layers do it: every request is one trace with one SERVER span,
// its parents are all there, whoever the caller is and however the SDK hands over.
import { join } from 'node:path';
import type { LocalLambdaOptions } from 'local-lambda/lambda/local-lambda-options';
import { SPAN_KIND } from 'local-lambda/otlp/model';
import { freePort } from '../free-ports';
import { endRuns, finish, startLayer } from '../scenarios/layer-run';
import type { LayerRun } from '../scenarios/layer-run';

afterEach(endRuns);

const FUNCTIONS = join(__dirname, 'functions');
const CALLER = 'cdcdcdcdcdcdcdcd';
const TRACE_ID = 'ab'.repeat(16);
const X_RAY = `Root=1-6740aa11-0123456789abcdef01234567;Parent=${CALLER};Sampled=1`;

type Settings = Readonly<Record<string, string>>;
type Runtime = Pick<LocalLambdaOptions, 'handler' | 'bootstrap'> & { readonly settings: Settings };

const { SDK_PYTHON, SDK_NODE } = process.env;

const LANGUAGES: Readonly<Record<string, (() => Runtime) | undefined>> = {
  Python:
    SDK_PYTHON === undefined
      ? undefined
      : () => ({
          bootstrap: [SDK_PYTHON, '-m', 'awslambdaric', 'instrumented.handler'],
          settings: {
            PYTHONPATH: FUNCTIONS,
            ORIG_HANDLER: 'function.handler',
            _HANDLER: 'instrumented.handler',
          },
        }),
  'Node.js':
    SDK_NODE === undefined
      ? undefined
      : () => ({
          handler: join(FUNCTIONS, 'function.handler'),
          settings: {
            NODE_OPTIONS: `--require ${join(FUNCTIONS, 'instrument.cjs')}`,
            SDK_NODE,
            // Not of http: the local Lambda's runtime asks for its events by it.
            OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'aws-lambda',
          },
        }),
};
const PROTOCOLS: Readonly<Record<string, readonly string[]>> = {
  Python: ['http/protobuf', 'grpc'],
  'Node.js': ['http/protobuf', 'http/json', 'grpc'],
};

async function start(runtime: Runtime, protocol: string, propagators: string): Promise<LayerRun> {
  const { settings, ...lambda } = runtime;
  const port = await freePort();
  return startLayer({
    ...lambda,
    settings: (receiverUrl) => ({
      ...settings,
      LAMBDA_OTLP_RECEIVER: String(port),
      LAMBDA_OTLP_FLUSH: 'end',
      LAMBDA_OTLP_OTEL_EXPORTER_OTLP_ENDPOINT: receiverUrl,
      LAMBDA_OTLP_OTEL_METRICS_EXPORTER: 'otlp',
      LAMBDA_OTLP_OTEL_LOGS_EXPORTER: 'otlp',
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_TRACES_SAMPLER: 'always_on',
      OTEL_PROPAGATORS: propagators,
    }),
  });
}

const CALLERS = [
  ['called by W3C', 'tracecontext', { traceparent: `00-${TRACE_ID}-${CALLER}-01` }, undefined],
  ['called through X-Ray', 'tracecontext,xray-lambda', {}, X_RAY],
  ['without a caller', 'tracecontext', {}, undefined],
] as const;

describe.each(Object.entries(LANGUAGES))('%s', (language, runtimeOf) => {
  const cases = (PROTOCOLS[language] ?? []).flatMap((protocol) =>
    CALLERS.map(([title, ...caller]) => [protocol, title, ...caller] as const),
  );
  const test = runtimeOf === undefined ? it.skip : it;

  test.each(cases)('by %s, %s: one trace with one SERVER span of each request', async (...row) => {
    const [protocol, , propagators, headers, traceHeader] = row;
    if (runtimeOf === undefined) return;
    const run = await start(runtimeOf(), protocol, propagators);
    const invoked: { readonly requestId: string; readonly traceId: string }[] = [];
    for (let count = 0; count < 2; count += 1) {
      const options = traceHeader === undefined ? {} : { traceHeader };
      const { requestId, response } = await run.lambda.invoke({ headers }, options);
      const { traceId } = response as { readonly traceId: string };
      invoked.push({ requestId, traceId });
    }
    const { spans, logs } = await finish(run);
    const servers = spans.filter(({ kind }) => kind === SPAN_KIND.server);
    expect(servers.map(({ plain }) => plain['faas.invocation_id'])).toEqual(
      invoked.map(({ requestId }) => requestId),
    );
    const ids = new Set(spans.map(({ traceId, spanId }) => `${traceId} ${spanId}`));
    const isRoot = ({ traceId, parentSpanId }: (typeof spans)[number]): boolean =>
      !ids.has(`${traceId} ${parentSpanId}`);
    const isFromCaller = traceHeader !== undefined || 'traceparent' in headers;
    for (const root of spans.filter(isRoot)) {
      expect(servers).toContain(root);
      expect(root.parentSpanId).toBe(isFromCaller ? CALLER : '');
    }
    for (const { requestId, traceId } of invoked) {
      const server = servers.find(({ plain }) => plain['faas.invocation_id'] === requestId);
      expect(server?.traceId).toBe(traceId);
      expect(server?.plain['lambda.status']).toBe('success');
      const line = logs.find(
        ({ text, plain }) => text === 'in the handler' && plain['faas.invocation_id'] === requestId,
      );
      expect(line).toMatchObject({ traceId, spanId: server?.spanId });
    }
    expect(spans.filter(({ name }) => name === 'work')).toHaveLength(2);
  });
});
