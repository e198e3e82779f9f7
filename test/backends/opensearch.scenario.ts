// Logs in OpenSearch: the documents that collector-config/opensearch builds, in an index with its template, found by
// requestId and by a function's own key, while the mapping stays as small as it was.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { collectorConfigPath } from './install/checkout';
import type { Collector } from './install/collector';
import { startCollector } from './install/collector';
import { eventually } from './install/http-query';
import type { OpenSearch } from './install/opensearch';
import { startOpenSearch } from './install/opensearch';
import { plainValue } from './otlp-json';
import { report } from './report';
import type { FunctionRun } from './run-function';
import { runFunction, uniqueFunctionName } from './run-function';
import { createServers } from './servers';

const servers = createServers();
const dir = mkdtempSync(path.join(tmpdir(), 'documents-'));
const written = path.join(dir, 'logs.json');
const name = uniqueFunctionName('search');
let openSearch: OpenSearch;
let collector: Collector;
let run: FunctionRun;
let documents: readonly Readonly<Record<string, unknown>>[];

/**
 * The configuration with a file in place of the exporter, which no Collector here has. In its mode `bodymap` the
 * exporter takes a record's body as the document, so what the file says is what it would index.
 */
function withFileExporter(): string {
  const file = path.join(dir, 'collector.yaml');
  const config = parse(readFileSync(collectorConfigPath('opensearch/collector.yaml'), 'utf8')) as {
    service: { pipelines: { logs: object } };
  };
  const logs = { ...config.service.pipelines.logs, exporters: ['file'] };
  const service = { ...config.service, pipelines: { logs } };
  const exporters = { file: { path: written, flush_interval: '100ms' } };
  writeFileSync(file, JSON.stringify({ ...config, exporters, service }));
  return file;
}

/** Every document that the Collector wrote so far. */
function readDocuments(): readonly Readonly<Record<string, unknown>>[] {
  const lines = readFileSync(written, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  return lines.flatMap((line) => {
    const { resourceLogs } = JSON.parse(line) as {
      resourceLogs: { scopeLogs: { logRecords: { body: object }[] }[] }[];
    };
    return resourceLogs
      .flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords))
      .map(({ body }) => plainValue(body) as Record<string, unknown>);
  });
}

interface Hits {
  readonly hits: { readonly total: { readonly value: number }; readonly hits: readonly object[] };
}

beforeAll(async () => {
  openSearch = servers.add(await startOpenSearch());
  collector = servers.add(await startCollector({ config: withFileExporter() }));
  const template = readFileSync(collectorConfigPath('opensearch/index-template.json'), 'utf8');
  await openSearch.put('/_index_template/logs-lambda', template);
  run = await runFunction({
    functionName: name,
    payloads: [...Array(30).keys()].map((call) => ({ mode: 'keys', call })),
    environment: { OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: `${collector.otlpUrl}/v1/logs` },
    lambda: { freeze: false },
  });
  documents = await eventually(
    () => Promise.resolve(readDocuments()),
    (answer) => {
      const found = answer as typeof documents;
      const calls = found.filter(({ message }) => message === 'many keys');
      return calls.length === run.invocations.length ? found : undefined;
    },
  );
  const bulk = documents.map((document) => `{"create":{}}\n${JSON.stringify(document)}\n`).join('');
  const answer = (await openSearch.put('/logs-lambda/_bulk?refresh=true', bulk)) as {
    errors: boolean;
  };
  expect(answer).toMatchObject({ errors: false });
}, 900_000);

afterAll(async () => {
  await servers.stopAll();
  rmSync(dir, { recursive: true, force: true });
});

it(
  'finds the records of one request by its id',
  servers.explained(async () => {
    const requestId = run.invocations[3]?.requestId ?? '';
    const query = `/logs-lambda/_search?q=request_id:%22${requestId}%22`;
    const found = (await openSearch.get(query)) as Hits;
    report('OpenSearch: records of one request', `GET ${query}`, found.hits.hits[0] ?? {});
    expect(found.hits.total.value).toBe(
      documents.filter((document) => document['request_id'] === requestId).length,
    );
    expect(found.hits.total.value).toBeGreaterThan(0);
  }),
);

it(
  'finds a record by a key that only one call logged',
  servers.explained(async () => {
    const query = '/logs-lambda/_search?q=attributes.key_7_3:3';
    const found = (await openSearch.get(query)) as Hits;
    report('OpenSearch: a record by its own key', `GET ${query}`, { total: found.hits.total });
    expect(found.hits.total.value).toBe(1);
  }),
);

it(
  'maps no field that was not in the template, though 1200 different keys came',
  servers.explained(async () => {
    const keys = new Set(documents.flatMap(({ attributes }) => Object.keys(attributes as object)));
    expect(keys.size).toBeGreaterThan(1000);
    const mappings = (await openSearch.get('/logs-lambda/_mapping')) as Record<
      string,
      { mappings: { properties: object } }
    >;
    const template = JSON.parse(
      readFileSync(collectorConfigPath('opensearch/index-template.json'), 'utf8'),
    ) as { template: { mappings: { properties: object } } };
    const mapped = Object.values(mappings).flatMap((index) =>
      Object.keys(index.mappings.properties),
    );
    report('OpenSearch: mapped fields', 'GET /logs-lambda/_mapping', mapped);
    expect(mapped.sort()).toEqual(Object.keys(template.template.mappings.properties).sort());
  }),
);
