// What the command line reads: pipes once, files from the caller's folder, handlers in TypeScript, requests
// over HTTP; and the events that it records.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { toCallerPath } from '../../src/cli/caller-directory';
import { openTelemetryTarget } from '../../src/cli/telemetry-target';
import { toGatewayAnswer, toGatewayEvent } from '../../src/events/http-gateway';
import { SAMPLE_EVENT_NAMES, toSampleEvent } from '../../src/events/sample-events';

const BIN = resolve(__dirname, '../../bin/local-lambda.cjs');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cli-'));
  writeFileSync(
    join(folder, 'app.ts'),
    `interface Order { readonly orderId: number }
export const handler = async (event: Order) => ({ statusCode: 201, body: JSON.stringify(event) });
export const shout = async (): Promise<never> => { throw new RangeError('no'); };
export const circle = async () => { const self: Record<string, unknown> = {}; self.self = self; return self; };
export const wait = () => { console.log('waiting'); return new Promise(() => { setInterval(() => {}, 1000); }); };
declare const awslambda: { streamifyResponse<T>(handler: T): T };
export const stream = awslambda.streamifyResponse(async (_: unknown, response: NodeJS.WritableStream) => {
  response.write('one ');
  await new Promise((resolve) => setTimeout(resolve, 1));
  throw new RangeError('two');
});
`,
  );
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(args: readonly string[], input = '') {
  const command = [BIN, ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    cwd: folder,
    encoding: 'utf8',
    input,
  });
  return { status, stdout, stderr };
}

test('an event comes through a pipe, a handler in TypeScript answers, every event is recorded', () => {
  const record = ['--record', 'events.ndjson'];
  const { status, stdout, stderr } = run(
    ['--handler', 'app.handler', '--event', '/dev/stdin', '--invocations', '2', ...record],
    '{"orderId":7}',
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout.match(/"orderId\\":7|orderId\\\\":7/g)).toHaveLength(2);
  const types = readFileSync(join(folder, 'events.ndjson'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((text) => JSON.parse(text) as { type?: string; kind?: string })
    .map(({ type, kind }) => type ?? kind);
  expect(types.slice(0, 2)).toEqual(['register', 'platform.initStart']);
  expect(types.filter((type) => type === 'platform.report')).toHaveLength(2);
});

test('an error of the handler is told as a person reads it', () => {
  const { status, stdout } = run(['--handler', 'app.shout']);
  expect(status).toBe(1);
  expect(stdout).toMatch(/^#1 \S+ function error \(.*\)\n {3}RangeError: no\n {5}at .*app\.ts:3/m);
});

test.each([
  [
    'app.ts',
    "got the file 'app.ts'; it exports circle, handler, shout, stream, wait: --handler app.handler",
  ],
  ['app', "got 'app' without an export; it exports circle, handler, "],
  ['app.js', "got 'app.js' without an export; it exports circle, handler, "],
  ['ap.handler', 'expected a file ap.js, .mjs, .cjs or .ts, found none'],
  ['nowhere/app.handler', 'expected a file nowhere/app.js, .mjs, .cjs or .ts, found none'],
  ['app.v2.handler.ts', 'expected FILE.EXPORT'],
  ['.', "got the directory '.'"],
  ['plain.cjs', 'it exports no function by name'],
  ['broken.mjs', 'broken.mjs:1: SyntaxError: '],
])('--handler %s runs nothing, and says %s', (handler, message) => {
  writeFileSync(join(folder, 'plain.cjs'), 'module.exports = async () => 1;');
  writeFileSync(join(folder, 'broken.mjs'), 'export const handler = = 1;');
  writeFileSync(join(folder, 'app.v2.handler.ts'), '');
  const { status, stdout, stderr } = run(['--handler', handler]);
  expect(stderr).toContain(message);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
});

test.each([
  ['app.hander', '--handler app.hander: it exports circle, handler, '],
  ['broken.handler', 'broken.mjs:1: SyntaxError: '],
])('after --handler %s has failed it is said that %s', (handler, message) => {
  writeFileSync(join(folder, 'broken.mjs'), 'export const handler = = 1;');
  const { status, stderr } = run(['--handler', handler]);
  expect(stderr).toContain(message);
  expect(status).toBe(1);
});

test.each([
  [['--event', 'none.json'], 'expected a file, or --sample api-gateway-v2, sqs, '],
  [['--event', '-'], '--event -: expected JSON, got nothing to read'],
  [['--payload', '{bad'], '--payload: expected JSON, '],
])('%j is no event: it says so and runs nothing', (args, message) => {
  const { status, stdout, stderr } = run(['--handler', 'app.handler', ...args]);
  expect(stderr).toContain(message);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
});

test('an event may begin with a byte order mark', () => {
  writeFileSync(join(folder, 'bom.json'), '\uFEFF{"orderId":8}');
  expect(run(['--handler', 'app.handler', '--event', 'bom.json']).stdout).toContain('orderId');
});

test('a result without JSON is the function’s error', () => {
  const { status, stdout } = run(['--handler', 'app.circle']);
  const told = /^#1 \S+ function error \(.*\)\n {3}Error: Unable to stringify response body\n$/m;
  expect(stdout).toMatch(told);
  expect(status).toBe(1);
});

test('a stream that breaks off fails, by words that agree with what the platform says', () => {
  const { status, stdout } = run(['--handler', 'app.stream']);
  expect(status).toBe(1);
  const told =
    /^#1 \S+ success, stream broken off \(.*\)\n {3}RangeError: two\n {5}at .*app\.ts:10:\d+\)\n$/m;
  expect(stdout).toMatch(told);
});

test('Managed Instances serve one invocation after the other', () => {
  const type = ['--init-type', 'lambda-managed-instances'];
  const { status, stdout } = run(['--handler', 'app.handler', '--invocations', '3', ...type]);
  expect(stdout.match(/^#\d .* success /gm)).toHaveLength(3);
  expect(status).toBe(0);
});

/** Runs on; `seen` resolves to the first group of what it printed. */
function spawnCommand(...args: readonly string[]) {
  const child = spawn(process.execPath, [BIN, ...args], { cwd: folder });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const seen = (pattern: RegExp): Promise<string> =>
    new Promise((settle) => {
      const look = (): void => {
        const found = pattern.exec(output);
        if (found !== null) settle(found[1] ?? '');
      };
      child.stdout.on('data', look);
      look();
    });
  const ended = new Promise<number | null>((settle) => child.on('exit', settle));
  return { child, seen, ended };
}

test('a reader may leave early', () => {
  const script = `"$0" "$1" --handler app.handler --print-events --invocations 3 | head -n 1`;
  const { stdout, stderr } = spawnSync('bash', ['-c', script, process.execPath, BIN], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(stdout).toContain('platform.initStart');
});

test('one interruption ends what --http and --ui keep open', async () => {
  const { child, seen, ended } = spawnCommand(
    ...['--handler', 'app.handler', '--http', '0', '--ui', '0'],
  );
  await seen(/answers at (http:\S+)/);
  child.kill('SIGINT');
  expect(await ended).toBe(0);
});

test.each(['--http', '--ui'])(
  'a port that is taken is said, of %s, and nothing stays',
  async (option) => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const { child, ended } = spawnCommand('--handler', 'app.handler', option, String(port));
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    expect(await ended).toBe(2);
    expect(said).toContain(`port ${port} is in use: expected a free port`);
    taken.close();
  },
);

test('an invocation that is interrupted ends in order, with the exit code of the signal', async () => {
  const { child, seen, ended } = spawnCommand('--handler', 'app.wait', '--timeout', '600');
  await seen(/waiting/);
  child.kill('SIGINT');
  await seen(/^#1 \S+ failure Sandbox\.Failure/m);
  expect(await ended).toBe(130);
});

test('--http answers requests until it is interrupted', async () => {
  const { child, seen, ended } = spawnCommand('--handler', 'app.handler', '--http', '0');
  const url = await seen(/answers at (http:\S+)/);
  const response = await fetch(`${url}/orders?a=1&a=2`, { method: 'POST', body: 'text' });
  expect(response.status).toBe(201);
  expect(await response.json()).toMatchObject({
    ...{ version: '2.0', rawPath: '/orders', rawQueryString: 'a=1&a=2', body: 'text' },
    queryStringParameters: { a: '1,2' },
    requestContext: { http: { method: 'POST', path: '/orders' } },
  });
  child.kill('SIGINT');
  expect(await ended).toBe(0);
});

const REQUEST = {
  ...{ method: 'GET', url: '/', headers: {}, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1' },
  ...{ accountId: '1', requestId: 'r', atMs: 1_760_600_466_000 },
};

test('a binary body is base64, cookies have a member of their own, the time is a log time', () => {
  const headers = { 'content-type': 'image/png', cookie: 'a=1; b=2', host: 'api.test' };
  const event = toGatewayEvent({ ...REQUEST, headers, body: Buffer.from([0xff, 0x00]) });
  expect(event).toMatchObject({ body: '/wA=', isBase64Encoded: true, cookies: ['a=1', 'b=2'] });
  expect(event['headers']).not.toHaveProperty('cookie');
  expect(event['requestContext']).toMatchObject({ time: '16/Oct/2025:07:41:06 +0000' });
});

test.each([
  [{ ok: true }, undefined, 200, '{"ok":true}'],
  ['plain', undefined, 200, 'plain'],
  [{ statusCode: 204 }, undefined, 204, ''],
  [{ statusCode: 'x' }, undefined, 500, '{"message":"Internal Server Error"}'],
  ['{"statusCode":418,"headers":{}}\0\0\0\0\0\0\0\0tea', undefined, 418, 'tea'],
  ['{}\0\0\0\0\0\0\0\0plain', undefined, 200, 'plain'],
  ['no prelude\0\0\0\0\0\0\0\0', undefined, 200, 'no prelude\0\0\0\0\0\0\0\0'],
  [{ errorType: 'E' }, 'Unhandled', 500, '{"message":"Internal Server Error"}'],
] as const)('the result %j (%s) is answered with %i', (response, functionError, status, body) => {
  const answer = toGatewayAnswer({ response, functionError, status: 'success' });
  expect({ status: answer.status, body: answer.body }).toEqual({ status, body });
});

test.each(SAMPLE_EVENT_NAMES)('the sample %s is an object of JSON', (name) => {
  expect(JSON.parse(JSON.stringify(toSampleEvent(name)))).toEqual(toSampleEvent(name));
});

test.each([
  [
    { INIT_CWD: '/home/me', npm_package_json: '/project/package.json' },
    '/project',
    '/home/me/e.json',
  ],
  [{ INIT_CWD: '/home/me', npm_package_json: '/project/package.json' }, '/else', '/else/e.json'],
  [{}, '/project', '/project/e.json'],
])('with %j in %s a relative path is %s', (environment, directory, expected) => {
  expect(toCallerPath('e.json', environment, directory)).toBe(expected);
});

test('an empty endpoint variable is none: the receiver is there', async () => {
  const given = { OTEL_EXPORTER_OTLP_ENDPOINT: '' };
  const options = { given, inherited: {}, passedOn: undefined, uiPort: undefined };
  const target = await openTelemetryTarget(options);
  expect(target.environment['OTEL_EXPORTER_OTLP_ENDPOINT']).toBe(target.receiver?.url);
  await target.close();
});
