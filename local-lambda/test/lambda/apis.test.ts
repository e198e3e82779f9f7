// Status codes, error types and bodies of the Extensions, Telemetry and Runtime API, over real HTTP.
import { request } from 'node:http';
import { startApiServer } from '../../src/lambda/api-server';
import type { ApiServer } from '../../src/lambda/api-server';
import { createExtension, sendNextEvent } from '../../src/lambda/extension-registry';
import { createExtensionsApi } from '../../src/lambda/extensions-api';
import type { ExtensionsApiState } from '../../src/lambda/extensions-api';
import { toFunctionSettings } from '../../src/lambda/local-lambda-options';
import { createRuntimeApi } from '../../src/lambda/runtime-api';
import { createTelemetryApi } from '../../src/lambda/telemetry-api';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

let server: ApiServer;
let state: ExtensionsApiState;
let fatal: string[];
let telemetryApi: ReturnType<typeof createTelemetryApi>;

beforeEach(async () => {
  const settings = toFunctionSettings({
    handler: `${__dirname}/app.handler`,
    functionVersion: '7',
  });
  state = { extensions: [createExtension('known', 'external')], registrationOpen: true };
  fatal = [];
  telemetryApi = createTelemetryApi({
    emulator: false,
    supported: true,
    backlog: undefined,
    onEvent: () => undefined,
    onSent: () => undefined,
  });
  const extensionsApi = createExtensionsApi({
    state,
    settings,
    onChange: () => undefined,
    onFatal: (errorType) => fatal.push(errorType),
  });
  const runtimeApi = createRuntimeApi(() => undefined);
  server = await startApiServer({ extensionsApi, telemetryApi, runtimeApi });
});

afterEach(async () => {
  telemetryApi.close();
  await server.close();
});

function call(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body = '',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(`http://${server.address}${path}`, { method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const { statusCode: status = 0 } = response;
        resolve({ status, headers: response.headers, body: JSON.parse(text) as unknown });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

const REGISTER = '/2020-01-01/extension/register';
const NEXT = '/2020-01-01/extension/event/next';
const TELEMETRY = '/2022-07-01/telemetry';

function register(name: string, events: readonly string[], features = ''): Promise<Answer> {
  const headers = { 'Lambda-Extension-Name': name, 'Lambda-Extension-Accept-Feature': features };
  return call('POST', REGISTER, headers, JSON.stringify({ events }));
}

async function identified(): Promise<Record<string, string>> {
  const { headers } = await register('known', ['INVOKE', 'SHUTDOWN']);
  return { 'Lambda-Extension-Identifier': String(headers['lambda-extension-identifier']) };
}

test('register answers the function, and the account only when asked for it', async () => {
  const answer = await register('known', ['INVOKE'], 'other, accountId');
  expect(answer).toMatchObject({
    status: 200,
    body: {
      accountId: '123456789012',
      functionName: 'local-function',
      functionVersion: '7',
      handler: 'app.handler',
    },
  });
  expect(answer.headers['lambda-extension-identifier']).toMatch(/^[0-9a-f-]{36}$/);
  const internal = await register('inside', ['INVOKE']);
  expect(internal.body).not.toHaveProperty('accountId');
});

test.each([
  ['no name', {}, '{}', 'Extension.InvalidExtensionName'],
  ['no JSON', { 'Lambda-Extension-Name': 'known' }, 'x', 'InvalidRequestFormat'],
  [
    'an unknown event',
    { 'Lambda-Extension-Name': 'known' },
    '{"events":["START"]}',
    'Extension.InvalidEventType',
  ],
  [
    'SHUTDOWN for an internal extension',
    { 'Lambda-Extension-Name': 'inside' },
    '{"events":["SHUTDOWN"]}',
    'Extension.InvalidEventType',
  ],
])('register with %s is refused with 403', async (_, headers, body, errorType) => {
  const answer = await call('POST', REGISTER, headers, body);
  expect(answer).toMatchObject({ status: 403, body: { errorType } });
});

test('a second registration, a closed one and the eleventh are refused', async () => {
  await register('known', ['INVOKE']);
  expect((await register('known', [])).body).toMatchObject({
    errorType: 'Extension.InvalidExtensionState',
  });
  for (let count = 1; count < 10; count += 1) await register(`inside-${count}`, []);
  expect((await register('inside-10', [])).body).toMatchObject({
    errorType: 'Extension.TooManyExtensions',
  });
  state.registrationOpen = false;
  expect((await register('late', [])).body).toMatchObject({
    errorType: 'Extension.RegistrationClosed',
  });
});

test.each([
  ['missing', {}, 'Extension.MissingExtensionIdentifier'],
  ['no UUID', { 'Lambda-Extension-Identifier': 'abc' }, 'Extension.InvalidExtensionIdentifier'],
  [
    'unknown',
    { 'Lambda-Extension-Identifier': '00000000-0000-4000-8000-000000000000' },
    'Extension.UnknownExtensionIdentifier',
  ],
])('an identifier that is %s is refused everywhere', async (_, headers, errorType) => {
  const given = headers as unknown as Record<string, string>;
  for (const [method, path] of [
    ['GET', NEXT],
    ['PUT', TELEMETRY],
    ['POST', '/2020-01-01/extension/init/error'],
    ['POST', '/2020-01-01/extension/exit/error'],
  ] as const) {
    expect(await call(method, path, given)).toMatchObject({ status: 403, body: { errorType } });
  }
});

test('init/error and exit/error need their header, answer 202 and are fatal', async () => {
  const id = await identified();
  const path = '/2020-01-01/extension/exit/error';
  expect((await call('POST', path, id)).body).toMatchObject({
    errorType: 'Extension.MissingHeader',
  });
  const headers = { ...id, 'Lambda-Extension-Function-Error-Type': 'Extension.Broken' };
  expect(await call('POST', path, headers)).toMatchObject({ status: 202, body: { status: 'OK' } });
  expect(fatal).toEqual(['Extension.ExitError']);
  expect((await call('POST', path, headers)).status).toBe(403);
});

test('a poll whose connection broke is the only one until an event has gone to it', async () => {
  const id = await identified();
  const lost = request(`http://${server.address}${NEXT}`, { headers: id });
  lost.on('error', () => undefined).end();
  const [extension] = state.extensions;
  const until = async (isTrue: () => boolean): Promise<void> => {
    while (!isTrue()) await new Promise(setImmediate);
  };
  await until(() => extension?.poll !== undefined);
  lost.destroy();
  await until(() => extension?.poll === undefined);
  expect(await call('GET', NEXT, id)).toMatchObject({
    status: 403,
    body: { errorType: 'Extension.InvalidExtensionState' },
  });
  if (extension === undefined) throw new Error('expected an extension, got none');
  sendNextEvent(extension, { eventType: 'INVOKE', requestId: 'lost' });
  const second = call('GET', NEXT, id);
  await until(() => extension.poll !== undefined);
  sendNextEvent(extension, { eventType: 'INVOKE', requestId: 'second' });
  expect((await second).body).toMatchObject({ requestId: 'second' });
});

const SUBSCRIPTION = {
  schemaVersion: '2022-12-13',
  types: ['platform'],
  destination: { protocol: 'HTTP', URI: 'http://sandbox.localdomain:4243/x' },
};

test.each<[string, Record<string, unknown>, number, string]>([
  ['an unknown schema', { schemaVersion: '2030-01-01' }, 400, 'Telemetry.DeserializationError'],
  ['no types', { types: [] }, 400, 'Telemetry.ValidationError'],
  ['repeated types', { types: ['platform', 'platform'] }, 400, 'Telemetry.ValidationError'],
  ['a single event as type', { types: ['platform.start'] }, 400, 'Telemetry.DeserializationError'],
  ['no destination', { destination: undefined }, 400, 'Telemetry.DeserializationError'],
  ['maxItems 999', { buffering: { maxItems: 999 } }, 400, 'Telemetry.ValidationError'],
  ['maxBytes over 1 MiB', { buffering: { maxBytes: 1_048_577 } }, 400, 'Telemetry.ValidationError'],
  ['timeoutMs 24', { buffering: { timeoutMs: 24 } }, 400, 'Telemetry.ValidationError'],
  [
    'no port',
    { destination: { protocol: 'HTTP', URI: 'http://sandbox.localdomain/x' } },
    400,
    'Telemetry.ValidationError',
  ],
  [
    'another host',
    { destination: { protocol: 'HTTP', URI: 'http://localhost:4243' } },
    403,
    'Telemetry.AccessDenied',
  ],
  [
    'https',
    { destination: { protocol: 'HTTP', URI: 'https://sandbox.localdomain:4243' } },
    403,
    'Telemetry.AccessDenied',
  ],
  ['TCP without port', { destination: { protocol: 'TCP' } }, 400, 'Telemetry.DeserializationError'],
])('a subscription with %s is refused', async (_, change, status, errorType) => {
  const body = JSON.stringify({ ...SUBSCRIPTION, ...change });
  expect(await call('PUT', TELEMETRY, await identified(), body)).toMatchObject({
    status,
    body: { errorType },
  });
});

test('a subscription is possible until the first poll, and twice the same', async () => {
  const id = await identified();
  const body = JSON.stringify(SUBSCRIPTION);
  expect(await call('PUT', TELEMETRY, id, body)).toMatchObject({ status: 200, body: 'OK' });
  expect((await call('PUT', TELEMETRY, id, body)).body).toBe('AlreadySubscribed');
  const poll = call('GET', NEXT, id).catch(() => undefined);
  while (state.extensions[0]?.poll === undefined) await new Promise(setImmediate);
  expect(await call('PUT', TELEMETRY, id, body)).toMatchObject({
    status: 403,
    body: { errorType: 'Telemetry.SubscriptionClosed' },
  });
  expect((await call('GET', NEXT, id)).body).toMatchObject({
    errorType: 'Extension.InvalidExtensionState',
  });
  state.extensions[0].poll.destroy();
  await poll;
});

test('an answer for a request that does not run is refused with 400', async () => {
  const path = '/2018-06-01/runtime/invocation/unknown/response';
  expect(await call('POST', path, {}, '{}')).toMatchObject({
    status: 400,
    body: { errorType: 'InvalidRequestID' },
  });
});
