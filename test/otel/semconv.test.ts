// Checked against the published package, so that a misspelt name cannot hide behind our own tests.
import * as stable from '@opentelemetry/semantic-conventions';
import * as incubating from '@opentelemetry/semantic-conventions/incubating';
import { INSTRUMENTS } from '../../src/otel/instruments';
import { Attribute } from '../../src/otel/semconv';

const published = new Set(
  Object.values({ ...stable, ...incubating }).filter((value) => typeof value === 'string'),
);
const publishedMetrics = new Set(
  Object.entries({ ...stable, ...incubating })
    .filter(([key]) => key.startsWith('METRIC_'))
    .map(([, value]) => value),
);

const all = Object.entries<string>(Attribute);

// Renamed in 1.45; written beside its successor because every tool still looks for it.
// `ip` is Jaeger's, `sampling.*` the Collector's.
const renamed = new Set([
  'FAAS_INVOCATION_ID_1_44',
  'JAEGER_IP',
  'SAMPLING_THRESHOLD',
  'SAMPLING_RANDOMNESS',
]);

it.each(all.filter(([key, name]) => !name.startsWith('lambda.') && !renamed.has(key)))(
  '%s is published by the semantic conventions',
  (_, name) => {
    expect(published).toContain(name);
  },
);

it('attribute names of our own are lower case below `lambda.`', () => {
  const own = all.map(([, name]) => name).filter((name) => name.startsWith('lambda.'));
  expect(own.length).toBeGreaterThan(10);
  for (const name of own) expect(name).toMatch(/^lambda\.[a-z_]+$/);
});

it.each(INSTRUMENTS.filter(({ name }) => !name.startsWith('lambda.')).map(({ name }) => name))(
  '%s is a published metric',
  (name) => {
    expect(publishedMetrics).toContain(name);
  },
);

it('instruments have rising bucket boundaries and UCUM units', () => {
  for (const { boundaries = [], unit } of INSTRUMENTS) {
    const items: readonly number[] = boundaries;
    expect(items.every((bound, index) => index === 0 || bound > (items[index - 1] ?? 0))).toBe(
      true,
    );
    expect(unit).toMatch(/^(s|By|1|\{[a-z_]+\})$/);
  }
});
