// Licence texts: complete, each once, and a package without one stops the build.
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundledPackages, formatLicenses, readLicensedWork } from '../../layer/licenses';

test('packages are the folders that contributed code, scoped and nested ones too', () => {
  const inputs = new Map([
    ['src/main.ts', 1],
    ['node_modules/@scope/one/build/a.js', 1],
    ['node_modules/@scope/one/build/b.js', 1],
    ['node_modules/two/node_modules/three/index.js', 1],
  ]);
  const bundle = {
    files: [{ name: 'main.js', contents: Buffer.alloc(0), inputs }],
    legalComments: '',
  };
  expect(bundledPackages(bundle)).toEqual([
    'node_modules/@scope/one',
    'node_modules/two/node_modules/three',
  ]);
});

test('works with one text share it, under all their names; legal comments follow', () => {
  const text = formatLicenses(
    [
      { title: 'one 1.0.0 (MIT)', texts: ['the text', 'a notice'] },
      { title: 'two 2.0.0 (MIT)', texts: ['the text'] },
    ],
    '/*! a comment */',
  );
  expect(text.match(/the text/g)).toHaveLength(1);
  expect(text).toContain('one 1.0.0 (MIT)\ntwo 2.0.0 (MIT)\n');
  expect(text).toContain('a notice');
  expect(text).toContain('/*! a comment */');
});

test('a package without a licence file is refused by name', () => {
  const folder = mkdtempSync(join(tmpdir(), 'licence-test-'));
  try {
    mkdirSync(join(folder, 'bare'));
    writeFileSync(join(folder, 'bare/package.json'), '{"name":"bare","version":"1.0.0"}');
    expect(() => readLicensedWork(join(folder, 'bare'))).toThrow('expected a LICENSE file');
    writeFileSync(join(folder, 'bare/LICENCE.md'), 'text\n');
    expect(readLicensedWork(join(folder, 'bare'))).toEqual({
      title: 'bare 1.0.0 (?)',
      texts: ['text'],
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
