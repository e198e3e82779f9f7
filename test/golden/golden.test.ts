// Golden scenarios: test/golden/<scenario>/input.* (stored Telemetry API events in any form that `npm run
// replay` takes) → expected.json (the OTLP/JSON requests). The folder's name is the sentence that it
// proves. UPDATE_GOLDEN=1 rewrites a file that differs and fails all the same: look at the difference.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkOtlp } from 'local-lambda/otlp/proto-rules';
import { replayToOtlp } from './replay-to-otlp';

const folder = __dirname;
const scenarios = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort();

const pretty = (value: unknown): string => `${JSON.stringify(value, null, 1)}\n`;

describe('golden scenarios', () => {
  it.each(scenarios)('%s', async (scenario) => {
    const input = readdirSync(join(folder, scenario)).filter((name) => name.startsWith('input'));
    const texts = input.sort().map((name) => readFileSync(join(folder, scenario, name), 'utf8'));
    const actual = await replayToOtlp(texts);
    const expectedFile = join(folder, scenario, 'expected.json');
    const expected = existsSync(expectedFile) ? readFileSync(expectedFile, 'utf8') : '';
    if (process.env['UPDATE_GOLDEN'] === '1' && pretty(actual) !== expected) {
      writeFileSync(expectedFile, pretty(actual));
    }
    expect(actual).toEqual(expected === '' ? 'no expected.json' : JSON.parse(expected));
    for (const { signal, request } of actual) expect(checkOtlp(signal, request)).toEqual([]);
  });
});
