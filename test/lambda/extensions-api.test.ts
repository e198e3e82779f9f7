import {
  nextEvent,
  readRegistration,
  register,
  reportError,
} from '../../src/lambda/extensions-api';
import { createApiClient } from '../../src/lambda/http-client';
import type { ApiClient } from '../../src/lambda/http-client';
import { answerJson, startScriptedServer } from './scripted-server';
import type { Responder, ScriptedServer } from './scripted-server';

const cleanups: (() => unknown)[] = [];

async function connect(respond: Responder): Promise<{ api: ScriptedServer; client: ApiClient }> {
  const api = await startScriptedServer(respond);
  const client = createApiClient(api.address);
  cleanups.push(
    () => client.close(),
    () => api.close(),
  );
  return { api, client };
}

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

const REQUEST = { name: 'lambda-otlp', events: ['INVOKE', 'SHUTDOWN'] } as const;

it('register answers with the identifier and what the body says', async () => {
  const { api, client } = await connect((_, response) => {
    response.setHeader('Lambda-Extension-Identifier', 'id');
    answerJson(response, 200, {
      functionName: 'fn',
      accountId: '1',
      functionVersion: 5,
      other: {},
    });
  });
  expect(await register(client, REQUEST)).toEqual({
    kind: 'registered',
    registration: { extensionId: 'id', functionName: 'fn', accountId: '1' },
  });
  expect(api.received[0]).toMatchObject({
    path: '/2020-01-01/extension/register',
    headers: {
      'lambda-extension-name': 'lambda-otlp',
      'lambda-extension-accept-feature': 'accountId',
    },
  });
});

it.each<{ title: string; respond: Responder; expected: object }>([
  {
    title: '403 with an error type',
    respond: (_, response) =>
      answerJson(response, 403, {
        errorType: 'Extension.InvalidEventType',
        errorMessage: 'INVOKE',
      }),
    expected: { kind: 'refused', errorType: 'Extension.InvalidEventType' },
  },
  {
    title: '403 with a body that is no JSON',
    respond: (_, response) => response.writeHead(403).end('{"errorMessage": "un"quoted"}'),
    expected: {
      kind: 'refused',
      message: 'expected status 200, got 403 {"errorMessage": "un"quoted"}',
    },
  },
  {
    title: '500',
    respond: (_, response) => response.writeHead(500).end(),
    expected: { kind: 'failed' },
  },
  {
    title: '200 without an identifier',
    respond: (_, response) => answerJson(response, 200, {}),
    expected: { kind: 'refused' },
  },
])('register reads $title', async ({ respond, expected }) => {
  const { client } = await connect(respond);
  expect(await register(client, REQUEST)).toMatchObject(expected);
});

it.each(['', 'null', '[]', '{"accountId":null}', '{'])(
  'readRegistration reads a registration out of %p',
  (body) => {
    expect(readRegistration('id', body)).toEqual({ extensionId: 'id' });
  },
);

it.each([
  {
    title: 'INVOKE with everything',
    body: {
      eventType: 'INVOKE',
      requestId: 'r',
      deadlineMs: 5,
      invokedFunctionArn: 'arn',
      tracing: { type: 'X-Amzn-Trace-Id', value: 'Root=1' },
      unknown: 1,
    },
    event: {
      eventType: 'INVOKE',
      requestId: 'r',
      deadlineMs: 5,
      invokedFunctionArn: 'arn',
      tracingValue: 'Root=1',
    },
  },
  {
    title: 'INVOKE with members of other forms',
    body: {
      eventType: 'INVOKE',
      requestId: 7,
      deadlineMs: '9',
      tracing: null,
      invokedFunctionArn: [],
    },
    event: { eventType: 'INVOKE', requestId: '', deadlineMs: 9 },
  },
  {
    title: 'SHUTDOWN without reason and deadline',
    body: { eventType: 'SHUTDOWN' },
    event: { eventType: 'SHUTDOWN', shutdownReason: 'unknown', deadlineMs: Number.NaN },
  },
  {
    title: 'SHUTDOWN with a reason of its own',
    body: { eventType: 'SHUTDOWN', shutdownReason: 'SandboxTerminated', deadlineMs: null },
    event: { eventType: 'SHUTDOWN', shutdownReason: 'SandboxTerminated', deadlineMs: Number.NaN },
  },
])('event/next reads $title', async ({ body, event }) => {
  const { api, client } = await connect((_, response) =>
    response.writeHead(200, { 'Content-Type': 'text/plain' }).end(JSON.stringify(body)),
  );
  expect(await nextEvent(client, 'id')).toEqual({ kind: 'event', event });
  expect(api.received[0]?.headers['lambda-extension-identifier']).toBe('id');
});

it.each([
  { status: 200, body: '{"eventType":"RESTORE"}' },
  { status: 200, body: 'nonsense' },
  { status: 403, body: '{"errorType":"UnknownExtensionIdentifier"}' },
  { status: 500, body: '' },
])('event/next fails as a value for $status $body', async ({ status, body }) => {
  const { client } = await connect((_, response) => response.writeHead(status).end(body));
  expect(await nextEvent(client, 'id')).toMatchObject({ kind: 'failed' });
});

it.each(['init', 'exit'] as const)('reports an error of %s', async (phase) => {
  const { api, client } = await connect((_, response) =>
    answerJson(response, 202, { status: 'OK' }),
  );
  await reportError(client, 'id', { phase, errorType: 'Extension.X', errorMessage: 'why' });
  expect(api.received[0]).toMatchObject({
    method: 'POST',
    path: `/2020-01-01/extension/${phase}/error`,
    headers: {
      'lambda-extension-identifier': 'id',
      'lambda-extension-function-error-type': 'Extension.X',
    },
  });
});
