// SigV4 against an independent computation, AWS's published test vector, credentials and secrets.
import type { AwsSettings } from '../../src/delivery/settings/aws-settings';
import { createCredentialProvider } from '../../src/delivery/auth/sigv4';
import { Secrets } from '../../src/secrets';
import { createFixture, eventually } from './delivery-fixture';
import { expectedSignature } from './expected-signature';
import type { ScriptedEndpoint } from './scripted-endpoint';
import { answer, startEndpoint } from './scripted-endpoint';
import { makeSpan } from './signal-items';

/** The example credentials of AWS's documentation. */
const credentials = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
};
const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function start(): Promise<ScriptedEndpoint> {
  const endpoint = await startEndpoint();
  closers.push(() => endpoint.close());
  return endpoint;
}

function settings(url = 'http://unused.test'): AwsSettings {
  return { region: 'eu-west-1', ...credentials, secretsManager: { url }, ssm: { url } };
}

it("SigV4 is checked by a computation that reproduces AWS's test suite (post-vanilla)", () => {
  const request = {
    method: 'POST',
    path: '/',
    body: Buffer.alloc(0),
    headers: {
      host: 'example.amazonaws.com',
      'x-amz-date': '20150830T123600Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, ' +
        'SignedHeaders=host;x-amz-date, Signature=',
    },
  };
  expect(expectedSignature(request, credentials.secretAccessKey)).toBe(
    '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
  );
});

it.each(['none', 'gzip'] as const)(
  'SigV4 signs what is sent, headers, query and body, with compression %s',
  async (compression) => {
    const endpoint = await start();
    const raw: Buffer[] = [];
    endpoint.server.prependListener('request', (incoming: NodeJS.ReadableStream) => {
      incoming.on('data', (chunk: Buffer) => raw.push(chunk));
    });
    const { delivery, flush, observed } = createFixture({
      url: endpoint.url,
      signals: ['logs', 'traces'],
      aws: { ...settings(), sessionToken: 'session' },
      signal: { signing: { service: 'logs', region: 'eu-west-1' }, compression },
      perSignal: {
        traces: {
          url: `${endpoint.url}/v1/logs?b=2&a=1`,
          headers: { 'x-aws-log-group': '/aws/otel', 'x-aws-log-stream': 'a  b' },
        },
      },
    });
    closers.push(() => delivery.close());
    delivery.addSpans([makeSpan(0)]);
    await flush();
    expect(observed.exported.traces).toBe(1);
    const [received] = endpoint.requests;
    if (received === undefined) throw new Error('nothing received');
    const { authorization = '' } = received.headers;
    expect(authorization).toContain('/eu-west-1/logs/aws4_request');
    for (const name of [
      'host',
      'x-amz-date',
      'x-amz-security-token',
      'x-aws-log-group',
      'content-type',
    ]) {
      expect(/SignedHeaders=([^,]+)/.exec(authorization)?.[1]?.split(';')).toContain(name);
    }
    const signature = expectedSignature(
      { ...received, body: Buffer.concat(raw) },
      credentials.secretAccessKey,
    );
    expect(authorization).toContain(`Signature=${signature}`);
  },
);

it('without credentials, SigV4 keeps the items and says why', async () => {
  const endpoint = await start();
  const { url } = endpoint;
  const { delivery, flush, warnings, observed } = createFixture({
    url,
    signals: ['traces'],
    aws: { region: 'eu-west-1', secretsManager: { url }, ssm: { url } },
    signal: { signing: { service: 'xray', region: 'eu-west-1' } },
  });
  closers.push(() => delivery.close());
  delivery.addSpans([makeSpan(0)]);
  await flush();
  expect(endpoint.requests).toHaveLength(0);
  expect(observed.dropped.traces).toEqual({});
  expect(warnings.join()).toContain('no AWS credentials');
});

const clock = { aheadMs: 0, now: () => Date.now() + clock.aheadMs };
const container = (url: string): AwsSettings => ({
  region: 'eu-west-1',
  secretsManager: { url },
  ssm: { url },
  containerCredentialsUri: `${url}/2021-08-23/credentials`,
  containerAuthorizationToken: 'token',
});

it('container credentials are fetched with the token, kept, and renewed before they expire', async () => {
  clock.aheadMs = 0;
  const endpoint = await start();
  const Expiration = new Date(Date.now() + 60 * 60_000).toISOString();
  endpoint.behaviour = (_, response) =>
    void response.end(
      JSON.stringify({ AccessKeyId: 'a', SecretAccessKey: 's-key', Token: 't-key', Expiration }),
    );
  const secrets = new Secrets();
  const provide = createCredentialProvider(container(endpoint.url), { clock, secrets });
  const expected = { accessKeyId: 'a', secretAccessKey: 's-key', sessionToken: 't-key' };
  expect(await provide()).toEqual(expected);
  await provide();
  expect(endpoint.requests).toHaveLength(1);
  expect(endpoint.requests[0]?.headers.authorization).toBe('token');
  clock.aheadMs = 56 * 60_000;
  await provide();
  expect(endpoint.requests).toHaveLength(2);
  expect(secrets.redact('s-key and t-key')).toBe('*** and ***');
});

it.each(['not JSON', '{}', '[]', 'null'])(
  'container credentials that return %s are an error',
  async (text) => {
    const endpoint = await start();
    endpoint.behaviour = (_, response) => void response.end(text);
    const ports = { clock, secrets: new Secrets() };
    const provide = createCredentialProvider(container(endpoint.url), ports);
    await expect(provide()).rejects.toThrow('another document');
  },
);

function answerSecrets(endpoint: ScriptedEndpoint): void {
  endpoint.behaviour = (request, response) => {
    if (!/Secret|SSM/.exec(String(request.headers['x-amz-target']))) return void response.end();
    const { SecretId } = JSON.parse(request.body.toString()) as { SecretId?: string };
    const value =
      SecretId === undefined
        ? { Parameter: { Value: 'from-ssm\n' } }
        : { SecretString: JSON.stringify({ apiKey: 'from-secret' }) };
    return void response.end(JSON.stringify(value));
  };
}

function open(url: string, value: string) {
  const fixture = createFixture({
    url,
    signals: ['traces'],
    aws: settings(url),
    signal: { headers: { 'api-key': value } },
  });
  closers.push(() => fixture.delivery.close());
  return fixture;
}

const arn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:otlp-AbCdEf';
it.each([
  [`\${secretsmanager:${arn}#apiKey}`, 'from-secret'],
  ['Bearer ${ssm:/otlp/key}', 'Bearer from-ssm'],
  ['${secretsmanager:otlp#apiKey}/${ssm:/otlp/key}', 'from-secret/from-ssm'],
])('the secret %s in a header is fetched once, signed, and filled in', async (value, expected) => {
  const endpoint = await start();
  answerSecrets(endpoint);
  const { delivery, flush } = open(endpoint.url, value);
  for (let invocation = 0; invocation < 2; invocation += 1) {
    delivery.addSpans([makeSpan(invocation)]);
    await flush();
  }
  const exports = endpoint.requests.filter(({ path }) => path === '/v1/traces');
  expect(exports.map(({ headers }) => headers['api-key'])).toEqual([expected, expected]);
  const fetches = endpoint.requests.filter(({ path }) => path === '/');
  expect(fetches).toHaveLength(value.split('${').length - 1);
  for (const fetch of fetches) {
    const signature = expectedSignature(fetch, credentials.secretAccessKey);
    expect(fetch.headers.authorization).toContain(`Signature=${signature}`);
    expect(fetch.headers['content-type']).toBe('application/x-amz-json-1.1');
  }
});

it('secrets in headers are fetched in parallel with start, before the first flush', async () => {
  const endpoint = await start();
  answerSecrets(endpoint);
  open(endpoint.url, '${ssm:key}');
  await eventually(() => endpoint.requests.length === 1);
});

it('secrets in headers that cannot be read keep the items, warn without the secret, and are tried again', async () => {
  const endpoint = await start();
  endpoint.behaviour = answer(400);
  const { delivery, flush, warnings, observed, clock } = open(endpoint.url, '${ssm:key}');
  delivery.addSpans([makeSpan(0)]);
  await flush();
  expect(observed.dropped.traces).toEqual({});
  expect(warnings.join()).toContain("ssm secret 'key'");
  answerSecrets(endpoint);
  clock.aheadMs += 2_000;
  await flush(5_000, { whileRunning: true });
  expect(observed.exported.traces).toBe(1);
});

it('secrets in headers that are refused are read again, at most every minute, and the request is sent once more', async () => {
  const endpoint = await start();
  let secret = 'first-value';
  let accepted = 'second-value';
  endpoint.behaviour = (request, response) => {
    if (request.path === '/') {
      response.end(JSON.stringify({ Parameter: { Value: secret } }));
    } else {
      const isRight = request.headers['api-key'] === accepted;
      response.writeHead(isRight ? 200 : 401).end(isRight ? '' : `no such key: ${secret}`);
    }
  };
  const { delivery, flush, observed, warnings, clock } = open(endpoint.url, '${ssm:key}');
  const fetches = () => endpoint.requests.filter(({ path }) => path === '/').length;
  const send = async (): Promise<void> => {
    delivery.addSpans([makeSpan(0)]);
    await flush();
  };
  delivery.addSpans([makeSpan(0)]);
  await eventually(() => fetches() === 1);
  secret = 'second-value';
  await flush();
  expect(observed).toMatchObject({ exported: { traces: 1 }, dropped: { traces: {} } });
  expect(fetches()).toBe(2);
  accepted = 'third-value';
  await send();
  expect(observed.dropped.traces).toEqual({ 401: 1 });
  expect(fetches()).toBe(2);
  expect(warnings.join()).not.toContain('second-value');
  secret = 'third-value';
  clock.aheadMs += 60_000;
  await send();
  expect(observed.exported.traces).toBe(2);
  expect(fetches()).toBe(3);
});

it('secrets in headers without the member asked for are an error that does not show the secret', async () => {
  const endpoint = await start();
  answerSecrets(endpoint);
  const { delivery, flush, warnings } = open(endpoint.url, '${secretsmanager:otlp#other}');
  delivery.addSpans([makeSpan(0)]);
  await flush();
  expect(warnings.join()).toContain("'other'");
  expect(warnings.join()).not.toContain('from-secret');
});
