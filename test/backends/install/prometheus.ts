// A real Prometheus with its OTLP and remote-write receivers on, data in a folder of its own that goes with it.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '../../free-ports';
import { collectorConfigPath } from './checkout';
import { answersOk, getJson } from './http-query';
import { install } from './install';
import { sayOnStderr } from './progress';
import type { BackendOptions } from './progress';
import { startServer } from './server-process';

export interface PrometheusOptions extends BackendOptions {
  /** host:port of a Collector's /metrics to scrape every second. */
  readonly scrape?: string;
}

export interface PrometheusSample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Prometheus {
  readonly url: string;
  /** Instant query now. Rejects with Prometheus' message when the query is invalid. */
  query(promql: string): Promise<readonly PrometheusSample[]>;
  output(): string;
  stop(): Promise<void>;
}

/** Installs Prometheus on first use (minutes). Accepts deltas too: `otlp-deltatocumulative` is on. */
export async function startPrometheus(options: PrometheusOptions = {}): Promise<Prometheus> {
  const binary = await install('prometheus', options.say ?? sayOnStderr);
  const port = await freePort();
  const dir = await mkdtemp(path.join(tmpdir(), 'prometheus-'));
  const url = `http://127.0.0.1:${port}`;
  const config = await readFile(collectorConfigPath('prometheus/prometheus.yml'), 'utf8');
  await writeFile(path.join(dir, 'prometheus.yml'), forScraping(config, options.scrape));
  const server = await startServer({
    name: 'prometheus',
    command: [
      binary,
      `--config.file=${path.join(dir, 'prometheus.yml')}`,
      `--storage.tsdb.path=${path.join(dir, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--web.enable-otlp-receiver',
      '--web.enable-remote-write-receiver',
      '--enable-feature=otlp-deltatocumulative',
    ],
    isReady: () => answersOk(`${url}/-/ready`),
  });
  return {
    url,
    query: (promql) => query(url, promql),
    output: () => server.output(),
    stop: async () => {
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** The configuration as it is, but for the address and the interval of the one scrape job. */
function forScraping(config: string, target: string | undefined): string {
  return config
    .replace('127.0.0.1:8889', target ?? '127.0.0.1:9')
    .replace('scrape_interval: 15s', 'scrape_interval: 1s');
}

async function query(url: string, promql: string): Promise<readonly PrometheusSample[]> {
  const answer = (await getJson(`${url}/api/v1/query?query=${encodeURIComponent(promql)}`)) as {
    data: { result: readonly { metric: Record<string, string>; value: [number, string] }[] };
  };
  return answer.data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
}
