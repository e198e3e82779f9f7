// The layer for the architecture that this machine is not, in an emulator of its processor: that it starts, exports and
// ends. `npm run build -- --standalone` makes it; where it or the emulator is missing, the test is skipped.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { endRuns, startLayer } from '../scenarios/layer-run';

const [architecture, emulator] =
  process.arch === 'arm64' ? ['x86_64', 'qemu-x86_64'] : ['arm64', 'qemu-aarch64'];
const program = resolve(__dirname, `../../build/layer-${architecture}/extensions/lambda-otlp`);
const hasEmulator = spawnSync(emulator, ['--version']).status === 0;
const testOrSkip = existsSync(program) && hasEmulator ? test : test.skip;

let extensionsDir: string;

beforeEach(() => {
  extensionsDir = mkdtempSync(join(tmpdir(), 'emulated-extension-'));
  const script = join(extensionsDir, 'lambda-otlp');
  writeFileSync(script, `#!/bin/sh\nexec ${emulator} '${program}' "$@"\n`);
  chmodSync(script, 0o755);
});
afterEach(async () => {
  await endRuns();
  rmSync(extensionsDir, { recursive: true, force: true });
});

testOrSkip(
  `the layer for ${architecture} exports every signal of two invocations and ends`,
  async () => {
    const run = await startLayer({ extensionsDir });
    for (const line of ['first', 'second']) {
      expect(await run.lambda.invoke({ action: 'log', lines: [line] })).toMatchObject({
        status: 'success',
      });
    }
    const { extensions } = await run.lambda.shutdown();
    expect(extensions).toMatchObject([{ name: 'lambda-otlp', exitCode: 0, killed: false }]);
    const { spans, logs, series } = run.arrived();
    expect(spans.filter(({ name }) => name === 'orders')).toHaveLength(2);
    expect(logs.map(({ text }) => text)).toEqual(expect.arrayContaining(['first', 'second']));
    expect(series.map(({ name }) => name)).toContain('faas.invoke_duration');
  },
);
