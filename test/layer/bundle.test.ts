// The bundler on small sources: what is loaded when, and what a layer must never contain.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { bundleExtension, duplicatedBytes, type Bundle } from '../../layer/bundle';
import { stripShellComments } from '../../layer/minify';

jest.setTimeout(60_000);

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bundle-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function bundle(sources: Readonly<Record<string, string>>): Promise<Bundle> {
  for (const [path, text] of Object.entries(sources)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return bundleExtension({ root: folder, entry: 'main.ts', version: '1.2.3' });
}

function run(built: Bundle): string {
  const output = join(folder, 'out');
  mkdirSync(output, { recursive: true });
  for (const { name, contents } of built.files) writeFileSync(join(output, name), contents);
  return execFileSync(process.execPath, [join(output, 'main.js')], { encoding: 'utf8' });
}

const names = (built: Bundle): string[] => built.files.map(({ name }) => name);

test('a module that is imported late is a file of its own, loaded only when its import() runs', async () => {
  const built = await bundle({
    'main.ts': `console.log('main');
      void import('./room/late').then(({ say }) => { say('late'); });`,
    'room/late.ts': `console.log('loading');
      export const say = (text: string): void => { console.log(text); };`,
  });
  expect(names(built)).toEqual(['main.js', 'late.js']);
  expect(run(built)).toBe('main\nloading\nlate\n');
});

test('late modules of late modules are found, and a static import of one shares its file', async () => {
  const built = await bundle({
    'main.ts': `void import('./first').then(async ({ load }) => { console.log(await load()); });`,
    'first.ts': `import { count } from './second';
      export const load = async (): Promise<number> => { count(); return (await import('./second')).count(); };`,
    'second.ts': `let calls = 0; export const count = (): number => ++calls;`,
  });
  expect(names(built)).toEqual(['main.js', 'first.js', 'second.js']);
  expect(run(built)).toBe('2\n');
});

test('the version is in the bundle', async () => {
  const built = await bundle({
    'main.ts': `declare const __VERSION__: string; console.log(__VERSION__);`,
  });
  expect(run(built)).toBe('1.2.3\n');
});

test('two late modules of one name are refused, because one file would overwrite the other', async () => {
  const sources = {
    'main.ts': `void import('./a/same'); void import('./b/same');`,
    'a/same.ts': 'export const a = 1;',
    'b/same.ts': 'export const b = 2;',
  };
  await expect(bundle(sources)).rejects.toThrow(
    'modules that are imported late need distinct names, got same.js twice',
  );
});

test.each([
  ['a package imported with import()', `void import('left-out').then(console.log);`],
  ['a file imported by a package with import()', `import { load } from 'packed'; void load();`],
])('%s that would be missing at run time is either inside or refused', async (_title, main) => {
  const built = bundle({
    'main.ts': main,
    'node_modules/left-out/package.json': '{"name":"left-out","main":"index.js"}',
    'node_modules/left-out/index.js': 'module.exports = 1;',
    'node_modules/packed/package.json': '{"name":"packed","module":"index.js"}',
    'node_modules/packed/index.js': `export const load = () => import('./late.js');`,
    'node_modules/packed/late.js': 'export default 1;',
  });
  const outcome = await built.then(run, (error: unknown) => String(error));
  expect(outcome).toMatch(/default: 1|expected built-in or bundled modules only/);
});

test('an unused import() inside of a package neither fails nor keeps what it reaches', async () => {
  const built = await bundle({
    'main.ts': `import { used } from 'packed'; console.log(used);`,
    'node_modules/packed/package.json': '{"name":"packed","module":"index.js","sideEffects":false}',
    'node_modules/packed/index.js': `export const used = 'used'; export { detect } from './detect.js';`,
    'node_modules/packed/detect.js': `export const detect = async () => (await import('./host.js')).id;`,
    'node_modules/packed/host.js': `export const id = 'a marker of the host';`,
  });
  expect(run(built)).toBe('used\n');
  expect(Buffer.from(built.files[0]?.contents ?? []).toString()).not.toContain('marker');
});

test('a script loses its comments and nothing else', () => {
  const script = '#!/bin/sh\n# why\nset -u\n  # indented\n\nline="#1" # stays\n';
  expect(stripShellComments(script)).toBe('#!/bin/sh\nset -u\nline="#1" # stays\n');
});

test('what the entry shares with a late module exists once, with one state', async () => {
  const built = await bundle({
    'main.ts': `import { next } from './state'; next();
      void import('./guest').then(({ run }) => { console.log(run()); });`,
    'guest.ts': `import { next } from './state'; export const run = () => next();`,
    'state.ts': `let count = 0; export const next = () => (count += 1);`,
  });
  expect(names(built)).toEqual(['main.js', 'guest.js']);
  expect(duplicatedBytes(built, '.')).toBe(0);
  expect(run(built)).toBe('2\n');
});

test('what only late modules share exists once and is not loaded with the entry', async () => {
  const built = await bundle({
    'main.ts': `console.log('main');
      void import('./one').then(({ one }) => { one(); return import('./two'); }).then(({ two }) => { two(); });`,
    'one.ts': `import { next } from './state'; export const one = () => { console.log(next()); };`,
    'two.ts': `import { next } from './state'; export const two = () => { console.log(next()); };`,
    'state.ts': `console.log('state'); let count = 0; export const next = () => (count += 1);`,
  });
  expect(names(built)).toEqual(['main.js', 'one.js', 'two.js', 'shared-late.js']);
  expect(run(built)).toBe('main\nstate\n1\n2\n');
});

test('two shared modules that export one name are refused, because neither would be there', async () => {
  const sources = {
    'main.ts': `import { same } from './a'; import { same as other } from './b'; console.log(same, other);
      void import('./guest');`,
    'guest.ts': `import { same } from './a'; import { same as other } from './b'; console.log(same, other);`,
    'a.ts': `export const same = process.argv.length;`,
    'b.ts': `export const same = process.argv.length + 1;`,
  };
  await expect(bundle(sources)).rejects.toThrow('need distinct names, got same twice');
});

test('a package in two files is counted', async () => {
  const built = await bundle({
    'main.ts': `void import('./one'); void import('./other');`,
    'one.ts': `import { text } from 'packed'; console.log(text);`,
    'other.ts': `import { text } from 'packed'; console.log(text, text);`,
    'node_modules/packed/package.json': '{"name":"packed","module":"index.js"}',
    'node_modules/packed/index.js': `export const text = ${JSON.stringify('x'.repeat(1000))};`,
  });
  expect(duplicatedBytes(built, 'node_modules')).toBeGreaterThanOrEqual(1000);
  expect(duplicatedBytes(built, 'src')).toBe(0);
});
