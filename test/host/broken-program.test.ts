// A program that does not load ends in a loop that keeps polling, with one line, never in an exit.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { live } from '../layer/unpacked-layer';
import { hostLayer } from './host-layer';

let layer: string;

beforeEach(() => {
  layer = mkdtempSync(join(tmpdir(), 'broken-layer-'));
  cpSync(hostLayer, layer, { recursive: true });
});
afterEach(() => rmSync(layer, { recursive: true, force: true }));

const program = (): string => join(layer, 'lambda-otlp/main.qbc');

test.each([
  ['is missing', () => rmSync(program())],
  ['is cut short', () => writeFileSync(program(), readFileSync(program()).subarray(0, 5_000))],
  ['is of another engine', () => writeFileSync(program(), Buffer.alloc(64, 0x7f))],
  ['is empty', () => writeFileSync(program(), '')],
  ['lost its shim', () => rmSync(join(layer, 'lambda-otlp/shim.qbc'))],
])('a program that %s costs the telemetry alone', async (_, breakIt) => {
  breakIt();
  const life = await live(join(layer, 'extensions/lambda-otlp'), { PATH: '/nowhere' });
  expect(life.exitCode).toBe(0);
  expect(life.requests).toEqual([
    'POST /2020-01-01/extension/register',
    'GET /2020-01-01/extension/event/next',
  ]);
  const lines = life.stderr.split('\n').filter((line) => line !== '');
  expect(lines.map((line) => (JSON.parse(line) as { level: string }).level)).toEqual(['error']);
});

test('a receiver that does not load costs what the SDK sends', async () => {
  rmSync(join(layer, 'lambda-otlp/otlp-receiver.qbc'));
  const variables = {
    LAMBDA_OTLP_RECEIVER: '4318',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
  };
  const life = await live(join(layer, 'extensions/lambda-otlp'), variables);
  expect(life.exitCode).toBe(0);
  expect(life.requests).toContain('PUT /2022-07-01/telemetry');
  expect(life.requests.at(-1)).toBe('GET /2020-01-01/extension/event/next');
  expect(life.stderr).toContain('OTLP receiver: could not be started');
});

test('the layer lives without a shell, without Node.js and with an empty environment', async () => {
  const life = await live(join(layer, 'extensions/lambda-otlp'), {});
  expect(life.exitCode).toBe(0);
  expect(life.requests).toContain('PUT /2022-07-01/telemetry');
  expect(life.requests.at(-1)).toBe('GET /2020-01-01/extension/event/next');
});
