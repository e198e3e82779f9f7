// Memory that runs out ends the engine at once, with one line; its function is served as without the extension.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { live } from '../layer/unpacked-layer';
import { hostLayer } from './host-layer';

const hasPrlimit = spawnSync('prlimit', ['--version']).status === 0;
const itUnderLimit = hasPrlimit ? it : it.skip;

const KILOBYTE = 1024;
/** Of address space: from where the process that registers still has enough, to where the whole program has. */
const LIMITS_KB = Array.from({ length: 9 }, (_, index) => 5_500 + index * 500);

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'little-memory-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

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
    expect(life.requests[0]).toBe('POST /2020-01-01/extension/register');
    expect(life.requests.at(-1)).toBe('GET /2020-01-01/extension/event/next');
    const lines = life.stderr.split('\n').filter((line) => line !== '');
    const said = lines.map((line) => (JSON.parse(line) as { message: string }).message);
    const isServed = life.requests.includes('PUT /2022-07-01/telemetry');
    if (isServed && said.length === 0) return;
    expect(said).toEqual(['no memory is left; the function runs without telemetry']);
  },
);
