// The build as a command: what Lambda would unpack, the same bytes each time, and small enough.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { buildNodeLayer } from '../../layer/layer-files';
import { bundledPackages } from '../../layer/licenses';
import { live, unpack } from './unpacked-layer';

const root = resolve(__dirname, '../..');
const zipName = 'lambda-otlp-node.zip';

// Each build takes seconds, more on a busy machine.
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

test('--help says what can be built, and builds nothing', () => {
  const arguments_ = ['-r', 'esbuild-register', 'layer/build.ts', '--help'];
  const text = execFileSync(process.execPath, arguments_, { cwd: root, encoding: 'utf8' });
  for (const option of ['--standalone', '--arch', '--out']) expect(text).toContain(option);
  expect(text).not.toContain('KB zipped');
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
test('the layer for Node.js runtimes is at most 155 KB', () => {
  expect(statSync(join(folder, 'first', zipName)).size).toBeLessThanOrEqual(155 * 1024);
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
