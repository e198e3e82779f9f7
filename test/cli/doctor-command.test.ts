// The doctor as it is called: what it prints, and what it asks the AWS CLI.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { startOtlpReceiver } from 'local-lambda/otlp/otlp-receiver';
import { closing, deployed, diagnose, ENDPOINT, listen } from './diagnose';

/** The command itself, beside a stand-in for the AWS CLI that has this configuration. */
async function runDoctor(configuration: string, args: readonly string[]) {
  const account = mkdtempSync(join(tmpdir(), 'doctor-account-'));
  closing.push(() => rmSync(account, { recursive: true }));
  writeFileSync(join(account, 'configuration'), configuration);
  writeFileSync(join(account, 'calls'), '');
  const command = ['-r', 'esbuild-register', 'cli/main.ts', 'doctor', ...args];
  const child = spawn(process.execPath, command, {
    cwd: resolve(__dirname, '../..'),
    env: {
      ...process.env,
      AWS_ACCESS_KEY_ID: '',
      PATH: `${join(__dirname, 'stand-in')}:${process.env['PATH'] ?? ''}`,
      STAND_IN_ACCOUNT: account,
    },
  });
  child.stdin.end(configuration);
  const [printed, said] = await Promise.all([
    textOf(child.stdout),
    textOf(child.stderr),
    once(child, 'close'),
  ]);
  const calls = readFileSync(join(account, 'calls'), 'utf8').trim().split('\n');
  return { printed, said, calls };
}

/** A partial success in protobuf: one item rejected, and why. */
function partialSuccess(message: string): Buffer {
  const text = Buffer.from(message);
  const length = (size: number) => (size < 128 ? [size] : [(size & 127) | 128, size >> 7]);
  const inner = Buffer.concat([Buffer.from([0x08, 1, 0x12, ...length(text.length)]), text]);
  return Buffer.concat([Buffer.from([0x0a, ...length(inner.length)]), inner]);
}

const TOKEN = 'tok-1234567890';
const PLAIN = [TOKEN];
const BASIC = Buffer.from('user:s3cret-pw').toString('base64');

test.each<readonly [string, Readonly<Record<string, string>>, string, readonly string[]]>([
  ['a key', {}, `api-key=${TOKEN}`, PLAIN],
  ['a percent-encoded Bearer token', {}, `authorization=Bearer%20${TOKEN}`, PLAIN],
  ['Basic credentials', {}, `authorization=Basic%20${BASIC}`, [BASIC, 's3cret-pw']],
  ['user information of the endpoint', { user: 'user:s3cret-pw@' }, '', [BASIC, 's3cret-pw']],
  [
    'a key of Secrets Manager',
    {},
    'authorization=Bearer%20${secretsmanager:otlp#apiKey}',
    ['stored-0123456789'],
  ],
  ['a parameter', {}, 'api-key=Key:${ssm:/otlp/key}', ['parameter-0123456789']],
])(
  'of %s nothing is printed that the endpoint echoes: whole, without its scheme or cut, as text or JSON',
  async (_, { user = '' }, headers, secrets) => {
    const echo: RequestListener = (request, response) => {
      const value = String(request.headers['api-key'] ?? request.headers.authorization);
      const credentials = value.replace(/^(\w+ |Key:)/, '');
      const plain = Buffer.from(credentials, 'base64').toString();
      const message = `${value}; ${credentials}; ${plain.includes('s3cret') ? plain : ''}`;
      // The last one is cut where the doctor ends a quotation.
      const whole = `${message.padEnd(196, '-')}${credentials}`;
      request.resume().on('end', () => response.end(partialSuccess(whole)));
    };
    const url = (await listen(echo)).replace('//', `//${user}`);
    const variables = { [ENDPOINT]: url, ...(headers && { OTEL_EXPORTER_OTLP_HEADERS: headers }) };
    for (const args of [[], ['--json']]) {
      const { printed } = await runDoctor(JSON.stringify(variables), args);
      expect(printed).toContain('the item was rejected (');
      expect(printed).toContain('***');
      for (const secret of secrets) {
        expect(printed).not.toContain(secret);
        expect(printed).not.toContain(`-${secret.slice(0, 4)}`);
      }
    }
  },
  60_000,
);

test('a secret that a redirect names is not printed, in small letters either', async () => {
  const url = await listen((request, response) => {
    const location = `https://${String(request.headers['api-key'])}.example.com`;
    request.resume().on('end', () => response.writeHead(302, { location }).end());
  });
  const variables = { [ENDPOINT]: url, OTEL_EXPORTER_OTLP_HEADERS: 'api-key=K3Y-0123456789' };
  const { first } = await diagnose(JSON.stringify(variables));
  expect(first).toContain('redirects to https://***.example.com');
});

test.each([
  [['--profile', 'work', '--region', 'us-east-2'], '--region us-east-2 --profile work'],
  [['--profile', 'work'], '--region eu-west-1 --profile work'],
  [[], '--region eu-west-1'],
])(
  'with %j secrets and credentials are the function’s account’s and region’s',
  async (args, expected) => {
    const receiver = await startOtlpReceiver();
    closing.push(() => receiver.close());
    const variables = {
      [ENDPOINT]: receiver.url,
      LAMBDA_OTLP_SIGV4: 'true',
      OTEL_EXPORTER_OTLP_HEADERS: 'api-key=${secretsmanager:otlp#apiKey},other=${ssm:/otlp/key}',
    };
    const { printed, calls } = await runDoctor(deployed(variables), ['-f', 'orders', ...args]);
    expect(printed).toContain('accepted in');
    const later = calls.filter((call) => !call.startsWith('lambda '));
    expect(later).toHaveLength(9);
    for (const call of later) expect(call.endsWith(` ${expected}`)).toBe(true);
  },
);
