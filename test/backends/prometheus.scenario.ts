// Prometheus after several execution environments of one function came and went: sums equal what was invoked, by every
// way there is, and every query of the dashboard is answered.
import { readFileSync } from 'node:fs';
import { freePort } from '../free-ports';
import { collectorConfigPath } from './install/checkout';
import type { Collector } from './install/collector';
import { startCollector } from './install/collector';
import { eventually } from './install/http-query';
import type { Prometheus, PrometheusSample } from './install/prometheus';
import { startPrometheus } from './install/prometheus';
import { report } from './report';
import type { FunctionRun } from './run-function';
import { runFunction, uniqueFunctionName } from './run-function';
import { createServers } from './servers';

const servers = createServers();
let prometheus: Prometheus;
let collectors: Readonly<Record<'remote write' | 'scrape' | 'OTLP receiver', Collector>>;

beforeAll(async () => {
  const scrapePort = await freePort();
  const scrape = `127.0.0.1:${scrapePort}`;
  prometheus = servers.add(await startPrometheus({ scrape }));
  const start = async (file: string): Promise<Collector> =>
    servers.add(
      await startCollector({
        config: `prometheus/${file}.yaml`,
        env: { PROMETHEUS_URL: prometheus.url, SCRAPE_ENDPOINT: scrape },
      }),
    );
  collectors = {
    'remote write': await start('remote-write'),
    scrape: await start('scrape'),
    'OTLP receiver': await start('otlp'),
  };
}, 900_000);

afterAll(() => servers.stopAll());

// Three environments: 2 + 1 + 2 successes, a crash and a timeout, each of which restarts the second one.
const LIVES = [
  [{ mode: 'ok' }, { mode: 'ok' }],
  [{ mode: 'crash' }, { mode: 'hang' }, { mode: 'ok' }],
  [{ mode: 'ok' }, { mode: 'ok' }],
];

async function liveAndDie(
  name: string,
  environment: Readonly<Record<string, string>>,
): Promise<readonly FunctionRun[]> {
  const runs: FunctionRun[] = [];
  for (const payloads of LIVES) {
    runs.push(await runFunction({ functionName: name, payloads, environment }));
  }
  return runs;
}

/** The one value of the query, once it is `expected`; fails with the last answer. */
async function expectValue(promql: string, expected: number): Promise<void> {
  await eventually(
    () => prometheus.query(promql),
    (answer) => {
      const samples = answer as readonly PrometheusSample[];
      return samples.length === 1 && samples[0]?.value === expected ? samples : undefined;
    },
  );
  report('Prometheus: a sum over environments', promql, String(expected));
}

describe.each(['remote write', 'scrape', 'OTLP receiver'] as const)('by %s', (way) => {
  const name = uniqueFunctionName(`orders-${way.replace(' ', '-').toLowerCase()}`);

  it(
    'the sums over all environments are what was invoked',
    servers.explained(async () => {
      const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: collectors[way].otlpUrl };
      const runs = await liveAndDie(name, environment);
      const of = (metric: string): string => `sum by (job) (${metric}{job="${name}"})`;
      await expectValue(of('faas_invocations_total'), 5);
      await expectValue(of('faas_errors_total'), 1);
      await expectValue(of('faas_timeouts_total'), 1);
      await expectValue(of('faas_coldstarts_total'), 3);
      await expectValue(of('faas_invoke_duration_seconds_count'), 7);
      const durationsMs = runs.flatMap(({ events }) =>
        events
          .filter(({ type }) => type === 'platform.runtimeDone')
          .map(({ record }) => (record as { metrics: { durationMs: number } }).metrics.durationMs),
      );
      const [sum] = await prometheus.query(of('faas_invoke_duration_seconds_sum'));
      const expected = durationsMs.reduce((a, b) => a + b, 0) / 1000;
      expect(sum?.value).toBeCloseTo(expected, 3);
    }),
  );

  it('all environments share one series, which names the function and its region', async () => {
    const series = await prometheus.query(`faas_invocations_total{job="${name}"}`);
    expect(series).toHaveLength(1);
    expect(series[0]?.metric).toMatchObject({ job: name, cloud_region: 'us-east-1' });
    expect(series[0]?.metric).not.toHaveProperty('service_instance_id');
  });
});

it(
  'straight to the OTLP receiver, deltas of each environment are a series, and add up',
  servers.explained(async () => {
    const name = uniqueFunctionName('orders-direct');
    await liveAndDie(name, {
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${prometheus.url}/api/v1/otlp/v1/metrics`,
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
    });
    await expectValue(`sum by (job) (faas_invocations_total{job="${name}"})`, 5);
    await expectValue(`sum by (job) (faas_coldstarts_total{job="${name}"})`, 3);
    const series = await prometheus.query(`faas_invoke_duration_seconds_count{job="${name}"}`);
    const instances = new Set(series.map(({ metric }) => metric['instance']));
    expect(instances.size).toBeGreaterThanOrEqual(3);
  }),
);

describe('the dashboard', () => {
  const dashboard = JSON.parse(
    readFileSync(collectorConfigPath('grafana/dashboards/aws-lambda.json'), 'utf8'),
  ) as { panels: { title: string; targets: { expr: string }[] }[] };
  const name = uniqueFunctionName('dashboard');
  const filled = (expr: string): string =>
    expr.replaceAll('$service', name).replaceAll('$__rate_interval', '5m');

  beforeAll(async () => {
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: collectors['OTLP receiver'].otlpUrl };
    // Twice, for rate() and increase() need two samples of a series.
    await liveAndDie(name, environment);
    await expectValue(`sum by (job) (faas_invocations_total{job="${name}"})`, 5);
    await liveAndDie(name, environment);
    await expectValue(`sum by (job) (faas_invocations_total{job="${name}"})`, 10);
  });

  const panels = dashboard.panels.map(({ title, targets }) => [title, targets] as const);

  it.each(panels)('%s: every query is valid, and shows what happened', async (title, targets) => {
    const answers = await Promise.all(targets.map(({ expr }) => prometheus.query(filled(expr))));
    for (const { value } of answers.flat()) expect(value).toBeGreaterThanOrEqual(0);
    report(
      `Dashboard: ${title}`,
      targets.map(({ expr }) => filled(expr)).join('\n'),
      answers.flat().map(({ metric, value }) => `${value} ${JSON.stringify(metric)}`),
    );
    // Nothing was dropped: no series is the right answer there.
    if (title !== 'Telemetry dropped') expect(answers.flat().length).toBeGreaterThan(0);
  });
});
