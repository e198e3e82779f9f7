// A real OpenSearch node on loopback, without the security plugin, data in a folder of its own that goes with it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePorts } from '../../free-ports';
import { answersOk, getJson } from './http-query';
import { install } from './install';
import { sayOnStderr } from './progress';
import type { BackendOptions } from './progress';
import { startServer } from './server-process';

export interface OpenSearch {
  readonly url: string;
  put(pathname: string, body: string): Promise<unknown>;
  get(pathname: string): Promise<unknown>;
  output(): string;
  stop(): Promise<void>;
}

/** Installs OpenSearch on first use, with Maven; needs Java 17 or newer. */
export async function startOpenSearch(options: BackendOptions = {}): Promise<OpenSearch> {
  const mainClass = await install('opensearch', options.say ?? sayOnStderr);
  const jars = path.dirname(mainClass);
  const [http = 0, transport = 0] = await freePorts(2);
  const dir = await mkdtemp(path.join(tmpdir(), 'opensearch-'));
  const url = `http://127.0.0.1:${http}`;
  const classPath = `${jars}${path.delimiter}${path.join(jars, '*')}`;
  const server = await startServer({
    name: 'opensearch',
    command: [
      'java',
      '-Xmx512m',
      '-cp',
      classPath,
      'OneNode',
      dir,
      String(http),
      String(transport),
    ],
    cwd: dir,
    isReady: () => answersOk(`${url}/_cluster/health?wait_for_status=yellow&timeout=1s`),
  });
  const headers = { 'content-type': 'application/json' };
  return {
    url,
    put: (pathname, body) => getJson(`${url}${pathname}`, { method: 'PUT', headers, body }),
    get: (pathname) => getJson(`${url}${pathname}`),
    output: () => server.output(),
    stop: async () => {
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
