import { createEnvironment } from '../../src/environment';
import { SETTINGS } from '../../src/settings';
import type { Setting, SettingName } from '../../src/settings';
import { recordDiagnostics } from '../extension/recorded-diagnostics';

function read(name: SettingName, value?: string) {
  const diagnostics = recordDiagnostics();
  const environment = createEnvironment({ [name]: value }, diagnostics);
  return { value: environment.read(name), warnings: diagnostics.lines };
}

const rows = Object.entries<Setting>(SETTINGS).map(([name, row]) => ({
  name: name as SettingName,
  row,
}));

it.each(rows)(
  '$name has its default without a word where it is unset or blank',
  ({ name, row }) => {
    const expected = { value: row.default, warnings: [] };
    expect(read(name)).toEqual(expected);
    expect(read(name, ' ')).toEqual(expected);
  },
);

it.each(rows.filter(({ row }) => row.default !== undefined && row.kind !== 'list'))(
  '$name can be set to its own default',
  ({ name, row }) => {
    expect(read(name, String(row.default))).toEqual({ value: row.default, warnings: [] });
  },
);

it.each(rows.filter(({ row }) => ['flag', 'number', 'choice'].includes(row.kind)))(
  '$name takes no nonsense: one warning, and the default',
  ({ name, row }) => {
    const { value, warnings } = read(name, '-nonsense');
    expect(value).toBe(row.default);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(`${name}: expected `);
  },
);

it.each(rows)('$name has a sentence for the documents', ({ row }) => {
  expect(row.text).toMatch(/^.{10,}\.$/);
  expect(row.since).toMatch(/^\d+\.\d+$/);
});

it('the reader of settings reads every kind as its type', () => {
  const environment = createEnvironment(
    {
      LAMBDA_OTLP_FLUSH: 'END',
      LAMBDA_OTLP_FLUSH_BUDGET_MS: '7',
      LAMBDA_OTLP_SELF_METRICS: 'False',
      LAMBDA_OTLP_STREAMS: ' platform, extension,',
      OTEL_TRACES_SAMPLER_ARG: '0.25',
    },
    recordDiagnostics(),
  );
  const flush: 'adaptive' | 'end' | 'overlap' = environment.read('LAMBDA_OTLP_FLUSH');
  const budgetMs: number = environment.read('LAMBDA_OTLP_FLUSH_BUDGET_MS');
  const selfMetrics: boolean = environment.read('LAMBDA_OTLP_SELF_METRICS');
  const streams: readonly string[] = environment.read('LAMBDA_OTLP_STREAMS');
  const ratio: number = environment.read('OTEL_TRACES_SAMPLER_ARG');
  const signed: boolean | undefined = environment.read('LAMBDA_OTLP_SIGV4');
  expect([flush, budgetMs, selfMetrics, streams, ratio, signed]).toEqual([
    'end',
    7,
    false,
    ['platform', 'extension'],
    0.25,
    undefined,
  ]);
});

it("prefers the extension's own variable, then the signal's, to the general one", () => {
  const environment = createEnvironment(
    {
      OTEL_EXPORTER_OTLP_TIMEOUT: '1',
      OTEL_EXPORTER_OTLP_LOGS_TIMEOUT: '2',
      LAMBDA_OTLP_OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: '3',
      OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: '4',
    },
    recordDiagnostics(),
  );
  const timeouts = (['traces', 'logs', 'metrics'] as const).map((signal) =>
    environment.readFor('OTEL_EXPORTER_OTLP_TIMEOUT', signal),
  );
  expect(timeouts).toEqual([1, 2, 3]);
});
