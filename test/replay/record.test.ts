// `local --record FILE`, then `replay FILE`: the ids that the extension gave while it ran.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { readInput } from '../../src/replay/read-input';

const ROOT = resolve(__dirname, '../..');
const COMMAND = join(ROOT, 'local-lambda/bin/local-lambda.cjs');
/** Not sampled: Lambda's events do not carry it, INVOKE does. */
const HEADER = 'Root=1-69a54600-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=0';
const TRACE_ID = '69a546000123456789abcdef01234567';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'record-'));
  writeFileSync(
    join(folder, 'app.cjs'),
    'exports.handler = async () => 1; exports.crash = () => process.exit(3);',
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function record(...args: readonly string[]): string {
  const file = join(folder, 'events.ndjson');
  const options = ['--trace-header', HEADER, '--record', file];
  spawnSync(process.execPath, [COMMAND, ...args, ...options], { cwd: folder });
  return file;
}

test('a replay has the trace id of the run, sampled or not', () => {
  const file = record('--handler', 'app.handler');
  const { stdout } = spawnSync(
    process.execPath,
    ['-r', 'esbuild-register', 'src/replay/main.ts', file],
    { cwd: ROOT, encoding: 'utf8' },
  );
  const traceIds = [...stdout.matchAll(/"traceId":"([0-9a-f]{32})"/g)].map(([, id]) => id);
  expect([...new Set(traceIds)]).toEqual([TRACE_ID]);
});

test('a record tells of each process, each INVOKE and each SHUTDOWN, in their order', () => {
  const file = record('--handler', 'app.crash', '--invocations', '2');
  const items = readInput(readFileSync(file, 'utf8'));
  expect(items.map(({ kind }) => kind).filter((kind) => kind !== 'event')).toEqual(
    [1, 2].flatMap(() => ['process', 'invoke', 'shutdown']),
  );
  expect(items.find(({ kind }) => kind === 'process')).toMatchObject({
    registration: { functionName: 'local-function', functionVersion: '$LATEST' },
  });
  expect(items.find(({ kind }) => kind === 'shutdown')).toMatchObject({ reason: 'failure' });
});
