// What `npm pack` would ship, and that its commands run from there: dist/ finds its packages in the checkout's
// node_modules as it would beside an installed one.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

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

interface Tarball {
  readonly files: readonly { readonly path: string }[];
}

/** What `npm pack` would put into the tarball. */
function listPacked(): readonly string[] {
  const listed = execFileSync('npm', ['pack', '--dry-run', '--ignore-scripts', '--json'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const [tarball] = JSON.parse(listed) as readonly Tarball[];
  return (tarball?.files ?? []).map(({ path }) => path);
}

test('the tarball holds the compiled commands, the layer, its zip, CDK’s types and what README links to, and no source', () => {
  const paths = listPacked();
  expect(paths).toEqual(
    expect.arrayContaining([
      'README.md',
      'attach/sam/template.yaml',
      'attach/terraform/main.tf',
      'dist/attach/serverless/plugin.js',
      'dist/build/layer/extensions/lambda-otlp',
      'dist/build/lambda-otlp-node.zip',
      'dist/cdk/lambda-otlp.d.ts',
      'dist/cli/main.js',
      'dist/local-lambda/src/lambda/node-runtime.mjs',
      'dist/local-lambda/src/page/page.html',
    ]),
  );
  const isSource = (path: string): boolean => path.endsWith('.ts') && !path.endsWith('.d.ts');
  expect(paths.filter((path) => isSource(path) && !path.startsWith('layer/templates/'))).toEqual(
    [],
  );
  const folders = paths.map((path) => (path.includes('/') ? path.split('/')[0] : path));
  expect([...new Set(folders)].sort()).toEqual([
    'CHANGELOG.md',
    'CONTRIBUTING.md',
    'LICENSE',
    'README.md',
    'SECURITY.md',
    'attach',
    'collector-config',
    'dist',
    'docs',
    'layer',
    'local-lambda',
    'package.json',
  ]);
});

test('each relative link in the packed documents leads to what is packed', () => {
  const paths = listPacked();
  // CONTRIBUTING tells of a checkout.
  const documents = paths.filter((path) => path.endsWith('.md') && path !== 'CONTRIBUTING.md');
  const links = documents.flatMap((document) => {
    const text = readFileSync(join(ROOT, document), 'utf8');
    const targets = [...text.matchAll(/\]\((?![a-z]+:|#)([^)\s#]+)/g)].map(([, it = '']) => it);
    return targets.map((target) => [document, join(dirname(document), target)] as const);
  });
  const isPacked = (target: string): boolean =>
    paths.some((path) => path === target || path.startsWith(`${target.replace(/\/$/, '')}/`));
  expect(links.length).toBeGreaterThan(30);
  expect(links.filter(([, target]) => !isPacked(target))).toEqual([]);
});

test('the plugin of the Serverless Framework is what its module exports', () => {
  const file = join(ROOT, 'dist/attach/serverless/plugin.js');
  const said = execFileSync(process.execPath, ['-p', `require(${JSON.stringify(file)}).name`]);
  expect(said.toString().trim()).toBe('LambdaOtlpPlugin');
});

/** The packed CDK part beside zips of these layers, on an app with a function of each kind: its layers, its errors. */
function attachFrom(layers: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'packed-cdk-'));
  cpSync(join(ROOT, 'dist/cdk'), join(folder, 'cdk'), { recursive: true });
  mkdirSync(join(folder, 'build'));
  for (const layer of layers) writeFileSync(join(folder, `build/lambda-otlp-${layer}.zip`), layer);
  const program = `
    const { App, Stack } = require('aws-cdk-lib');
    const { Annotations, Template } = require('aws-cdk-lib/assertions');
    const { Architecture, Code, Function, Runtime } = require('aws-cdk-lib/aws-lambda');
    const stack = new Stack(new App(), 'Shop');
    const add = (id, runtime, architecture) => new Function(stack, id, { runtime, architecture, handler: 'a.b', code: Code.fromAsset('cdk') });
    add('Orders', Runtime.NODEJS_22_X, Architecture.ARM_64);
    add('Stock', Runtime.PYTHON_3_13, Architecture.X86_64);
    add('Bills', Runtime.JAVA_21, Architecture.ARM_64);
    require('./cdk/lambda-otlp').LambdaOtlp.attach(stack, { endpoint: 'https://otlp.example.com' });
    const functions = Object.entries(Template.fromStack(stack).findResources('AWS::Lambda::Function'));
    const refs = functions.map(([id, { Properties: { Layers } }]) => [id.slice(0, -8), Layers?.[0].Ref.slice(0, -8)]);
    const errors = Annotations.fromStack(stack).findError('*', require('aws-cdk-lib/assertions').Match.anyValue());
    console.log(JSON.stringify({ layers: Object.fromEntries(refs), errors: errors.map(({ entry }) => entry.data) }));`;
  const said = execFileSync(process.execPath, ['-e', program], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NODE_PATH: join(ROOT, 'node_modules') },
  });
  rmSync(folder, { recursive: true });
  return JSON.parse(said) as { readonly layers: object; readonly errors: readonly string[] };
}

test('a package with all three layers attaches each to the functions that it is for', () => {
  expect(attachFrom(['node', 'x86_64', 'arm64'])).toEqual({
    layers: {
      Orders: 'LambdaOtlpLayernode',
      Stock: 'LambdaOtlpLayerx8664',
      Bills: 'LambdaOtlpLayerarm64',
    },
    errors: [],
  });
});

test('a package with one layer attaches that, and names each other function with the two ways out', () => {
  const { layers, errors } = attachFrom(['node']);
  expect(layers).toEqual({ Orders: 'LambdaOtlpLayernode' });
  expect(errors).toEqual([
    expect.stringMatching(
      /^lambda-otlp is not attached to Shop\/Stock: .*without lambda-otlp-x86_64\.zip, the layer for python3\.13 on x86_64\. Set layerVersionArns\.x86_64 .*npm run build -- --standalone and npm pack/,
    ),
    expect.stringContaining('Shop/Bills: this package was made without lambda-otlp-arm64.zip'),
  ]);
});

test('no compiled file names the workspace, which is not installed with the package', () => {
  const file = readFileSync(join(ROOT, 'dist/demo/local.js'), 'utf8');
  expect(file).not.toMatch(/require\("local-lambda\//);
});

describe.each(['demo', 'local', 'replay', 'publish', 'doctor', 'verify'])('%s', (command) => {
  test.each(['--help', '-h'])(
    '%s prints its usage alone, as it is typed here, and ends with 0',
    (help) => {
      const { status, stdout, stderr } = call(command, help);
      expect(stderr).toBe('');
      expect(stdout).toContain(`npx --no-install lambda-otlp ${command} `);
      expect(stdout).toContain('Exit code: 0');
      expect(stdout).not.toContain('npm run');
      expect(status).toBe(0);
    },
  );

  test('an option that it does not have is wrong use, and named', () => {
    const { status, stdout, stderr } = call(command, '--colour');
    expect(stderr).toContain('--colour');
    expect(stderr).not.toContain('npm run');
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });
});

test.each(['--version', '-V'])('%s prints the version alone', (option) => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    readonly version: string;
  };
  expect(call(option)).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
});

test('--env-file is the command’s own, not Node’s', () => {
  const handler = ['--handler', 'index.handler'];
  const { status, stderr } = spawnSync(BIN, ['local', ...handler, '--env-file', '/nowhere.env'], {
    encoding: 'utf8',
    input: '',
  });
  expect(stderr).toContain('--env-file');
  expect(status).toBe(2);
});

test.each([
  ['demoo', "unknown command 'demoo'; did you mean 'demo'?"],
  ['pub', "unknown command 'pub'; did you mean 'publish'?"],
  ['upload', "unknown command 'upload'"],
  ['--json', "expected a command, got the option '--json': options follow the command"],
  [undefined, 'expected a command, got none'],
])('%s instead of a command is wrong use: %s', (name, complaint) => {
  const { status, stdout, stderr } = call(...(name === undefined ? [] : [name]));
  expect(stderr.split('\n')[0]).toBe(complaint);
  expect(stdout).toBe('');
  expect(status).toBe(2);
});

test('an unknown option of the doctor is wrong use, and says which', () => {
  const { status, stderr } = call('doctor', '--jsn');
  expect(status).toBe(2);
  expect(stderr).toContain('--jsn');
});
