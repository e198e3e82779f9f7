// What is said of values that cannot be used.
import { createEnvironment } from '../../src/environment';
import { readTranslationSettings } from '../../src/otel/translation-settings';
import { readExportConfiguration } from '../../src/delivery/settings/configuration';

function warningsOf(variables: Readonly<Record<string, string>>): string[] {
  const warnings: string[] = [];
  const warn = (message: string): void => void warnings.push(message);
  const diagnostics = { error: warn, warn, info: () => undefined, debug: () => undefined };
  const environment = createEnvironment(
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318', ...variables },
    diagnostics,
  );
  readTranslationSettings(environment);
  readExportConfiguration(environment);
  return warnings;
}

it.each([
  ['OTEL_EXPORTER_OTLP_TIMEOUT', '10s', 'a whole number from 1 to 2147483647', '10000'],
  ['OTEL_EXPORTER_OTLP_COMPRESSION', 'brotli', 'one of none, gzip', 'none'],
  ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc', 'one of http/protobuf, http/json', 'http/protobuf'],
  ['OTEL_ATTRIBUTE_COUNT_LIMIT', '-1', 'a whole number >= 0', 'the default'],
  ['OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT', 'long', 'a whole number >= 0', 'the default'],
  ['LAMBDA_OTLP_SIGV4', 'maybe', 'true or false', 'false'],
])('%s, which all signals read, is warned of once', (name, seen, expected, using) => {
  expect(warningsOf({ [name]: seen })).toEqual([
    `${name}: expected ${expected}, got '${seen}'; using ${using}`,
  ]);
});
