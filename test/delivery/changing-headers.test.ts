// One transport, several requests: what belongs to one request only must not stay in the next one's head.
import type { SignalConfiguration } from '../../src/delivery/settings/configuration';
import { createConnectionPool } from '../../src/delivery/transport/connection-pool';
import { createHeaderSource } from '../../src/delivery/auth/header-source';
import { createHttpTransport } from '../../src/delivery/transport/http-transport';
import { createSecretStore } from '../../src/delivery/auth/secrets';
import type { HeaderSource, Transport } from '../../src/delivery/transport/transport';
import { Secrets } from '../../src/secrets';
import { silentDiagnostics } from '../extension/recorded-diagnostics';
import { expectedSignature } from './expected-signature';
import type { ScriptedEndpoint } from './scripted-endpoint';
import { startEndpoint } from './scripted-endpoint';

const clock = { nowMs: 0, now: () => clock.nowMs };
const pool = createConnectionPool({ clock, diagnostics: silentDiagnostics });
let endpoint: ScriptedEndpoint;
/** Names and values as they came, one list for each request. */
let rawHeaders: string[][];

beforeEach(async () => {
  clock.nowMs = Date.UTC(2026, 2, 2, 8, 15);
  rawHeaders = [];
  endpoint = await startEndpoint();
  endpoint.server.prependListener('request', (incoming: { readonly rawHeaders: string[] }) => {
    rawHeaders.push(incoming.rawHeaders);
  });
});

afterEach(() => endpoint.close());
afterAll(() => pool.close());

function transportWith(headers: HeaderSource): Transport {
  const target = { url: endpoint.url, tls: {} };
  const connect = () => pool.connectionsOf(target);
  const secrets = new Secrets();
  return createHttpTransport({ configuration: target, headers, connect, clock, secrets });
}

const context = {
  pool,
  clock,
  diagnostics: silentDiagnostics,
  secrets: new Secrets(),
  loadSecrets: () => Promise.reject(new Error('no secrets here')),
};

function configuration(): SignalConfiguration {
  return {
    exporter: 'otlp',
    url: endpoint.url,
    headers: {},
    timeoutMs: 1_000,
    compression: 'none',
    protocol: 'http/json',
    tls: {},
  };
}

/** Every value that the request brought of this header. */
function valuesOf(name: string, request: number): string[] {
  const raw = rawHeaders[request] ?? [];
  return raw.filter((_, index) => index % 2 === 1 && raw[index - 1]?.toLowerCase() === name);
}

const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const bodies = ['short', 'a longer body than the one before', ''].map((text) =>
  Buffer.from(text, 'utf8'),
);

function openSigned(): Transport {
  const { url } = endpoint;
  const aws = { region: 'eu-west-1', accessKeyId: 'AKIDEXAMPLE', secretAccessKey };
  return transportWith(
    createHeaderSource(
      { ...configuration(), signing: { service: 'logs', region: 'eu-west-1' } },
      { ...context, aws: { ...aws, secretsManager: { url }, ssm: { url } } },
    ).headers,
  );
}

it('signed requests each have their own signature, date and length, and each of them once', async () => {
  const transport = openSigned();
  for (const body of bodies) {
    expect((await transport.send(body, 5_000)).status).toBe('success');
    clock.nowMs += 2_000;
  }
  const dates = bodies.flatMap((_, request) => valuesOf('x-amz-date', request));
  expect(new Set(dates).size).toBe(bodies.length);
  for (const [index, request] of endpoint.requests.entries()) {
    expect(request.body).toEqual(bodies[index]);
    expect(valuesOf('content-length', index)).toEqual([String(request.body.length)]);
    const signature = expectedSignature(request, secretAccessKey);
    const authorizations = valuesOf('authorization', index);
    expect(authorizations).toEqual([expect.stringContaining(`Signature=${signature}`)]);
  }
  expect(endpoint.connections).toBe(1);
});

it('signed requests do not mix when they are sent at the same time', async () => {
  const transport = openSigned();
  await Promise.all(bodies.map((body) => transport.send(body, 5_000)));
  expect(endpoint.requests).toHaveLength(bodies.length);
  for (const request of endpoint.requests) {
    expect(request.headers['content-length']).toBe(String(request.body.length));
    const signature = expectedSignature(request, secretAccessKey);
    expect(request.headers.authorization).toContain(`Signature=${signature}`);
  }
});

it('headers with a secret that was changed bring the new value, and no longer the old one', async () => {
  let secret = 'old';
  const renew = () => Promise.resolve(false);
  const fill = (headers: Readonly<Record<string, string>>) =>
    Promise.resolve({ ...headers, 'api-key': secret });
  const transport = transportWith(
    createHeaderSource(
      { ...configuration(), headers: { 'api-key': '${ssm:key}' } },
      { ...context, loadSecrets: () => Promise.resolve({ fill, renew }) },
    ).headers,
  );
  for (const value of ['old', 'old', 'new']) {
    secret = value;
    await transport.send(Buffer.from('{}'), 5_000);
  }
  const sent = rawHeaders.map((_, request) => valuesOf('api-key', request));
  expect(sent).toEqual([['old'], ['old'], ['new']]);
});

it('headers with a secret are one object from when the secret is known, so that their head is made once', async () => {
  endpoint.behaviour = (_, response) => void response.end('{"Parameter":{"Value":"s"}}');
  const { url } = endpoint;
  const aws = { region: 'eu-west-1', accessKeyId: 'a', secretAccessKey: 's' };
  const store = createSecretStore({
    ...context,
    aws: { ...aws, secretsManager: { url }, ssm: { url } },
  });
  const headers = { 'api-key': '${ssm:key}' };
  const first = await store.fill(headers);
  expect(first).toEqual({ 'api-key': 's' });
  expect(await store.fill(headers)).toBe(first);
});

it('the headers of a request are read once as long as they are the same object', async () => {
  let reads = 0;
  const unchanged = {
    get 'api-key'() {
      reads += 1;
      return 'k';
    },
  };
  const transport = transportWith(() => unchanged);
  for (let sent = 0; sent < 3; sent += 1) await transport.send(Buffer.from('{}'), 5_000);
  expect(rawHeaders.map((_, request) => valuesOf('api-key', request))).toEqual(
    Array(3).fill(['k']),
  );
  expect(reads).toBe(1);
});

it.each([
  ['has another value', { a: '1' }, { a: '2' }],
  ['has one more', { a: '1' }, { a: '1', b: '2' }],
  ['has one less', { a: '1', b: '2' }, { a: '1' }],
])(
  'the headers of a request are those of the new object when it %s',
  async (_what, first, second) => {
    const sources = [first, second];
    const transport = transportWith(() => sources.shift() ?? {});
    for (let sent = 0; sent < 2; sent += 1) await transport.send(Buffer.from('{}'), 5_000);
    const pick = ({ headers }: (typeof endpoint.requests)[number]) =>
      Object.fromEntries(Object.entries(headers).filter(([name]) => name.length === 1));
    expect(endpoint.requests.map(pick)).toEqual([first, second]);
  },
);
