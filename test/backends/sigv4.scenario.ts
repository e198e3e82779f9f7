// SigV4 without a Collector in between: the layer signs for CloudWatch and X-Ray itself, and the sigv4auth of
// cloudwatch/otlp.yaml does; AWS's own botocore computes each signature anew and refuses what differs.
import path from 'node:path';
import { freePort } from '../free-ports';
import { startCollector } from './install/collector';
import { answersOk, eventually, getJson } from './install/http-query';
import { install } from './install/install';
import type { ServerProcess } from './install/server-process';
import { startServer } from './install/server-process';
import { report } from './report';
import { runFunction, uniqueFunctionName } from './run-function';
import { createServers } from './servers';

const servers = createServers();
const CREDENTIALS = {
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  AWS_SESSION_TOKEN: 'a-session-token/with+characters==',
};

interface Taken {
  readonly path: string;
  readonly scope: string;
  readonly signedHeaders: string;
}

async function startVerifier(): Promise<ServerProcess & { readonly url: string }> {
  const python = await install('moto', (line) => process.stderr.write(`${line}\n`));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = servers.add(
    await startServer({
      name: 'sigv4-server',
      command: [
        python,
        path.join(__dirname, 'sigv4-server.py'),
        String(port),
        ...Object.values(CREDENTIALS),
      ],
      isReady: () => answersOk(url),
    }),
  );
  return { ...server, url };
}

afterAll(() => servers.stopAll());

async function takenOf(url: string): Promise<readonly Taken[]> {
  return (await getJson(url)) as readonly Taken[];
}

function perSignal(url: string): Readonly<Record<string, string>> {
  return {
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${url}/v1/traces`,
    OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: `${url}/v1/logs`,
    OTEL_EXPORTER_OTLP_LOGS_HEADERS: 'x-aws-log-group=/lambda-otlp/logs,x-aws-log-stream=a b',
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${url}/v1/metrics`,
    LAMBDA_OTLP_SIGV4: 'true',
  };
}

it.each(['none', 'gzip'])(
  'the layer’s signature of each signal is the one that AWS computes (compression %s)',
  async (compression) => {
    const verifier = await startVerifier();
    await servers.explained(async () => {
      const run = await runFunction({
        functionName: uniqueFunctionName('signed'),
        payloads: [{ mode: 'ok' }, { mode: 'ok' }],
        environment: {
          ...perSignal(verifier.url),
          ...CREDENTIALS,
          OTEL_EXPORTER_OTLP_COMPRESSION: compression,
        },
      });
      const taken = await takenOf(verifier.url);
      report(`SigV4 by the layer, compression ${compression}`, 'requests taken by botocore', [
        ...taken,
      ]);
      const scopes = new Set(taken.map((request) => `${request.path} ${request.scope}`));
      expect([...scopes].sort()).toEqual([
        '/v1/logs us-east-1/logs/aws4_request',
        '/v1/metrics us-east-1/monitoring/aws4_request',
        '/v1/traces us-east-1/xray/aws4_request',
      ]);
      expect(run.extensionOutput).not.toContain('403');
    })();
  },
);

it('a wrong secret is refused, said once for each signal, and harms nothing', async () => {
  const verifier = await startVerifier();
  await servers.explained(async () => {
    const run = await runFunction({
      functionName: uniqueFunctionName('forged'),
      payloads: [{ mode: 'ok' }, { mode: 'ok' }],
      environment: {
        ...perSignal(verifier.url),
        ...CREDENTIALS,
        AWS_SECRET_ACCESS_KEY: 'another secret',
      },
    });
    expect(await takenOf(verifier.url)).toEqual([]);
    expect(run.invocations.map(({ status }) => status)).toEqual(['success', 'success']);
    expect(run.extensionExit).toBe(0);
    for (const signal of ['traces', 'metrics', 'logs']) {
      expect(run.extensionOutput).toContain(`/v1/${signal} failed: HTTP 403`);
    }
    expect(run.extensionOutput).not.toContain('another secret');
  })();
});

it('so is the signature of the Collector with cloudwatch/otlp.yaml', async () => {
  const verifier = await startVerifier();
  await servers.explained(async () => {
    const collector = servers.add(
      await startCollector({
        config: 'cloudwatch/otlp.yaml',
        env: {
          ...CREDENTIALS,
          AWS_REGION: 'eu-central-1',
          CLOUDWATCH_OTLP_LOGS_URL: verifier.url,
          CLOUDWATCH_OTLP_TRACES_URL: verifier.url,
          CLOUDWATCH_OTLP_METRICS_URL: verifier.url,
        },
      }),
    );
    await runFunction({
      functionName: uniqueFunctionName('collected'),
      payloads: [{ mode: 'ok' }],
      environment: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.otlpUrl },
    });
    await eventually(
      () => takenOf(verifier.url),
      (answer) => {
        const scopes = new Set(
          (answer as readonly Taken[]).map(({ scope }) => scope.split('/')[1]),
        );
        return scopes.size === 3 ? scopes : undefined;
      },
    );
  })();
});
