// The validators of the deployment templates: found in PATH, or installed once in exact versions into
// a cache folder outside the checkout.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const cacheBase = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
const cache = join(cacheBase, 'lambda-otlp', 'template-tools');

const npmTools = {
  '@cdktf/hcl2json': '0.21.0',
  'dockerfile-utils': '0.16.3',
  osls: '4.3.1',
};
const cfnLint = 'cfn-lint==1.51.0';

/** Runs a command; never rejects. `ok` is false when it failed or could not be started. */
export function run(command, args, options = {}) {
  const limits = { maxBuffer: 64 * 1024 * 1024, timeout: 300_000 };
  return new Promise((resolve) => {
    execFile(command, args, { ...limits, ...options }, (error, stdout, stderr) => {
      const output = `${stdout}${stderr}`.trim() || (error?.message ?? '');
      resolve({ ok: error === null, output });
    });
  });
}

export async function isInPath(command, args = ['--version']) {
  return (await run(command, args, { timeout: 30_000 })).ok;
}

async function installFresh(folder, install) {
  if (existsSync(folder)) return folder;
  const fresh = `${folder}.${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  const failure = await install(fresh);
  if (failure !== undefined) {
    rmSync(fresh, { recursive: true, force: true });
    throw new Error(failure);
  }
  renameSync(fresh, folder);
  return folder;
}

/** node_modules of the packages in the package.json text `manifest`. Throws when npm fails. */
async function installNpm(manifest) {
  const key = createHash('sha256').update(manifest).digest('hex').slice(0, 16);
  const folder = await installFresh(join(cache, `npm-${key}`), async (fresh) => {
    writeFileSync(join(fresh, 'package.json'), manifest);
    const result = await run('npm', ['install', '--no-audit', '--no-fund', '--silent'], {
      cwd: fresh,
    });
    return result.ok ? undefined : `npm install failed: ${result.output.slice(0, 2000)}`;
  });
  return join(folder, 'node_modules');
}

/** node_modules of the validators. */
export const installValidators = () =>
  installNpm(JSON.stringify({ private: true, dependencies: npmTools }));

/** node_modules in the versions that a template's own package.json pins. */
export const installTemplatePackages = (manifest) => installNpm(readFileSync(manifest, 'utf8'));

/** The cfn-lint command, or undefined when there is neither it nor a Python to install it with. */
export async function findCfnLint() {
  if (await isInPath('cfn-lint')) return 'cfn-lint';
  const environment = join(cache, 'cfn-lint-venv');
  const command = join(environment, 'bin', 'cfn-lint');
  if (existsSync(command)) return command;
  // A virtual environment knows its own path, so it is made where it stays.
  rmSync(environment, { recursive: true, force: true });
  const made =
    (await run('python3', ['-m', 'venv', environment])).ok &&
    (await run(join(environment, 'bin', 'pip'), ['install', '--quiet', cfnLint])).ok;
  return made && existsSync(command) ? command : undefined;
}
