import { createEnvironment } from '../../src/environment';
import { readExtensionSettings, readLogLevel } from '../../src/extension/settings';
import { recordDiagnostics } from './recorded-diagnostics';

const ELSEWHERE = { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://otlp.example.com' };

function read(variables: Record<string, string>) {
  const diagnostics = recordDiagnostics();
  const environment = createEnvironment({ ...ELSEWHERE, ...variables }, diagnostics);
  const settings = readExtensionSettings(environment);
  return { settings, level: readLogLevel(environment), lines: diagnostics.lines };
}

const DEFAULTS = {
  flushStrategy: 'adaptive',
  flushBudgetMs: 500,
  streams: ['platform', 'function'],
  buffering: { maxItems: 10_000, maxBytes: 1_048_576, timeoutMs: 25 },
  budgetBytes: 25_165_824,
  reserveBytes: 9_437_184,
};

it('every setting has a default', () => {
  expect(read({})).toEqual({ settings: DEFAULTS, level: 'warn', lines: [] });
});

it('every variable is taken', () => {
  const { settings, level, lines } = read({
    LAMBDA_OTLP_FLUSH: 'End',
    LAMBDA_OTLP_FLUSH_BUDGET_MS: '0',
    LAMBDA_OTLP_STREAMS: ' extension, PLATFORM ',
    LAMBDA_OTLP_TELEMETRY_MAX_ITEMS: '1000',
    LAMBDA_OTLP_TELEMETRY_MAX_BYTES: '262144',
    LAMBDA_OTLP_TELEMETRY_TIMEOUT_MS: '30000',
    LAMBDA_OTLP_LOG_LEVEL: 'DEBUG',
  });
  expect(settings).toEqual({
    flushStrategy: 'end',
    flushBudgetMs: 0,
    streams: ['platform', 'extension'],
    buffering: { maxItems: 1_000, maxBytes: 262_144, timeoutMs: 30_000 },
    budgetBytes: 25_165_824,
    reserveBytes: 9_437_184,
  });
  expect(level).toBe('debug');
  expect(lines).toEqual([]);
});

it.each([
  { LAMBDA_OTLP_FLUSH: 'never' },
  { LAMBDA_OTLP_FLUSH_BUDGET_MS: '-1' },
  { LAMBDA_OTLP_FLUSH_BUDGET_MS: '1s' },
  { LAMBDA_OTLP_STREAMS: 'platform.start' },
  { LAMBDA_OTLP_STREAMS: ',' },
  { LAMBDA_OTLP_TELEMETRY_MAX_ITEMS: '999' },
  { LAMBDA_OTLP_TELEMETRY_MAX_BYTES: '2000000' },
  { LAMBDA_OTLP_TELEMETRY_TIMEOUT_MS: '24' },
  { LAMBDA_OTLP_LOG_LEVEL: 'loud' },
  { OTEL_LOG_LEVEL: 'loud' },
])('the reader of settings says once that %p cannot be used, and uses the default', (variables) => {
  const { settings, level, lines } = read(variables);
  expect(settings).toEqual(DEFAULTS);
  expect(level).toBe('warn');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain(Object.keys(variables)[0]);
});

it('the extension subscribes to the platform stream even when it was left out', () => {
  const { settings, lines } = read({ LAMBDA_OTLP_STREAMS: 'function' });
  expect(settings.streams).toEqual(['platform', 'function']);
  expect(lines).toHaveLength(1);
});

it.each([
  { variables: { OTEL_LOG_LEVEL: 'NONE' }, expected: 'off' },
  { variables: { OTEL_LOG_LEVEL: 'verbose' }, expected: 'debug' },
  { variables: { OTEL_LOG_LEVEL: 'error', LAMBDA_OTLP_LOG_LEVEL: 'info' }, expected: 'info' },
])('the log level $expected is read out of $variables', ({ variables, expected }) => {
  expect(read(variables as Record<string, string>).level).toBe(expected);
});

it.each([
  { bufferBytes: '16777216', budgetBytes: 50_331_648, reserveBytes: 9_437_184 },
  { bufferBytes: '65536', budgetBytes: 9_437_184, reserveBytes: 0 },
])(
  'the inbox may hold three times the buffer of $bufferBytes, or a body of the largest size',
  (row) => {
    const { settings } = read({ LAMBDA_OTLP_BUFFER_BYTES: row.bufferBytes });
    expect(settings).toMatchObject({
      budgetBytes: row.budgetBytes,
      reserveBytes: row.reserveBytes,
    });
  },
);

const strategyOf = (variables: Record<string, string>) => read(variables).settings.flushStrategy;

it.each([
  '',
  'http://localhost:4318',
  'http://LocalHost.:1',
  'http://127.0.0.1:4318',
  'https://127.9.1:1/x',
  'http://[::1]:4318',
])(
  "the default strategy is end with an endpoint of '%s', where a Collector extension may be",
  (endpoint) => {
    expect(strategyOf({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint })).toBe('end');
    expect(strategyOf({ OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: endpoint || 'http://localhost' })).toBe(
      'end',
    );
  },
);

it.each([
  { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost.example.com' },
  { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://10.127.0.1:4318' },
  { OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'http://localhost:1', OTEL_LOGS_EXPORTER: 'none' },
])('the default strategy is adaptive with %p', (variables) => {
  expect(strategyOf(variables)).toBe('adaptive');
});

it('the default strategy is no more than a default', () => {
  const variables = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:1' };
  expect(strategyOf({ ...variables, LAMBDA_OTLP_FLUSH: 'overlap' })).toBe('overlap');
});
