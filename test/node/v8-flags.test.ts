// Run as processes: a V8 that does not know a flag says so on stderr, for good.
import { spawnSync } from 'node:child_process';
import { flagsFor } from '../../src/node/v8-flags';

it('sets only flags that this V8 knows', () => {
  const flags = flagsFor(process.versions.v8);
  const script = `const v8 = require('node:v8'); for (const flag of ${JSON.stringify(flags)}) v8.setFlagsFromString(flag);`;
  const { stdout, stderr, status } = spawnSync(process.execPath, ['-e', script], {
    encoding: 'utf8',
    env: {},
  });
  expect({ stdout, stderr, status }).toEqual({ stdout: '', stderr: '', status: 0 });
});

it.each([
  ['11.3.244.8-node.33', 6],
  ['12.4.254.21-node.33', 4],
  ['13.6.233.10-node.28', 4],
  ['99.0.1', 0],
  ['', 0],
])('for V8 %s sets %d', (version, count) => {
  expect(flagsFor(version)).toHaveLength(count);
});
