// `replay --show` as its user runs it: what the demo shows, of stored events.
import { spawnSync } from 'node:child_process';
import { basename, dirname, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');
const CAPTURE = resolve(ROOT, 'test/fixtures/real/platform-normal-error-timeout.json');

function run(...args: readonly string[]) {
  const command = ['-r', 'esbuild-register', 'src/replay/main.ts', ...args];
  return spawnSync(process.execPath, command, { cwd: ROOT, encoding: 'utf8' });
}

test('waterfalls, metrics and logs instead of JSON', () => {
  const { status, stdout, stderr } = run('--show', CAPTURE);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/responseLatency +[0-9a-f]{16} +[\d.]+ [mµ]?s +[█▏▎▍▌▋▊▉▐]/);
  expect(stdout).toContain('faas.timeouts');
  expect(stdout).toMatch(/INFO .* REPORT RequestId: /);
  expect(stdout).not.toContain('resourceSpans');
});

test('a relative path begins where the command was typed, and a reader may leave early', () => {
  const script = `exec "$0" -r esbuild-register src/replay/main.ts "$1" | head -c 1`;
  const { stdout, stderr } = spawnSync(
    'bash',
    ['-c', script, process.execPath, basename(CAPTURE)],
    {
      cwd: ROOT,
      encoding: 'utf8',
      env: {
        ...process.env,
        INIT_CWD: dirname(CAPTURE),
        npm_package_json: resolve(ROOT, 'package.json'),
      },
    },
  );
  expect({ stdout, stderr }).toEqual({ stdout: '{', stderr: '' });
});

test.each([
  [['--show', '--send', CAPTURE], 'expected one of --send, --show, --explain and --ui'],
  [['--ui', 'x', CAPTURE], "--ui: expected a port from 0 to 65535, got 'x'"],
  [['--shwo'], '--shwo'],
])('%j is wrong use, exit code 2', (args, message) => {
  const { status, stderr } = run(...args);
  expect(status).toBe(2);
  expect(stderr).toContain(message);
});
