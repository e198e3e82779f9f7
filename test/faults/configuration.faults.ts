// Every variable that the source reads, set to nonsense: the function runs, one warning names the variable, and
// telemetry is what it is without it.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { functionLogs, readTelemetry, serverSpans, total } from '../scenarios/arrived-telemetry';
import { endRuns, startFaultyRun } from './faulty-run';
import type { FaultyRun } from './faulty-run';

afterEach(endRuns);

/** What each variable is set to, and whether any value of it is valid, so that nothing is to be warned of. */
const NONSENSE: Readonly<Record<string, { readonly value: string; readonly isValid?: true }>> = {
  LAMBDA_OTLP_BUFFER_BYTES: { value: 'eight megabytes' },
  LAMBDA_OTLP_DROP_ATTRIBUTES: { value: 'no.such.attribute', isValid: true },
  LAMBDA_OTLP_DROP_LOGS: { value: 'everything' },
  LAMBDA_OTLP_FLUSH: { value: 'sometimes' },
  LAMBDA_OTLP_FLUSH_BUDGET_MS: { value: '-1' },
  LAMBDA_OTLP_FUNCTION_ERRORS: { value: 'sometimes' },
  LAMBDA_OTLP_JOIN: { value: 'perhaps' },
  LAMBDA_OTLP_KEEP: { value: 'everything' },
  LAMBDA_OTLP_LOG_LEVEL: { value: 'loud' },
  LAMBDA_OTLP_OTHERS: { value: 'most' },
  LAMBDA_OTLP_OTHERS_LOGS: { value: 'loud' },
  LAMBDA_OTLP_OTHERS_RATIO: { value: 'a tenth' },
  LAMBDA_OTLP_PLATFORM_LOGS: { value: 'maybe' },
  LAMBDA_OTLP_RECEIVER: { value: 'nowhere' },
  LAMBDA_OTLP_REDACT_KEYS: { value: 'nothing here has this key', isValid: true },
  LAMBDA_OTLP_SELF_METRICS: { value: 'perhaps' },
  LAMBDA_OTLP_SIGV4: { value: 'yes please' },
  LAMBDA_OTLP_SIGV4_SERVICE: { value: 'no such service', isValid: true },
  LAMBDA_OTLP_SPAN_AT: { value: 'noon' },
  LAMBDA_OTLP_STREAMS: { value: 'platform.start' },
  LAMBDA_OTLP_TELEMETRY_MAX_BYTES: { value: '1e99' },
  LAMBDA_OTLP_TELEMETRY_MAX_ITEMS: { value: 'NaN' },
  LAMBDA_OTLP_TELEMETRY_TIMEOUT_MS: { value: '24.5' },
  OTEL_ATTRIBUTE_COUNT_LIMIT: { value: 'none' },
  OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: { value: '-5' },
  OTEL_CONFIG_FILE: { value: '/no/such/file.yaml', isValid: true },
  OTEL_EXPORTER_OTLP_CERTIFICATE: { value: '/no/such/file.pem', isValid: true },
  OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: { value: '/no/such/file.pem', isValid: true },
  OTEL_EXPORTER_OTLP_CLIENT_KEY: { value: '/no/such/file.pem', isValid: true },
  OTEL_EXPORTER_OTLP_COMPRESSION: { value: 'brotli' },
  OTEL_EXPORTER_OTLP_HEADERS: { value: 'no equals sign' },
  OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: { value: 'pie chart' },
  OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: { value: 'delta-ish' },
  OTEL_EXPORTER_OTLP_PROTOCOL: { value: 'grpc' },
  OTEL_EXPORTER_OTLP_TIMEOUT: { value: '10s' },
  OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT: { value: '1.5' },
  OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT: { value: 'long' },
  OTEL_LOGS_EXPORTER: { value: 'jaeger' },
  OTEL_LOG_LEVEL: { value: 'shout' },
  OTEL_METRICS_EXEMPLAR_FILTER: { value: 'exemplary' },
  OTEL_METRICS_EXPORTER: { value: 'prometheus' },
  OTEL_RESOURCE_ATTRIBUTES: { value: '%zz,=,a' },
  OTEL_SDK_DISABLED: { value: 'nope' },
  OTEL_SERVICE_NAME: { value: '   ', isValid: true },
  OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: { value: 'Infinity' },
  OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: { value: '[]' },
  OTEL_TRACES_EXPORTER: { value: 'zipkin' },
  OTEL_TRACES_SAMPLER: { value: 'coin_toss' },
  OTEL_TRACES_SAMPLER_ARG: { value: 'half', isValid: true },
};

/**
 * Bad values of these leave nothing to send to, mask all text, or are warned of by the function's Node.js, too;
 * they have tests of their own.
 */
const ELSEWHERE = [
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'LAMBDA_OTLP_REDACT',
  'LAMBDA_OTLP_REDACT_PATTERNS',
  'NODE_EXTRA_CA_CERTS',
];
/** Read as the variable that it stands for. */
const OF_THE_EXTENSION_ALONE = /^LAMBDA_OTLP_(?=OTEL_)/;
/** Set by the layer's own script, and by Lambda. */
const INTERNAL =
  /^LAMBDA_OTLP_(EXTENSION_ID|EXTENSION_NAME|REGISTERED_AT|REGISTRATION|SPAWNED_AT)$/;

function variablesInSource(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.startsWith('local'))
    .flatMap((file) => {
      const text = readFileSync(join(folder, file), 'utf8');
      return [...text.matchAll(/'((?:OTEL|LAMBDA_OTLP|NODE)_[A-Z0-9_]*[A-Z0-9])'/g)].map(
        ([, name = '']) => name,
      );
    });
}

test('this table knows every variable that the source names', () => {
  const found = variablesInSource(join(__dirname, '../../src'))
    .map((name) => name.replace(OF_THE_EXTENSION_ALONE, ''))
    .filter((name) => !INTERNAL.test(name) && !ELSEWHERE.includes(name));
  expect(found.length).toBeGreaterThan(20);
  expect([...new Set(found)].filter((name) => !(name in NONSENSE))).toEqual([]);
});

async function serveThree(run: FaultyRun): Promise<void> {
  for (const line of ['one', 'two', 'three']) await run.invoke([line]);
  const end = await run.shutdown();
  expect({ ...end, output: run.output() }).toMatchObject({ exitCode: 0, killed: false });
}

async function expectServed(run: FaultyRun): Promise<void> {
  await serveThree(run);
  expect(run.endpoint.refusals).toEqual([]);
  const telemetry = readTelemetry(run.endpoint.requests);
  expect(serverSpans(telemetry)).toHaveLength(3);
  expect(
    functionLogs(telemetry)
      .map(({ text }) => text)
      .sort(),
  ).toEqual(['one', 'three', 'two']);
  expect(total(telemetry, 'faas.invocations')).toBe(3);
}

const WARN = { LAMBDA_OTLP_LOG_LEVEL: 'warn' };

test.each(Object.entries(NONSENSE))(
  '%s set to nonsense costs one warning at most',
  async (name, { value, isValid }) => {
    const run = await startFaultyRun({ settings: { ...WARN, [name]: value } });
    await expectServed(run);
    const named = run
      .output()
      .split('\n')
      .filter((line) => line.includes(name));
    if (isValid !== true)
      expect({ named, output: run.output() }).toMatchObject({ named: [expect.any(String)] });
    expect(run.output().trim().split('\n').length).toBeLessThanOrEqual(3);
  },
);

test('all of them at once are nothing worse', async () => {
  const all = Object.fromEntries(
    Object.entries(NONSENSE).map(([name, { value }]) => [name, value]),
  );
  const run = await startFaultyRun({ settings: all });
  await expectServed(run);
  expect(run.output().trim().split('\n').length).toBeLessThan(60);
});

test.each([
  ['no address', 'nowhere at all'],
  ['another scheme', 'ftp://127.0.0.1:4318'],
  ['a port that is none', 'http://127.0.0.1:99999'],
  ['a host that does not exist', 'http://collector.invalid:4318'],
  ['an empty text', ''],
])('an endpoint that is %s leaves the function alone, and says so', async (_what, value) => {
  const run = await startFaultyRun({ settings: { ...WARN, OTEL_EXPORTER_OTLP_ENDPOINT: value } });
  await serveThree(run);
  expect(run.output()).toMatch(/OTEL_EXPORTER_OTLP_ENDPOINT|export to/);
  expect(run.output().split('\n').length).toBeLessThan(20);
});

test('credentials of a failing endpoint are printed nowhere', async () => {
  const settings = {
    LAMBDA_OTLP_LOG_LEVEL: 'debug',
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20s3cr3t-t0ken,x-api-key=an0ther-s3cret',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://user:passw0rd@127.0.0.1:9/base?token=t0psecret',
  };
  const run = await startFaultyRun({ settings });
  await serveThree(run);
  expect(run.output()).toContain('127.0.0.1');
  expect(run.output()).not.toMatch(/s3cr3t|an0ther|passw0rd|t0psecret/);
});

test('the extension stream does not feed on the warnings about it', async () => {
  const settings = { ...WARN, LAMBDA_OTLP_STREAMS: 'platform,function,extension' };
  const run = await startFaultyRun({ settings });
  run.endpoint.respondWith(() => ({ kind: 'status', status: 503 }));
  for (let index = 0; index < 30; index += 1) await run.invoke([`line ${index}`]);
  const own = run.lambda.events.filter(({ type }) => type === 'extension');
  expect(own.length).toBeGreaterThan(0);
  expect(own.length).toBeLessThan(20);
  await run.endpoint.heal();
  await run.shutdown();
});
