// Commands that start at once after a clone: one installs, the others wait for it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';

const SCRIPT = resolve(__dirname, '../../layer/ensure-installed.mjs');
/** Notes that it was called, and takes its time. */
const NPM = `#!/bin/sh
echo called >> "$0.calls"
sleep 1
mkdir -p node_modules && echo {} > node_modules/.package-lock.json
`;

let root: string;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'installed-')));
  mkdirSync(join(root, 'layer'));
  mkdirSync(join(root, 'bin'));
  cpSync(SCRIPT, join(root, 'layer/ensure-installed.mjs'));
  writeFileSync(join(root, 'package-lock.json'), '{}');
  writeFileSync(join(root, 'bin/npm'), NPM);
  chmodSync(join(root, 'bin/npm'), 0o755);
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

async function start(): Promise<unknown> {
  const child = spawn(process.execPath, [join(root, 'layer/ensure-installed.mjs')], {
    env: { ...process.env, PATH: `${join(root, 'bin')}${delimiter}${process.env['PATH'] ?? ''}` },
    stdio: 'ignore',
  });
  const [code] = (await once(child, 'exit')) as [unknown];
  return code;
}

const calls = (): number =>
  readFileSync(join(root, 'bin/npm.calls'), 'utf8').trim().split('\n').length;

test('three commands at once install once, and all go on', async () => {
  expect(await Promise.all([start(), start(), start()])).toEqual([0, 0, 0]);
  expect(calls()).toBe(1);
});

test('the lock of a process that is gone holds nobody up', async () => {
  const gone = spawn(process.execPath, ['-e', '']);
  await once(gone, 'exit');
  const key = createHash('sha256').update(root).digest('hex').slice(0, 16);
  writeFileSync(join(tmpdir(), `lambda-otlp-install-${key}`), String(gone.pid));
  expect(await start()).toBe(0);
  expect(calls()).toBe(1);
});
