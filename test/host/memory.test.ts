// What the extension holds, and memory that runs out: it ends the engine at once, with one line, and the function is
// served as without the extension.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readProcessStatistics } from 'local-lambda/lambda/process-statistics';
import { live } from '../layer/unpacked-layer';
import type { Life } from '../layer/unpacked-layer';
import { endRuns, startLayer } from '../scenarios/layer-run';
import { hostLayer } from './host-layer';

const REGISTER = 'POST /2020-01-01/extension/register';
const NEXT = 'GET /2020-01-01/extension/event/next';

const hasPrlimit = spawnSync('prlimit', ['--version']).status === 0;
const itUnderLimit = hasPrlimit ? it : it.skip;

const KILOBYTE = 1024;
/** Of address space: from where the process that registers still has enough, to where the whole program has. */
const LIMITS_KB = Array.from({ length: 9 }, (_, index) => 5_500 + index * 500);

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'little-memory-'))));
afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  await endRuns();
});

function limited(limitKb: number): string {
  const path = join(folder, 'lambda-otlp');
  const program = join(hostLayer, 'extensions/lambda-otlp');
  writeFileSync(path, `#!/bin/sh\nexec prlimit --as=${limitKb * KILOBYTE} ${program}\n`);
  chmodSync(path, 0o755);
  return path;
}

itUnderLimit.each(LIMITS_KB)(
  'with %d KB of address space the extension lives until SHUTDOWN, with its telemetry or one line',
  async (limitKb) => {
    const variables = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' };
    const life = await live(limited(limitKb), variables);
    expect(life.exitCode).toBe(0);
    expect(life.requests[0]).toBe(REGISTER);
    expect(life.requests.at(-1)).toBe(NEXT);
    const lines = life.stderr.split('\n').filter((line) => line !== '');
    const said = lines.map((line) => (JSON.parse(line) as { message: string }).message);
    const isServed = life.requests.includes('PUT /2022-07-01/telemetry');
    if (isServed && said.length === 0) return;
    expect(said).toEqual(['no memory is left; the function runs without telemetry']);
  },
);

/** Where less than this is allowed, no program can be started. */
const LEAST_KB = 2_000;
const STEP_KB = 32;

itUnderLimit('as soon as it can register, the extension lives until SHUTDOWN', async () => {
  const lives: Life[] = [];
  for (let limitKb = LEAST_KB; lives.length < 10; limitKb += STEP_KB) {
    const life = await live(limited(limitKb), {});
    if (life.requests.length > 0) lives.push(life);
  }
  for (const life of lives) {
    expect(life).toMatchObject({ exitCode: 0, requests: [REGISTER, NEXT] });
    expect(life.stderr).toMatch(/^.*no memory is left.*\n$/);
  }
});

test('after hundreds of invocations it holds less than 5 MB', async () => {
  const run = await startLayer();
  for (let count = 0; count < 300; count += 1) {
    await run.lambda.invoke({ action: 'log', lines: [`one ${count}`, `two ${count}`] });
  }
  const pid = run.lambda.extensions[0]?.pid ?? 0;
  expect(readProcessStatistics(pid)?.anonymousBytes).toBeLessThan(5_000_000);
}, 120_000);
