// Installs the project's dependencies when they are missing or older than the lockfile, so that
// `npm run demo` works straight after a clone. Of several commands that start at once one installs, the others wait.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, linkSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const installed = join(root, 'node_modules', '.package-lock.json');
const wanted = join(root, 'package-lock.json');
// npm removes node_modules, so the lock is elsewhere: a file that holds the process id of its owner.
const key = createHash('sha256').update(root).digest('hex').slice(0, 16);
const lock = join(tmpdir(), `lambda-otlp-install-${key}`);
const WAIT_MS = 200;

function isOutdated() {
  return !existsSync(installed) || statSync(installed).mtimeMs < statSync(wanted).mtimeMs;
}

/** A link is made whole or not at all, so nobody reads a lock without its owner. */
function takeLock() {
  const own = `${lock}.${process.pid}`;
  writeFileSync(own, String(process.pid));
  try {
    linkSync(own, lock);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(own);
  }
}

/** A lock that is gone by now is as good as owned: the next look tells. */
function hasOwner() {
  if (!existsSync(lock)) return true;
  try {
    process.kill(Number(readFileSync(lock, 'utf8')), 0);
    return true;
  } catch (error) {
    // Another user's process lives too.
    return error.code === 'EPERM' || error.code === 'ENOENT';
  }
}

function install() {
  process.stderr.write('Installing dependencies (npm ci)...\n');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const { status } = spawnSync(npm, ['ci', '--no-audit', '--no-fund'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (status === 0) return;
  process.stderr.write(`npm ci failed (exit ${status}); run it by hand to see why.\n`);
  process.exitCode = 1;
}

let hasWaited = false;
while (isOutdated()) {
  if (takeLock()) {
    try {
      if (isOutdated()) install();
    } finally {
      rmSync(lock, { force: true });
    }
    break;
  }
  if (!hasWaited) process.stderr.write('Waiting for another command that installs...\n');
  hasWaited = true;
  if (hasOwner()) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAIT_MS);
  else rmSync(lock, { force: true });
}
