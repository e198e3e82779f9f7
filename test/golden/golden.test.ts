// Golden scenarios: test/golden/<scenario>/input.* (stored Telemetry API events in any form that `npm run
// replay` takes) → expected.json (the OTLP requests, decoded from the bytes that would be sent) and
// expected.txt (the same as a person sees it). The folder's name is the sentence that it proves.
// UPDATE_GOLDEN=1 rewrites a file that differs and fails all the same: look at the difference.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkOtlp } from 'local-lambda/otlp/proto-rules';
import type { OtlpRequests } from 'local-lambda/otlp/model';
import { plain } from 'local-lambda/render/paint';
import { renderTelemetry } from 'local-lambda/render/telemetry';
import { ReceivedSpans } from '../../src/invocation/received-spans';
import { INSTRUMENTS } from '../../src/otel/instruments';
import { readInput } from '../../src/replay/read-input';
import { replayToBytes, replayToOtlp } from './replay-to-otlp';
import type { DecodedRequest } from './replay-to-otlp';

const SCENARIOS = readdirSync(__dirname, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort();

const COLUMNS = 120;

const toJson = (requests: readonly DecodedRequest[]): string =>
  `${JSON.stringify(requests, null, 1)}\n`;

function toText(requests: readonly DecodedRequest[]): string {
  const traces: OtlpRequests['traces'][] = [];
  const metrics: OtlpRequests['metrics'][] = [];
  const logs: OtlpRequests['logs'][] = [];
  for (const decoded of requests) {
    switch (decoded.signal) {
      case 'traces':
        traces.push(decoded.request);
        break;
      case 'metrics':
        metrics.push(decoded.request);
        break;
      case 'logs':
        logs.push(decoded.request);
        break;
    }
  }
  const text = renderTelemetry({ traces, metrics, logs }, { width: COLUMNS, paint: plain });
  return `${text.replace(/[^\S\n]+$/gm, '').trimEnd()}\n`;
}

/** The stored text, which UPDATE_GOLDEN=1 replaces by the actual one. */
function readExpected(scenario: string, name: string, actual: string): string {
  const file = join(__dirname, scenario, name);
  const expected = existsSync(file) ? readFileSync(file, 'utf8') : '';
  if (process.env['UPDATE_GOLDEN'] === '1' && actual !== expected) writeFileSync(file, actual);
  return expected;
}

function readTexts(scenario: string): readonly string[] {
  const inputs = readdirSync(join(__dirname, scenario)).filter((name) => name.startsWith('input'));
  return inputs.sort().map((name) => readFileSync(join(__dirname, scenario, name), 'utf8'));
}

/** Attributes of points that src/otel/instruments.ts, and so docs/telemetry.md, does not list. */
function unlistedAttributes(requests: readonly DecodedRequest[]): readonly string[] {
  const metrics = requests.flatMap(({ signal, request }) =>
    signal === 'metrics'
      ? request.resourceMetrics.flatMap(({ scopeMetrics }) =>
          scopeMetrics.flatMap((scope) => scope.metrics),
        )
      : [],
  );
  return metrics.flatMap(({ name, sum, histogram }) => {
    const listed = INSTRUMENTS.find((instrument) => instrument.name === name)?.attributes ?? [];
    return [...(sum?.dataPoints ?? []), ...(histogram?.dataPoints ?? [])]
      .flatMap(({ attributes }) => attributes.map(({ key }) => key))
      .filter((key) => !listed.includes(key))
      .map((key) => `${name}: ${key}`);
  });
}

it.each(SCENARIOS)('%s', async (scenario) => {
  const texts = readTexts(scenario);
  const actual = await replayToOtlp(texts);
  const [json, text] = [toJson(actual), toText(actual)];
  const expectedJson = readExpected(scenario, 'expected.json', json);
  const expectedText = readExpected(scenario, 'expected.txt', text);
  expect(actual).toEqual(expectedJson === '' ? 'no expected.json' : JSON.parse(expectedJson));
  expect(text).toBe(expectedText);
  for (const { signal, request } of actual) expect(checkOtlp(signal, request)).toEqual([]);
  expect(unlistedAttributes(actual)).toEqual([]);
});

it.each(SCENARIOS)(
  'to the byte the same where an SDK could hand something over: %s',
  async (scenario) => {
    const items = readTexts(scenario).flatMap((text) => readInput(text));
    const createReceived = (): ReceivedSpans => new ReceivedSpans();
    expect(await replayToBytes(items, { createReceived })).toEqual(await replayToBytes(items));
  },
);
