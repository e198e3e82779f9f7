// The bundler on small sources: what is loaded when, and what a layer must never contain.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  assertNoDuplicatedPackages,
  bundleExtension,
  duplicatedBytes,
  type Bundle,
} from '../../layer/bundle';
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

test('a lazily imported module is a file of its own, loaded only when its import() runs', async () => {
  const built = await bundle({
    'main.ts': `console.log('main');
      void import('./room/late').then(({ say }) => { say('late'); });`,
    'room/late.ts': `console.log('loading');
      export const say = (text: string): void => { console.log(text); };`,
  });
  expect(names(built)).toEqual(['main.js', 'late.js']);
  expect(run(built)).toBe('main\nloading\nlate\n');
});

test('lazy modules of lazy modules are found, and a static import of one shares its file', async () => {
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

test('two lazy modules of one name are refused, because one file would overwrite the other', async () => {
  const sources = {
    'main.ts': `void import('./a/same'); void import('./b/same');`,
    'a/same.ts': 'export const a = 1;',
    'b/same.ts': 'export const b = 2;',
  };
  await expect(bundle(sources)).rejects.toThrow('lazy modules need distinct file names');
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

test('a package in two files is noticed, a few bytes of it are not', async () => {
  const big = JSON.stringify('x'.repeat(10_000));
  const sources = (text: string): Record<string, string> => ({
    'main.ts': `void import('./one'); void import('./other');`,
    'one.ts': `import { text } from 'packed'; console.log(text);`,
    'other.ts': `import { text } from 'packed'; console.log(text, text);`,
    'node_modules/packed/package.json': '{"name":"packed","module":"index.js"}',
    'node_modules/packed/index.js': `export const text = ${text};`,
  });
  const small = await bundle(sources('"small"'));
  expect(duplicatedBytes(small, 'node_modules')).toBeGreaterThan(0);
  expect(() => {
    assertNoDuplicatedPackages(small);
  }).not.toThrow();
  const large = await bundle(sources(big));
  expect(duplicatedBytes(large, 'src')).toBe(0);
  expect(() => {
    assertNoDuplicatedPackages(large);
  }).toThrow('duplicated bytes');
});

test('a script loses its comments and nothing else', () => {
  const script = '#!/bin/sh\n# why\nset -u\n  # indented\n\nline="#1" # stays\n';
  expect(stripShellComments(script)).toBe('#!/bin/sh\nset -u\nline="#1" # stays\n');
});

test('what the entry shares with the largest lazy file exists once, with one state', async () => {
  const filler = JSON.stringify('y'.repeat(1000));
  const built = await bundle({
    'main.ts': `import { next } from './state'; next();
      void import('./late').then(({ run }) => { console.log(run()); });`,
    'late.ts': `import { next } from './state'; export const run = () => next();`,
    'state.ts': `let count = 0; export const filler = ${filler};
      export const next = () => [count += 1, filler.length];`,
  });
  expect(names(built)).toEqual(['main.js', 'shared.js', 'late.js']);
  expect(duplicatedBytes(built, '.')).toBe(0);
  expect(run(built)).toBe('[ 2, 1000 ]\n');
});

test('what a lazy file shares with the one that loads it exists once, with one state', async () => {
  const filler = JSON.stringify('y'.repeat(1000));
  const built = await bundle({
    'main.ts': `void import('./host').then(async ({ run }) => { await run(); });`,
    'host.ts': `import { next } from './counter';
      export const run = async (): Promise<void> => {
        console.log(next());
        const { guest } = await import('./guest');
        guest();
        console.log(next(), ${filler}.length);
      };`,
    'guest.ts': `import { next, unused } from './counter';
      import { text } from 'packed';
      export const guest = (): void => { console.log(next(), text.length, typeof unused); };`,
    'counter.ts': `import { text } from 'packed';
      let calls = 0;
      export const next = (): number => { calls += 1; return calls + (text === '' ? 1 : 0) + ${filler}.indexOf('z') + 1; };
      export const unused = ${filler};`,
    'node_modules/packed/package.json': '{"name":"packed","module":"index.js"}',
    'node_modules/packed/index.js': `export const text = ${filler};`,
  });
  expect(run(built)).toBe('1\n2 1000 string\n3 1000\n');
  const guest = built.files.find(({ name }) => name === 'guest.js');
  expect(guest?.contents.byteLength).toBeLessThan(1000);
  expect(duplicatedBytes(built, 'node_modules')).toBe(0);
});

test('a file that can be loaded before the other takes nothing from it', async () => {
  const filler = JSON.stringify('y'.repeat(1000));
  const built = await bundle({
    'main.ts': `void import('./small').then(({ say }) => { say(); });
      if (process.argv[2] === 'never') void import('./large');`,
    'small.ts': `import { text } from './text'; export const say = (): void => { console.log(text.length); };`,
    'large.ts': `import { text } from './text'; console.log('loaded', text, ${filler}.length);`,
    'text.ts': `export const text = ${filler};`,
  });
  expect(run(built)).toBe('1000\n');
});

test('members that are private everywhere get short names, others keep theirs', async () => {
  const built = await bundle({
    'main.ts': `import { packedWord } from 'packed';
      class Counter {
        private hiddenCount = 0;
        private packedWord = 0;
        private shownCount = 0;
        next(): number { this.hiddenCount += 1; this.packedWord += 1; return this.hiddenCount; }
        peek(other: Counter): number { return other.shownCount + this.packedWord; }
      }
      const counter = new Counter();
      console.log(counter.next(), counter.peek(counter), Object.keys(counter).length, packedWord());`,
    'node_modules/packed/package.json': '{"name":"packed","module":"index.js"}',
    'node_modules/packed/index.js': `export const packedWord = () => typeof process.pid;`,
  });
  const text = Buffer.from(built.files[0]?.contents ?? []).toString('utf8');
  expect(['hiddenCount', 'packedWord', 'shownCount'].map((name) => text.includes(name))).toEqual([
    false,
    true,
    true,
  ]);
  expect(run(built)).toBe('1 1 3 number\n');
});

test('a package that moved a file the layer replaces fails the build, with the names', async () => {
  const sources = {
    'node_modules/@opentelemetry/sdk-metrics/build/esm/view/View.js': 'export class View {}',
    'main.ts': `import { View } from './node_modules/@opentelemetry/sdk-metrics/build/esm/view/View.js';
      console.log(new View());`,
  };
  await expect(bundle(sources)).rejects.toThrow(
    'expected the OpenTelemetry packages to have diag-api.js, context-api.js, RegistrationConflicts.js, ObservableRegistry.js',
  );
});
