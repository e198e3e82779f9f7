// The build as a command: what Lambda would unpack, the same bytes each time, and small enough.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { canMakeCodeCache, withCodeCache } from '../../layer/code-cache';
import { buildNodeLayer, withNode, type BuiltLayer } from '../../layer/layer-files';
import { bundledPackages } from '../../layer/licenses';
import {
  assertIntegrity,
  cacheFolder,
  fetchNodeRelease,
  type NodeRelease,
} from '../../layer/node-release';
import type { ZipEntry } from '../../layer/zip';
import { live, unpack } from './unpacked-layer';

const root = resolve(__dirname, '../..');
const zipName = 'lambda-otlp-node.zip';

// Each build takes seconds, more on a busy machine; the first one downloads Node.js.
jest.setTimeout(300_000);

let folder: string;

function build(out: string, environment: Readonly<Record<string, string>> = {}): string {
  execFileSync(process.execPath, ['-r', 'esbuild-register', 'layer/build.ts', '--out', out], {
    cwd: root,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return join(out, zipName);
}

const sha256 = (path: string): string =>
  createHash('sha256').update(readFileSync(path)).digest('hex');

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'build-test-'));
  build(join(folder, 'first'));
  unpack(join(folder, 'first', zipName), join(folder, 'opt'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test('the same sources give the same zip, in another folder, time zone and locale', () => {
  const second = build(join(folder, 'second'), { TZ: 'Asia/Kathmandu', LC_ALL: 'C' });
  expect(sha256(second)).toBe(sha256(join(folder, 'first', zipName)));
});

test('the zip holds the extension, the bundle and the licences, and nothing else', () => {
  const opt = join(folder, 'opt');
  expect(readdirSync(opt)).toEqual(['extensions', 'lambda-otlp']);
  expect(readdirSync(join(opt, 'extensions'))).toEqual(['lambda-otlp']);
  const program = readdirSync(join(opt, 'lambda-otlp'));
  expect(program).toEqual(expect.arrayContaining(['LICENSES.txt', 'main.js', 'pipeline.js']));
  expect(program.filter((name) => !name.endsWith('.js'))).toEqual(['LICENSES.txt']);
  expect(statSync(join(opt, 'extensions/lambda-otlp')).mode & 0o777).toBe(0o755);
});

test('the folder and the zip are the same', () => {
  const built = join(folder, 'first/layer');
  const paths = readdirSync(built, { recursive: true, encoding: 'utf8' });
  const files = paths.filter((path) => statSync(join(built, path)).isFile());
  expect(files.length).toBeGreaterThan(3);
  for (const path of files)
    expect(sha256(join(folder, 'opt', path))).toBe(sha256(join(built, path)));
});

// A cold start reads every byte of it; this bound keeps the layer from growing unseen.
test('the layer for Node.js runtimes is at most 120 KB', () => {
  expect(statSync(join(folder, 'first', zipName)).size).toBeLessThanOrEqual(120 * 1024);
});

test('each bundled package is named with its licence', async () => {
  const text = readFileSync(join(folder, 'opt/lambda-otlp/LICENSES.txt'), 'utf8');
  const packages = bundledPackages((await buildNodeLayer(root)).bundle);
  expect(packages).toContain('node_modules/@opentelemetry/sdk-metrics');
  for (const path of packages) expect(text).toContain(`\n${path.replace('node_modules/', '')} `);
  expect(text).toContain('Apache License');
});

test('the unpacked layer lives and ends with nothing but the variables of Lambda', async () => {
  const variables = { PATH: `${dirname(process.execPath)}${delimiter}/bin` };
  const life = await live(join(folder, 'opt/extensions/lambda-otlp'), variables);
  expect(life.exitCode).toBe(0);
  expect(life.requests[0]).toBe('POST /2020-01-01/extension/register');
  expect(life.requests).toContain('PUT /2022-07-01/telemetry');
  expect(life.requests.at(-1)).toBe('GET /2020-01-01/extension/event/next');
});

test('a package that is not the pinned one is refused', () => {
  expect(() => {
    assertIntegrity(Buffer.from('other'), 'sha512-pinned');
  }).toThrow('expected sha512-pinned, got sha512-');
});

const onLinuxX64 = canMakeCodeCache('x86_64') ? test : test.skip;

/** Exits with 0 when V8 takes the code cache of the layer in FOLDER. */
const checkCodeCache = `
const { readFileSync } = require('node:fs');
const [, folder] = process.argv;
const { Script } = require('node:vm');
const source = require('node:module').wrap(readFileSync(folder + '/pipeline.source.js', 'utf8'));
const cachedData = readFileSync(folder + '/pipeline.cache');
process.exit(new Script(source, { cachedData }).cachedDataRejected ? 1 : 0);
`;

describe('the standalone layer', () => {
  let opt: string;
  let nodeLayer: BuiltLayer;
  let release: NodeRelease;
  let files: readonly ZipEntry[];

  beforeAll(async () => {
    if (!canMakeCodeCache('x86_64')) return;
    opt = join(folder, 'standalone');
    release = fetchNodeRelease('x86_64', cacheFolder(process.env));
    nodeLayer = await buildNodeLayer(root);
    files = withNode(withCodeCache(nodeLayer.files, release), release);
    for (const { path, contents, executable } of files) {
      mkdirSync(dirname(join(opt, path)), { recursive: true });
      writeFileSync(join(opt, path), contents);
      chmodSync(join(opt, path), executable === true ? 0o755 : 0o644);
    }
  });

  onLinuxX64('lives on a machine whose PATH has no node', async () => {
    const life = await live(join(opt, 'extensions/lambda-otlp'), { PATH: '/nowhere' });
    expect(life.requests).toContain('PUT /2022-07-01/telemetry');
    expect(life.exitCode).toBe(0);
  });

  onLinuxX64('has a code cache that its Node.js takes under the flags of the start script', () => {
    const args = ['--v8-pool-size=0', '-e', checkCodeCache, join(opt, 'lambda-otlp')];
    const { status } = spawnSync(join(opt, 'lambda-otlp/node'), args, { env: {} });
    expect(status).toBe(0);
  });

  onLinuxX64('has the same code cache each time', () => {
    const again = withCodeCache(nodeLayer.files, release);
    const cacheOf = (entries: readonly ZipEntry[]): string | undefined =>
      entries
        .filter(({ path }) => path === 'lambda-otlp/pipeline.cache')
        .map(({ contents }) => createHash('sha256').update(contents).digest('hex'))[0];
    expect(cacheOf(again)).toBe(cacheOf(files));
    expect(cacheOf(again)).toBeDefined();
  });

  onLinuxX64('works under the Node.js of the function, where the cache does not fit', () => {
    const pipeline = join(opt, 'lambda-otlp/pipeline.js');
    const print = `console.log(typeof require(${JSON.stringify(pipeline)}).createPipeline)`;
    const { stdout } = spawnSync(process.execPath, ['-e', print], { encoding: 'utf8' });
    expect(stdout).toBe('function\n');
  });

  onLinuxX64('hands on the licences of Node.js', () => {
    const text = readFileSync(join(opt, 'lambda-otlp/NODE-LICENSE.txt'), 'utf8');
    for (const name of ['Node.js', 'V8', 'OpenSSL', 'libuv']) expect(text).toContain(name);
  });
});
