// The same functions, as a person sees them in Jaeger: a trace is whole, with one root and nothing to complain of.
// Where Jaeger is not built, `npm run test:backends -- --install` builds it.
import { SPAN_KIND } from 'local-lambda/otlp/model';
import { eventually } from '../backends/install/http-query';
import { isInstalled } from '../backends/install/install';
import { startJaeger } from '../backends/install/jaeger';
import type { Jaeger, JaegerTrace } from '../backends/install/jaeger';
import { parentOf, rootsOf, tagsOf, warningsOf } from '../backends/jaeger-traces';
import { createServers } from '../backends/servers';
import { endRuns, finish } from '../scenarios/layer-run';
import { CALLER, CALLERS, runInstrumented } from './instrumented-function';
import type { Caller, Invoked } from './instrumented-function';
import { LANGUAGES } from './languages';

const hasJaeger = isInstalled('jaeger');
const servers = createServers();
let jaeger: Jaeger;

beforeAll(async () => {
  if (hasJaeger) jaeger = servers.add(await startJaeger());
});
afterEach(endRuns);
afterAll(() => servers.stopAll());

/** The caller's span, which Lambda's side of the trace hangs below. */
async function sendCaller({ traceId }: Invoked, sinceMs: number): Promise<void> {
  const span = {
    traceId,
    spanId: CALLER,
    name: 'call',
    kind: SPAN_KIND.client,
    startTimeUnixNano: String(BigInt(sinceMs) * 1_000_000n),
    endTimeUnixNano: String(BigInt(Date.now()) * 1_000_000n),
  };
  const attributes = [{ key: 'service.name', value: { stringValue: 'caller' } }];
  const resourceSpans = [{ resource: { attributes }, scopeSpans: [{ spans: [span] }] }];
  const response = await fetch(`${jaeger.otlpUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans }),
  });
  expect(response.status).toBe(200);
}

/** Its spans come in several requests, in any order. */
function wholeTrace(traceId: string, names: readonly string[]): Promise<JaegerTrace> {
  return eventually(
    () => jaeger.trace(traceId),
    (answer) => {
      const trace = answer as JaegerTrace | undefined;
      const seen = new Set(trace?.spans.map(({ operationName }) => operationName));
      return names.every((name) => seen.has(name)) ? trace : undefined;
    },
  );
}

async function expectOneTrace(caller: Caller, invoked: Invoked): Promise<void> {
  const isCalled = caller !== 'without a caller';
  const names = ['work', 'extensionOverhead', ...(isCalled ? ['call'] : [])];
  const trace = await wholeTrace(invoked.traceId, names);
  const ofKind = (kind: string) => trace.spans.filter((span) => tagsOf(span)['span.kind'] === kind);
  const [server, ...furtherServers] = ofKind('server');
  const [root, ...furtherRoots] = rootsOf(trace);
  expect([...furtherServers, ...furtherRoots]).toEqual([]);
  expect(server === undefined ? {} : tagsOf(server)).toMatchObject({
    'faas.invocation_id': invoked.requestId,
    'lambda.status': 'success',
  });
  const [call] = ofKind('client');
  expect(root).toBe(isCalled ? call : server);
  expect(server && parentOf(trace, server)).toBe(call);
  expect([...warningsOf(trace), ...(await jaeger.warnings(invoked.traceId))]).toEqual([]);
}

describe.each(LANGUAGES)('$name', (language) => {
  const test = hasJaeger && language.installed !== undefined ? it : it.skip;

  test.each(CALLERS)('%s: every request is one whole trace in Jaeger', async (caller) => {
    await servers.explained(async () => {
      const functionName = `${language.name} ${caller}`
        .toLowerCase()
        .replaceAll(/[^a-z0-9]+/g, '-');
      const sinceMs = Date.now();
      const { run, invoked } = await runInstrumented({
        language,
        protocol: language.protocols[0],
        caller,
        functionName,
        settings: { LAMBDA_OTLP_OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${jaeger.otlpUrl}/v1/traces` },
      });
      await finish(run);
      for (const request of invoked) {
        if (caller !== 'without a caller') await sendCaller(request, sinceMs);
        await expectOneTrace(caller, request);
      }
    })();
  });
});
