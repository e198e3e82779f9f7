import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readHandoverFile, writeHandoverFile } from '../../src/node/files';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'handover-'));
  path = join(folder, '.lambda-otlp-handover.json');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('the handover file gives back what was written, once', () => {
  writeHandoverFile({ a: [1, 'x'] }, folder);
  expect(readHandoverFile(folder)).toEqual({ a: [1, 'x'] });
  expect(existsSync(path)).toBe(false);
  expect(readHandoverFile(folder)).toBeUndefined();
});

it('the handover file is for its owner only', () => {
  writeHandoverFile({}, folder);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

it('the handover file replaces what was there', () => {
  writeFileSync(path, 'stale', { mode: 0o666 });
  writeHandoverFile(2, folder);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readHandoverFile(folder)).toBe(2);
});

it.each([
  '',
  '{',
  'null',
  '5',
  '[]',
  '{}',
  '{"version":1}',
  '{"version":0,"data":1}',
  '{"version":2,"data":1}',
  `{"version":1,"data":"${'x'.repeat(70_000)}"}`,
  '\u0000',
])('nothing is read out of a handover file of %.40p, which is removed', (content) => {
  writeFileSync(path, content);
  expect(readHandoverFile(folder)).toBeUndefined();
  expect(existsSync(path)).toBe(false);
});

it('follows no link, neither when reading nor when writing', () => {
  const target = join(folder, 'target');
  const content = '{"version":1,"data":"stolen"}';
  writeFileSync(target, content);
  symlinkSync(target, path);
  expect(readHandoverFile(folder)).toBeUndefined();
  symlinkSync(target, path);
  writeHandoverFile('mine', folder);
  expect(readFileSync(target, 'utf8')).toBe(content);
  expect(readHandoverFile(folder)).toBe('mine');
});

it('reading the handover file does not wait for a FIFO', () => {
  execFileSync('mkfifo', [path]);
  expect(readHandoverFile(folder)).toBeUndefined();
});

it.each([
  { title: 'a folder in its place', prepare: () => mkdirSync(path) },
  { title: 'no folder', prepare: () => rmSync(folder, { recursive: true }) },
])('the handover is done without when there is $title', ({ prepare }) => {
  prepare();
  writeHandoverFile(1, folder);
  expect(readHandoverFile(folder)).toBeUndefined();
});

it('no handover file is left for data that is too large or not JSON', () => {
  const circular: Record<string, unknown> = {};
  circular['self'] = circular;
  writeHandoverFile('x'.repeat(70_000), folder);
  writeHandoverFile(circular, folder);
  expect(existsSync(path)).toBe(false);
});
