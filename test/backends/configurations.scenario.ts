// Every configuration of collector-config/ is accepted by `otelcol validate` of a Collector that has its components,
// and the compose file only names files and configurations that exist.
import { existsSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { collectorConfigPath } from './install/checkout';
import { validateCollectorConfig } from './install/collector';
import { isInstalled } from './install/install';

// sigv4auth asks for credentials when it is built; none of these configurations is started here.
const AWS: Readonly<Record<string, string>> = {
  AWS_ACCESS_KEY_ID: 'none',
  AWS_SECRET_ACCESS_KEY: 'none',
  AWS_REGION: 'eu-central-1',
  AWS_EC2_METADATA_DISABLED: 'true',
};

const OTELCOL = [
  'all.yaml',
  'cloudwatch/otlp.yaml',
  'gateway/collector.yaml',
  'gateway/load-balancer.yaml',
  'jaeger/collector.yaml',
  'loki/collector.yaml',
  'prometheus/otlp.yaml',
  'prometheus/remote-write.yaml',
  'prometheus/scrape.yaml',
  'vendor/collector.yaml',
  'xray/collector.yaml',
];
const OTELCOL_S3 = ['s3/collector.yaml'];
// Their exporters, or what those need, are published at no version that the module proxy verifies, so no Collector here
// has them; the rest of these files is validated.
const ELSEWHERE = ['cloudwatch/emf-and-logs.yaml', 'opensearch/collector.yaml'];

it.each(OTELCOL)('%s is valid', async (config) => {
  expect(await validateCollectorConfig({ config, env: AWS })).toBeUndefined();
});

const ifS3 = isInstalled('otelcol-s3') ? it : it.skip;

ifS3.each(OTELCOL_S3)('%s is valid for a Collector with the S3 exporter', async (config) => {
  const distribution = 'otelcol-s3';
  expect(await validateCollectorConfig({ config, distribution, env: AWS })).toBeUndefined();
});

it.each(ELSEWHERE)('%s is valid but for its exporters', async (config) => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'otelcol-')), 'collector.yaml');
  const parsed = parse(readFileSync(collectorConfigPath(config), 'utf8')) as CollectorConfig;
  const pipelines = Object.entries(parsed.service.pipelines).map(([signal, pipeline]) => [
    signal,
    { ...pipeline, exporters: ['debug'] },
  ]);
  const service = { ...parsed.service, pipelines: Object.fromEntries(pipelines) as object };
  writeFileSync(file, JSON.stringify({ ...parsed, service, exporters: { debug: {} } }));
  expect(await validateCollectorConfig({ config: file, env: AWS })).toBeUndefined();
});

it('an invalid configuration is told apart', async () => {
  const config = 'prometheus/prometheus.yml';
  expect(await validateCollectorConfig({ config })).toContain('has invalid keys');
});

it('every Collector configuration is in one of the lists above', () => {
  const configurations = readdirSync(collectorConfigPath('.'), { recursive: true })
    .map(String)
    .filter((file) => file.endsWith('.yaml'))
    .filter((file) => /^receivers:/m.test(readFileSync(collectorConfigPath(file), 'utf8')))
    .filter((file) => file !== 'jaeger/jaeger.yaml');
  expect(configurations.sort()).toEqual([...OTELCOL, ...OTELCOL_S3, ...ELSEWHERE].sort());
});

interface CollectorConfig {
  readonly service: { readonly pipelines: Readonly<Record<string, object>> };
}

interface Compose {
  readonly services: Readonly<
    Record<
      string,
      {
        readonly image: string;
        readonly volumes?: readonly string[];
        readonly depends_on?: readonly string[];
        readonly environment?: Readonly<Record<string, string>>;
      }
    >
  >;
}

describe('docker-compose.yaml', () => {
  const file = collectorConfigPath('docker-compose.yaml');
  const { services } = parse(readFileSync(file, 'utf8')) as Compose;

  it('mounts files that exist', () => {
    const sources = Object.values(services).flatMap(({ volumes = [] }) =>
      volumes.map((volume) => path.join(path.dirname(file), volume.split(':')[0] ?? '')),
    );
    expect(sources.length).toBeGreaterThan(5);
    expect(sources.filter((source) => !existsSync(source))).toEqual([]);
  });

  it('pins every image, and depends on services it has', () => {
    for (const { image, depends_on: needed = [] } of Object.values(services)) {
      expect(image).toMatch(/:v?\d+\.\d+\.\d+$/);
      expect(Object.keys(services)).toEqual(expect.arrayContaining([...needed]));
    }
  });

  it('sets only variables that the mounted configurations read', () => {
    for (const [name, { environment = {}, volumes = [] }] of Object.entries(services)) {
      if (name === 'grafana') continue;
      const texts = volumes.map((volume) =>
        readFileSync(path.join(path.dirname(file), volume.split(':')[0] ?? ''), 'utf8'),
      );
      for (const variable of Object.keys(environment)) {
        expect(texts.join('\n')).toMatch(new RegExp(`\\$\\{(env:)?${variable}\\b`));
      }
    }
  });
});
