// Telemetry as objects in an S3 that verifies signatures: gzipped OTLP/JSON below the function's name and partitions.
import { gunzipSync } from 'node:zlib';
import type { Collector } from './install/collector';
import { startCollector } from './install/collector';
import { eventually } from './install/http-query';
import type { ObjectStore } from './install/versitygw';
import { startObjectStore } from './install/versitygw';
import { plainValue } from './otlp-json';
import { report } from './report';
import { runFunction, uniqueFunctionName } from './run-function';
import { createServers } from './servers';

const servers = createServers();
let store: ObjectStore;

beforeAll(async () => {
  store = servers.add(await startObjectStore('lambda-telemetry'));
}, 900_000);

afterAll(() => servers.stopAll());

async function startS3Collector(secretAccessKey: string): Promise<Collector> {
  return servers.add(
    await startCollector({
      config: 's3/collector.yaml',
      distribution: 'otelcol-s3',
      env: {
        S3_ENDPOINT: store.url,
        S3_PATH_STYLE: 'true',
        S3_BUCKET: store.bucket,
        S3_FLUSH_TIMEOUT: '500ms',
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: store.accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_EC2_METADATA_DISABLED: 'true',
      },
    }),
  );
}

it(
  'stores each signal in objects of its own, readable as OTLP/JSON',
  servers.explained(async () => {
    const name = uniqueFunctionName('archive');
    const collector = await startS3Collector(store.secretAccessKey);
    await runFunction({
      functionName: name,
      payloads: [{ mode: 'ok' }, { mode: 'ok' }],
      environment: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.otlpUrl },
    });
    const keys = await eventually(
      () => store.keys(),
      (answer) => {
        const found = answer as readonly string[];
        const has = (signal: string): boolean => found.some((key) => key.includes(signal));
        return ['logs', 'traces', 'metrics'].every(has) ? found : undefined;
      },
    );
    report('S3: objects', `aws s3 ls --recursive s3://${store.bucket}/`, keys.join('\n'));
    for (const key of keys) {
      expect(key).toMatch(
        /^archive-[\d-]+\/year=\d{4}\/month=\d\d\/day=\d\d\/hour=\d\d\/lambda-otlp_/,
      );
    }
    const bodies = await Promise.all(
      keys
        .filter((key) => key.includes('logs'))
        .map(async (key) => readLogs(await store.read(key))),
    );
    expect(bodies.flat()).toContain('stock is low');
  }),
);

it(
  'stores nothing when the signature is wrong',
  servers.explained(async () => {
    const name = uniqueFunctionName('forged');
    const collector = await startS3Collector('not the secret');
    await runFunction({
      functionName: name,
      payloads: [{ mode: 'ok' }],
      environment: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.otlpUrl },
    });
    await eventually(
      () => Promise.resolve(collector.output()),
      (output) => (String(output).includes('SignatureDoesNotMatch') ? true : undefined),
    );
    expect((await store.keys()).filter((key) => key.startsWith(name))).toEqual([]);
  }),
);

function readLogs(object: Buffer): readonly unknown[] {
  const { resourceLogs } = JSON.parse(gunzipSync(object).toString('utf8')) as {
    resourceLogs: { scopeLogs: { logRecords: { body?: object }[] }[] }[];
  };
  return resourceLogs
    .flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords))
    .map(({ body }) => plainValue(body));
}
