import { warnOfMisspeltSettings } from '../../src/misspelt-settings';
import { SCRIPT_VARIABLES, SETTINGS } from '../../src/settings';
import { recordDiagnostics } from '../extension/recorded-diagnostics';

function warningsOf(...names: readonly string[]): readonly string[] {
  const diagnostics = recordDiagnostics();
  warnOfMisspeltSettings(
    Object.fromEntries(names.map((name) => [name, 'a-secret-value'])),
    diagnostics,
  );
  return diagnostics.lines;
}

it.each([
  ['LAMBDA_OTLP_FLUHS', 'LAMBDA_OTLP_FLUSH'],
  ['LAMBDA_OTLP_FLUSH_BUDGET', 'LAMBDA_OTLP_FLUSH_BUDGET_MS'],
  ['lambda_otlp_flush', 'LAMBDA_OTLP_FLUSH'],
  ['LAMBDA_OTLP_STREAM', 'LAMBDA_OTLP_STREAMS'],
  ['LAMBDA_OTLP_OTEL_EXPORTER_OTLP_ENDPONT', 'LAMBDA_OTLP_OTEL_EXPORTER_OTLP_ENDPOINT'],
  ['LAMBDA_OTLP_OTEL_EXPORTER_OTLP_TRACE_HEADERS', 'LAMBDA_OTLP_OTEL_EXPORTER_OTLP_TRACES_HEADERS'],
])('%s is warned of with the nearest name and without its value', (seen, nearest) => {
  const [line = '', ...others] = warningsOf(seen);
  expect(others).toEqual([]);
  expect(line).toContain(`${seen}: expected a setting of lambda-otlp`);
  expect(line).toMatch(new RegExp(`did you mean ${nearest}\\?\\)$`));
  expect(line).not.toContain('a-secret-value');
});

it('the warning names the nearest setting even for a name that resembles none', () => {
  expect(warningsOf('LAMBDA_OTLP_XYZ')).toHaveLength(1);
});

it.each([
  ['every setting', Object.keys(SETTINGS)],
  [
    'every setting of the specification for the extension alone',
    Object.keys(SETTINGS)
      .filter((name) => name.startsWith('OTEL_'))
      .map((name) => `LAMBDA_OTLP_${name}`),
  ],
  ['what the start script sets', SCRIPT_VARIABLES],
  [
    'a variable of the specification that the extension does not read',
    ['LAMBDA_OTLP_OTEL_LINK_ATTRIBUTE_COUNT_LIMIT', 'LAMBDA_OTLP_OTEL_BSP_SCHEDULE_DELAY'],
  ],
  ['the variables of others', ['PATH', 'MY_LAMBDA_OTLP_FLUHS', 'OTEL_EXPORTER_OTLP_ENDPONT']],
  ['the endpoint of one signal', ['LAMBDA_OTLP_OTEL_EXPORTER_OTLP_LOGS_ENDPOINT']],
])('%s is no slip', (_, names) => {
  expect(warningsOf(...names)).toEqual([]);
});
