// `replay --send` as its user runs it: OpenTelemetry's own exporters, which say what the extension's encoders say.
import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Signal } from '../../src/relay/item';
import { toJson } from '../../src/relay/to-json';

const ROOT = resolve(__dirname, '../..');
const CAPTURE = resolve(ROOT, 'test/fixtures/real/platform-normal-error-timeout.json');
/** The environment's random id, and the address that is made of it. */
const RANDOM =
  /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}|fd(?:[0-9a-f]{0,4}:){7}[0-9a-f]{0,4}/g;
/** What is always a double with us is an integer with them when it is whole (decision 8). */
const NUMBER = /"(?:intValue":"(\d+)"|doubleValue":(\d+)(?=\}))/g;
const cleanups: (() => void)[] = [];

afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

interface Arrived {
  readonly signal: Signal;
  readonly body: Buffer;
  readonly authorization: string | undefined;
}

async function startEndpoint(status: number) {
  const arrived: Arrived[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const bytes = Buffer.concat(chunks);
      const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
      const signal = request.url?.split('/').pop() as Signal;
      arrived.push({ signal, body, authorization: request.headers.authorization });
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  cleanups.push(
    () => server.close(),
    () => server.closeAllConnections(),
  );
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, arrived };
}

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const command = ['-r', 'esbuild-register', 'src/replay/main.ts', ...args];
  const env = { PATH: process.env['PATH'], ...variables };
  return new Promise((ended) => {
    execFile(process.execPath, command, { cwd: ROOT, env }, (error, stdout, stderr) =>
      ended({ status: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

function comparable(request: string): unknown {
  const fixed = request.replace(RANDOM, 'random');
  return JSON.parse(
    fixed.replace(NUMBER, (_text, ...[int, double]) => `"number":${int ?? double}`),
  );
}

test('what they send is what is printed without --send', async () => {
  const { url, arrived } = await startEndpoint(200);
  const settings = {
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20key',
    OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
  };
  const sent = await run(['--send', CAPTURE], settings);
  // OpenTelemetry's exporters write no exemplars.
  const printed = await run([CAPTURE], { OTEL_METRICS_EXEMPLAR_FILTER: 'always_off' });
  expect(sent).toMatchObject({ status: 0, stdout: '' });
  expect(sent.stderr).toMatch(
    /^traces: [1-9]\d* sent, 0 lost\nmetrics: [1-9]\d* sent, 0 lost\nlogs: [1-9]\d* sent, 0 lost\n$/,
  );
  const lines = printed.stdout.trim().split('\n').map(comparable);
  expect(arrived.map(({ signal, body }) => comparable(toJson(signal, body)))).toEqual(lines);
  expect(new Set(arrived.map(({ authorization }) => authorization))).toEqual(
    new Set(['Bearer key']),
  );
});

test('what an endpoint refuses is told, counted, and exit code 1', async () => {
  const { url } = await startEndpoint(400);
  const { status, stderr } = await run(['--send', CAPTURE], { OTEL_EXPORTER_OTLP_ENDPOINT: url });
  expect(status).toBe(1);
  expect(stderr).toContain(
    `error: traces export to ${url}/v1/traces failed: Bad Request; its items are lost`,
  );
  expect(stderr).toMatch(/^traces: 0 sent, [1-9]\d* lost$/m);
});

test('a signal that is not exported is neither sent nor lost', async () => {
  const { url, arrived } = await startEndpoint(200);
  const settings = { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_LOGS_EXPORTER: 'none' };
  const { status, stderr } = await run(['--send', CAPTURE], settings);
  expect(status).toBe(0);
  expect(stderr).toMatch(/^logs: 0 sent, 0 lost$/m);
  expect(arrived.map(({ signal }) => signal)).not.toContain('logs');
});

test('what only the extension can sign is said instead of sent', async () => {
  const settings = {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=${ssm:/key}',
  };
  const { status, stderr } = await run(['--send', CAPTURE], settings);
  expect(status).toBe(1);
  expect(stderr).toContain('its headers refer to a secret');
});
