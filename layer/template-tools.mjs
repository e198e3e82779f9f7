// The validators of the deployment templates: found in PATH, or installed once in exact versions into
// a cache folder outside the checkout. What a check finds is passed, failed, or skipped where it cannot run.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
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

export const passed = (detail) => ({ status: 'passed', detail });
export const failed = (detail) => ({ status: 'failed', detail });
export const skipped = (detail) => ({ status: 'skipped', detail });
export const outcomeOf = (result, detail) => (result.ok ? passed(detail) : failed(result.output));

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

const installValidators = () =>
  installNpm(JSON.stringify({ private: true, dependencies: npmTools }));

/** The module of a validator. */
export async function loadValidator(name) {
  return createRequire(join(await installValidators(), 'anchor.js'))(name);
}

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

/** `terraform fmt` of the folder, and `validate` of `from` in it where its providers can be had. */
export async function checkTerraformIn(folder, from = '.') {
  if (!(await isInPath('terraform', ['version'])))
    return skipped('no terraform in PATH: types and references are unchecked');
  const format = await run('terraform', ['fmt', '-check', '-diff', '-recursive'], { cwd: folder });
  if (!format.ok) return failed(format.output);
  const cwd = join(folder, from);
  const init = await run('terraform', ['init', '-backend=false', '-input=false', '-no-color'], {
    cwd,
  });
  if (!init.ok)
    return skipped(`formatted, but terraform init got no providers: ${init.output.slice(-300)}`);
  return outcomeOf(
    await run('terraform', ['validate', '-no-color'], { cwd }),
    'terraform validate',
  );
}

/** CloudFormation as Serverless sees it before the first deployment: it knows no stack. */
async function startEmptyCloudFormation() {
  const server = createServer((request, response) => {
    request.resume();
    response
      .writeHead(400, { 'content-type': 'text/xml' })
      .end(
        '<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code>' +
          '<Message>Stack with id lambda-otlp-sample-dev does not exist</Message></Error></ErrorResponse>',
      );
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** `osls package` in `cwd`: whether it worked, what it said, and the file of the template that it made. */
export async function packageService(cwd, variables) {
  const command = join(await installValidators(), '.bin/osls');
  const server = await startEmptyCloudFormation();
  const env = {
    ...process.env,
    ...variables,
    AWS_ACCESS_KEY_ID: 'validation',
    AWS_SECRET_ACCESS_KEY: 'validation',
    AWS_ENDPOINT_URL: `http://127.0.0.1:${server.address().port}`,
  };
  const packaged = await run(command, ['package'], { cwd, env });
  server.close();
  server.closeAllConnections();
  return {
    ...packaged,
    template: join(cwd, '.serverless/cloudformation-template-update-stack.json'),
  };
}
