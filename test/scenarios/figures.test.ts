// The sizes that README.md names are those of the build, to a twentieth.
import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');

test('the node layer is as large as README.md says, wherever it says so', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const { size } = statSync(join(ROOT, 'build/lambda-otlp-node.zip'));
  const said = [
    ...readme.matchAll(/lambda-otlp-node`[^\n]*\| (\d+(?:\.\d+)?) KB/g),
    ...readme.matchAll(/layer for Node\.js runtimes, zipped +\| (\d+(?:\.\d+)?) KB/g),
  ].map(([, kilobytes]) => Number(kilobytes));
  expect(said).toHaveLength(2);
  for (const kilobytes of said) expect(Math.abs(kilobytes * 1024 - size) / size).toBeLessThan(0.05);
});
