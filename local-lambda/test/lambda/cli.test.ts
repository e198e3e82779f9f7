// Arguments of `npm run local`, and the command as its user runs it.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseLocalArguments } from '../../src/cli/cli-arguments';

const FIXTURES = resolve(__dirname, 'fixtures');
const HANDLER = join(FIXTURES, 'function.handler');

test('defaults are those of a small function', () => {
  expect(parseLocalArguments(['--handler', 'app.handler'])).toMatchObject({
    kind: 'run',
    arguments: {
      handler: 'app.handler',
      event: { kind: 'payload', json: '{}' },
      functionName: 'local-function',
      invocations: 1,
      timeoutMs: 3000,
      memorySizeMb: 512,
      initializationType: 'on-demand',
      environment: {},
    },
  });
});

test('every option arrives', () => {
  const line =
    '--bootstrap ./run,now --event e.json --invocations 7 --env A=b=c --env B= --timeout 1.5 ' +
    '--memory 128 --json-logs --init-type lambda-managed-instances --concurrency 4 --print-events ' +
    '--name orders --env-file .env --http 0 --ui 4000 --record r.ndjson --x-ray';
  const argv = line.split(' ').map((word) => word.replace(',', ' '));
  expect(parseLocalArguments(argv)).toMatchObject({
    kind: 'run',
    arguments: {
      bootstrap: ['./run', 'now'],
      event: { kind: 'file', file: 'e.json' },
      invocations: 7,
      environment: { A: 'b=c', B: '' },
      timeoutMs: 1500,
      memorySizeMb: 128,
      jsonLogs: true,
      initializationType: 'lambda-managed-instances',
      concurrency: 4,
      printEvents: true,
      functionName: 'orders',
      environmentFile: '.env',
      httpPort: 0,
      uiPort: 4000,
      recordFile: 'r.ndjson',
      xRay: true,
    },
  });
});

test.each([
  ['', 'either --handler'],
  ['--handler a.b --bootstrap c', 'either --handler'],
  ['--handler a.b --timeout 0', "--timeout: expected a positive number, got '0'"],
  ['--handler a.b --invocations 1.5', '--invocations: expected a positive whole number'],
  [
    '--handler a.b --env =x',
    "--env: expected NAME=VALUE with a name of letters, digits and _, got the name ''",
  ],
  ['--handler a.b --init-type cold', '--init-type: expected one of on-demand'],
  ['--handler a.b --concurrency 2', '--concurrency: needs --init-type'],
  ['--handler a.b --event x --payload {}', 'one of --event, --sample and --payload, got 2'],
  ['--handler a.b --sample kafka', '--sample: expected one of api-gateway-v2, sqs, s3'],
  ['--handler a.b --ui 70000', '--ui: expected a port'],
  ['--bootstrap c --inspect', '--inspect: needs --handler'],
  ['--handler a.b --x-ray --trace-header x', '--x-ray or --trace-header, got both'],
  ['--handler a.b --wat', '--wat'],
  ['app.handler', "got 'app.handler': for example --handler "],
  ['--handler a.b --timeout 3000', '--timeout: expected at most 900 seconds'],
  ['--handler a.b --memory 64', '--memory: expected 128 to 10240 MB'],
])('arguments "%s" are wrong, and why is said', (line, message) => {
  const parsed = parseLocalArguments(line.split(' ').filter(Boolean));
  expect(parsed).toMatchObject({
    kind: 'wrong',
    message: expect.stringContaining(message) as unknown,
  });
});

test.each(['my-secret=abc123', 'my-secret abc123', '=abc123', 'a b=abc123=\nabc123'])(
  'what is wrong with --env is said without the value: %j',
  (pair) => {
    const parsed = parseLocalArguments(['--handler', 'a.b', '--env', pair]);
    expect(parsed).toMatchObject({ kind: 'wrong' });
    expect(JSON.stringify(parsed)).not.toContain('abc123');
  },
);

test.each([
  ['1200', 1_200_000],
  ['90000', 86_400_000],
])(
  'under a debugger a timeout of %s s is no longer than asked, nor than a day',
  (seconds, timeoutMs) => {
    const line = ['--handler', 'a.b', '--inspect', '--timeout', seconds];
    expect(parseLocalArguments(line)).toMatchObject({ kind: 'run', arguments: { timeoutMs } });
  },
);

let layer: string;

beforeAll(() => {
  layer = mkdtempSync(join(tmpdir(), 'layer-'));
  mkdirSync(join(layer, 'extensions'));
  const extension = join(layer, 'extensions', 'probe');
  const probe = join(FIXTURES, 'probe.mjs');
  writeFileSync(extension, `#!/bin/sh\nexec "${process.execPath}" "${probe}" probe\n`);
  chmodSync(extension, 0o755);
});

afterAll(() => rmSync(layer, { recursive: true, force: true }));

function run(argv: readonly string[]): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['-r', 'esbuild-register', 'local-lambda/src/cli/main.ts', ...argv],
    { cwd: resolve(__dirname, '../../..'), encoding: 'utf8' },
  );
  return { code: status, stdout, stderr };
}

const PROBE = ['--env', 'PROBE={"log":true}', '--env', 'PROBE_RECORD=/dev/null'];

test('the command runs the function, tells each invocation and exits with 0', () => {
  const payload = JSON.stringify({ action: 'echo', text: 'hello' });
  const { code, stdout, stderr } = run([
    ...['--handler', HANDLER, '--layer', layer, '--payload', payload],
    ...['--invocations', '2', '--print-events', ...PROBE],
  ]);
  expect(stderr).toContain('[probe] EXTENSION_BOOT');
  expect(stdout).toMatch(/^#1 \S+ success \(.*init .* ms, .*billed \d+ ms\) .*hello/m);
  expect(stdout).toMatch(/^#2 /m);
  expect(stdout).toMatch(/^\S+Z platform\.report /m);
  expect(stdout).toContain('SHUTDOWN: probe ended');
  expect(code).toBe(0);
});

test('with an endpoint of the user, the last line says that telemetry went there, and shows no URL', () => {
  const endpoint = 'OTEL_EXPORTER_OTLP_ENDPOINT=http://user:secret@127.0.0.1:9';
  const line = ['--handler', HANDLER, '--layer', layer, '--payload', '{"action":"echo"}'];
  const { stdout } = run([...line, '--env', endpoint, ...PROBE]);
  expect(stdout).toContain('Telemetry is sent where OTEL_EXPORTER_OTLP_ENDPOINT says');
  expect(stdout).not.toContain('secret');
});

test('without an endpoint, the command says if no telemetry arrived', () => {
  const line = ['--handler', HANDLER, '--layer', layer, '--payload', '{"action":"echo"}'];
  expect(run([...line, ...PROBE]).stdout).toContain('No telemetry arrived');
});

test('an option that is not known is named, without advice about other arguments', () => {
  const { code, stderr } = run(['--handlr', HANDLER]);
  expect(stderr).toBe("Unknown option '--handlr'\nSee local-lambda --help\n");
  expect(code).toBe(2);
});

test('a failing function exits with 1, wrong arguments with 2', () => {
  const failing = ['--handler', HANDLER, '--layer', layer, '--payload', '{"action":"fail"}'];
  expect(run([...failing, ...PROBE]).code).toBe(1);
  const missing = run(['--handler', '/nowhere/app.handler', '--layer', layer]);
  expect(missing).toMatchObject({ code: 2 });
  expect(missing.stderr).toContain('expected a file /nowhere/app.js');
  expect(run(['--help'])).toMatchObject({ code: 0, stderr: '' });
});
