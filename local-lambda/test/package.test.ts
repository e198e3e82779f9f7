// The package as its user gets it: packed, unpacked elsewhere, run without this repository.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const PACKAGE = resolve(__dirname, '..');
let folder: string;

function run(command: readonly string[], cwd: string) {
  const [program = '', ...args] = command;
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  return { status, stdout, stderr };
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'package-'));
  const packed = run(['npm', 'pack', '--silent', '--pack-destination', folder], PACKAGE);
  expect(packed.stderr).toBe('');
  const tarball = join(folder, packed.stdout.trim().split('\n').at(-1) ?? '');
  mkdirSync(join(folder, 'node_modules/local-lambda'), { recursive: true });
  const target = join(folder, 'node_modules/local-lambda');
  expect(run(['tar', 'xzf', tarball, '-C', target, '--strip-components=1'], folder).status).toBe(0);
  writeFileSync(
    join(folder, 'app.mjs'),
    'export const handler = async ({ name }) => `hi ${name}`;\n',
  );
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('its command runs a function without any layer', () => {
  const bin = join(folder, 'node_modules/local-lambda/bin/local-lambda.cjs');
  const args = ['--handler', 'app.handler', '--payload', '{"name":"you"}'];
  const { status, stdout, stderr } = run([process.execPath, bin, ...args], folder);
  expect(stderr).toBe('');
  expect(stdout).toContain('"hi you"');
  expect(status).toBe(0);
});

test('a program uses it as a library, the page included', () => {
  writeFileSync(
    join(folder, 'use.mjs'),
    `import { startLocalLambda, startTelemetryPage } from 'local-lambda';
const page = await startTelemetryPage({ port: 0 });
console.log((await (await fetch(page.url)).text()).includes('<title>Local Lambda</title>'));
await page.close();
const lambda = await startLocalLambda({ handler: 'app.handler' });
console.log((await lambda.invoke({ name: 'me' })).response);
await lambda.shutdown();
`,
  );
  const { status, stdout, stderr } = run([process.execPath, 'use.mjs'], folder);
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'true\nhi me\n', stderr: '' });
});
