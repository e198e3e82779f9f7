// A real Loki with collector-config/loki/loki.yaml, data in a folder of its own that goes with it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePorts } from '../../free-ports';
import { collectorConfigPath } from './checkout';
import { answersOk, getJson } from './http-query';
import { install } from './install';
import { sayOnStderr } from './progress';
import type { BackendOptions } from './progress';
import { startServer } from './server-process';

export interface LokiLine {
  readonly line: string;
  /** Index labels and structured metadata together, as Loki's query API gives them. */
  readonly labels: Readonly<Record<string, string>>;
}

export interface Loki {
  readonly url: string;
  /** LogQL over the last hour, oldest first, at most 1000 lines. */
  query(logql: string): Promise<readonly LokiLine[]>;
  /** The index labels that Loki knows of. */
  labelNames(): Promise<readonly string[]>;
  output(): string;
  stop(): Promise<void>;
}

/** Installs Loki on first use (minutes); it takes about ten seconds to become ready. */
export async function startLoki(options: BackendOptions = {}): Promise<Loki> {
  const binary = await install('loki', options.say ?? sayOnStderr);
  const [http = 0, grpc = 0] = await freePorts(2);
  const dir = await mkdtemp(path.join(tmpdir(), 'loki-'));
  const url = `http://127.0.0.1:${http}`;
  const server = await startServer({
    name: 'loki',
    command: [
      binary,
      `-config.file=${collectorConfigPath('loki/loki.yaml')}`,
      '-config.expand-env=true',
    ],
    env: { LOKI_HTTP_PORT: String(http), LOKI_GRPC_PORT: String(grpc), LOKI_DATA: dir },
    isReady: () => answersOk(`${url}/ready`),
  });
  return {
    url,
    query: (logql) => query(url, logql),
    labelNames: async () =>
      ((await getJson(`${url}/loki/api/v1/labels`)) as { data?: readonly string[] }).data ?? [],
    output: () => server.output(),
    stop: async () => {
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function query(url: string, logql: string): Promise<readonly LokiLine[]> {
  const parameters = `query=${encodeURIComponent(logql)}&since=1h&limit=1000&direction=forward`;
  const answer = (await getJson(`${url}/loki/api/v1/query_range?${parameters}`)) as {
    data: { result: readonly { stream: Record<string, string>; values: [string, string][] }[] };
  };
  return answer.data.result
    .flatMap(({ stream, values }) =>
      values.map(([timeNs, line]) => ({ timeNs: BigInt(timeNs), line, labels: stream })),
    )
    .sort((a, b) => (a.timeNs < b.timeNs ? -1 : 1))
    .map(({ line, labels }) => ({ line, labels }));
}
