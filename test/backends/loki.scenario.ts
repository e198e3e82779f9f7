// A function's lines in Loki: found by requestId and by trace id, with few labels and the rest as structured metadata.
import type { Collector } from './install/collector';
import { startCollector } from './install/collector';
import { eventually } from './install/http-query';
import type { Loki, LokiLine } from './install/loki';
import { startLoki } from './install/loki';
import { report } from './report';
import type { FunctionRun } from './run-function';
import { runFunction, traceIdOf, uniqueFunctionName } from './run-function';
import { createServers } from './servers';

const servers = createServers();
let loki: Loki;
let collector: Collector;

beforeAll(async () => {
  loki = servers.add(await startLoki());
  const env = { LOKI_URL: loki.url };
  collector = servers.add(await startCollector({ config: 'loki/collector.yaml', env }));
}, 900_000);

afterAll(() => servers.stopAll());

function linesOf(logql: string, count: number): Promise<readonly LokiLine[]> {
  return eventually(
    () => loki.query(logql),
    (answer) => {
      const lines = answer as readonly LokiLine[];
      return lines.length >= count ? lines : undefined;
    },
  );
}

const ways = {
  'through the Collector': () => ({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.otlpUrl }),
  'straight to /otlp': () => ({
    OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: `${loki.url}/otlp/v1/logs`,
    OTEL_TRACES_EXPORTER: 'none',
    OTEL_METRICS_EXPORTER: 'none',
  }),
};

describe.each(Object.entries(ways))('%s', (way, environment) => {
  const name = uniqueFunctionName(way.startsWith('straight') ? 'lines-direct' : 'lines');
  let run: FunctionRun;

  beforeAll(async () => {
    run = await runFunction({
      functionName: name,
      payloads: [{ mode: 'ok' }, { mode: 'error' }],
      environment: environment(),
    });
  });

  it(
    'finds the lines of one request by its id, in their order',
    servers.explained(async () => {
      const requestId = run.invocations[0]?.requestId ?? '';
      const query = `{service_name="${name}"} | faas_invocation_id="${requestId}"`;
      const lines = await linesOf(query, 3);
      report(`Loki ${way}: lines of one request`, query, lines);
      const texts = lines.map(({ line }) => line);
      expect(texts.indexOf('order accepted')).toBeGreaterThanOrEqual(0);
      expect(texts.indexOf('stock is low')).toBeGreaterThan(texts.indexOf('order accepted'));
      expect(texts.some((text) => text.startsWith(`REPORT RequestId: ${requestId}`))).toBe(true);
    }),
  );

  it(
    'finds the lines of one trace, with the fields of a JSON line as structured metadata',
    servers.explained(async () => {
      const [invocation] = run.invocations;
      if (invocation === undefined) throw new Error('there was no invocation');
      const query = `{service_name="${name}"} | trace_id="${traceIdOf(invocation)}" | sku="A-17"`;
      const [line] = await linesOf(query, 1);
      report(`Loki ${way}: a line of one trace`, query, line ?? {});
      expect(line?.line).toBe('stock is low');
      expect(line?.labels['left']).toBe('3');
      expect(line?.labels['severity_text']).toMatch(/^warn$/i);
    }),
  );

  it(
    'finds the failure by its severity',
    servers.explained(async () => {
      const query = `{service_name="${name}"} | severity_number >= 17`;
      const lines = await linesOf(query, 1);
      expect(
        lines.some(({ labels }) => labels['exception_message'] === 'payment was refused'),
      ).toBe(true);
    }),
  );
});

it('makes no index label of anything that grows with requests or environments', async () => {
  const labels = await loki.labelNames();
  report('Loki: index labels', 'GET /loki/api/v1/labels', [...labels]);
  expect(labels.filter((label) => /id$|instance|request|trace|span|stream/.test(label))).toEqual(
    labels.filter((label) => label === 'cloud_account_id'),
  );
});
