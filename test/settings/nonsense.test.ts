// Every variable that src/ names has nonsense to be tried with, and every setting is read.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { SCRIPT_VARIABLES, SETTINGS } from '../../src/settings';
import { NONSENSE } from './nonsense';

/**
 * With a bad value of these there is nothing to send to, all text is masked, or the function's own Node.js warns, too;
 * they have tests of their own.
 */
const TRIED_ELSEWHERE: readonly string[] = [
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'LAMBDA_OTLP_REDACT',
  'LAMBDA_OTLP_REDACT_PATTERNS',
  'NODE_EXTRA_CA_CERTS',
];
const SET_BY_SCRIPT: readonly string[] = SCRIPT_VARIABLES;
const SOURCE = join(__dirname, '../../src');
const VARIABLE = /'(?:LAMBDA_OTLP_(?=OTEL_))?((?:OTEL|LAMBDA_OTLP|NODE)_[A-Z0-9_]*[A-Z0-9])'/g;

const named = new Set(
  readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => [...readFileSync(join(SOURCE, file), 'utf8').matchAll(VARIABLE)])
    .map(([, name = '']) => name),
);

test('every variable that the source names is tried with nonsense', () => {
  expect(named.size).toBeGreaterThan(20);
  const missing = [...named].filter(
    (name) =>
      !(name in NONSENSE) && !TRIED_ELSEWHERE.includes(name) && !SET_BY_SCRIPT.includes(name),
  );
  expect(missing).toEqual([]);
});

test('every setting of the table is read somewhere', () => {
  expect(Object.keys(SETTINGS).filter((name) => !named.has(name))).toEqual([]);
});
