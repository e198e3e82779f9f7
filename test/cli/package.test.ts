// What `npm pack` would ship, and that its commands run from there: dist/ finds its packages in the checkout's
// node_modules as it would beside an installed one.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');
const BIN = join(ROOT, 'dist/cli/main.js');

jest.setTimeout(300_000);

beforeAll(() => {
  execFileSync(process.execPath, ['-r', 'esbuild-register', 'cli/build-package.ts'], {
    cwd: ROOT,
    stdio: 'ignore',
  });
});

function call(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], {
    encoding: 'utf8',
    input: '',
  });
  return { status, stdout, stderr };
}

test('the tarball holds the compiled commands, the layer, its zip, CDK’s types and README, and no source', () => {
  const listed = execFileSync('npm', ['pack', '--dry-run', '--ignore-scripts', '--json'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const [tarball] = JSON.parse(listed) as readonly {
    readonly files: readonly { readonly path: string }[];
  }[];
  const paths = (tarball?.files ?? []).map(({ path }) => path);
  expect(paths).toEqual(
    expect.arrayContaining([
      'README.md',
      'dist/attach/sam/template.yaml',
      'dist/attach/serverless/plugin.js',
      'dist/attach/terraform/main.tf',
      'dist/build/layer/extensions/lambda-otlp',
      'dist/build/lambda-otlp-node.zip',
      'dist/cdk/lambda-otlp.d.ts',
      'dist/cli/main.js',
      'dist/local-lambda/src/lambda/node-runtime.mjs',
      'dist/local-lambda/src/page/page.html',
    ]),
  );
  expect(paths.filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))).toEqual([]);
  expect(paths.filter((path) => !path.startsWith('dist/')).sort()).toEqual([
    'LICENSE',
    'README.md',
    'package.json',
  ]);
});

test('the plugin of the Serverless Framework is what its module exports', () => {
  const file = join(ROOT, 'dist/attach/serverless/plugin.js');
  const said = execFileSync(process.execPath, ['-p', `require(${JSON.stringify(file)}).name`]);
  expect(said.toString().trim()).toBe('LambdaOtlpPlugin');
});

test('no compiled file names the workspace, which is not installed with the package', () => {
  const file = readFileSync(join(ROOT, 'dist/demo/local.js'), 'utf8');
  expect(file).not.toMatch(/require\("local-lambda\//);
});

test.each(['demo', 'local', 'replay', 'doctor', 'verify'])(
  '%s --help prints its usage alone and exits 0',
  (command) => {
    const { status, stdout, stderr } = call(command, '--help');
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^usage|^npm run|^Usage|^\w/);
    expect(status).toBe(0);
  },
);

test('--env-file is the command’s own, not Node’s', () => {
  const handler = ['--handler', 'index.handler'];
  const { status, stderr } = spawnSync(BIN, ['local', ...handler, '--env-file', '/nowhere.env'], {
    encoding: 'utf8',
    input: '',
  });
  expect(stderr).toContain('--env-file');
  expect(status).toBe(2);
});

test('an unknown command is wrong use', () => {
  expect(call('demoo')).toMatchObject({ status: 2, stdout: '' });
});

test('an unknown option of the doctor is wrong use, and says which', () => {
  const { status, stderr } = call('doctor', '--jsn');
  expect(status).toBe(2);
  expect(stderr).toContain('--jsn');
});
