// The stripper on the real ELF program that runs this test, and on what is none.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripElf } from '../../layer/elf-strip';

/** An ELF-64 file with one segment of 8 bytes at 120 and `tail` behind it. */
function elf(tail: Buffer): Buffer {
  const header = Buffer.alloc(64 + 56);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  header.writeBigUInt64LE(64n, 32);
  header.writeBigUInt64LE(999n, 40);
  header.writeUInt16LE(56, 54);
  header.writeUInt16LE(1, 56);
  header.writeUInt16LE(30, 60);
  header.writeUInt16LE(29, 62);
  header.writeUInt32LE(1, 64);
  header.writeBigUInt64LE(120n, 64 + 8);
  header.writeBigUInt64LE(8n, 64 + 32);
  return Buffer.concat([header, Buffer.from('segment!'), tail]);
}

test('everything behind the last segment goes, and the header no longer points there', () => {
  const stripped = stripElf(elf(Buffer.from('symbols and debug information')));
  expect(stripped.subarray(120).toString()).toBe('segment!');
  expect(stripped.readBigUInt64LE(40)).toBe(0n);
  expect([stripped.readUInt16LE(60), stripped.readUInt16LE(62)]).toEqual([0, 0]);
});

test('a stripped file strips to itself', () => {
  const stripped = stripElf(elf(Buffer.from('symbols')));
  expect(stripElf(stripped).equals(stripped)).toBe(true);
});

test.each([
  ['a script', Buffer.from(`#!/bin/sh\n${' '.repeat(80)}`), 'expected a little-endian ELF-64'],
  ['an empty file', Buffer.alloc(0), 'expected a little-endian ELF-64'],
  ['a truncated program', elf(Buffer.alloc(0)).subarray(0, 124), 'ELF segments end at 128'],
])('%s is refused', (_title, file, message) => {
  expect(() => stripElf(file)).toThrow(message);
});

const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux('a stripped Node.js is smaller and still runs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'elf-test-'));
  try {
    const original = readFileSync(process.execPath);
    const stripped = stripElf(original);
    expect(stripped.length).toBeLessThanOrEqual(original.length);
    const program = join(folder, 'node');
    writeFileSync(program, stripped);
    chmodSync(program, 0o755);
    const version = execFileSync(program, ['-p', 'process.version'], { encoding: 'utf8' });
    expect(version.trim()).toBe(process.version);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
