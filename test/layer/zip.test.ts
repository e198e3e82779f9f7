// Zips against an independent reader: Python's zipfile knows modes, times and checksums.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createZip, type ZipEntry } from '../../layer/zip';

const entries: readonly ZipEntry[] = [
  { path: 'lambda-otlp/main.js', contents: Buffer.from('x'.repeat(100_000)) },
  { path: 'extensions/lambda-otlp', contents: Buffer.from('#!/bin/sh\n'), executable: true },
  { path: 'lambda-otlp/empty', contents: new Uint8Array() },
];

const list = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as z:
    assert z.testzip() is None
    for i in z.infolist():
        print(i.filename, oct(i.external_attr >> 16), i.date_time[:3], i.file_size, len(i.extra))
`;

function listWithPython(zip: Uint8Array): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'zip-test-'));
  try {
    writeFileSync(join(folder, 'a.zip'), zip);
    const text = execFileSync('python3', ['-c', list, join(folder, 'a.zip')], { encoding: 'utf8' });
    return text.trim().split('\n');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

test('entries are sorted, dated 1980-01-01, whole, and executable only where told', () => {
  expect(listWithPython(createZip(entries))).toEqual([
    'extensions/lambda-otlp 0o100755 (1980, 1, 1) 10 0',
    'lambda-otlp/empty 0o100644 (1980, 1, 1) 0 0',
    'lambda-otlp/main.js 0o100644 (1980, 1, 1) 100000 0',
  ]);
});

test('the order of the entries changes no byte', () => {
  const reversed = [...entries].reverse();
  expect(sha256(createZip(reversed))).toBe(sha256(createZip(entries)));
});

test('other contents give other bytes', () => {
  const [first, ...rest] = entries;
  const changed = [{ ...first, path: 'lambda-otlp/main.mjs', contents: Buffer.of(1) }, ...rest];
  expect(sha256(createZip(changed))).not.toBe(sha256(createZip(entries)));
});
