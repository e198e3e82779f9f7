import { createApiClient } from '../../src/lambda/http-client';
import { subscribe } from '../../src/lambda/telemetry-api';
import type { SubscribeOutcome } from '../../src/lambda/telemetry-api';
import { startScriptedServer } from './scripted-server';
import type { Received, Responder } from './scripted-server';

const REQUEST = {
  extensionId: 'id',
  types: ['platform', 'function'],
  buffering: { maxItems: 10_000, maxBytes: 262_144, timeoutMs: 25 },
  port: 4243,
} as const;

async function ask(
  respond: Responder,
): Promise<{ outcome: SubscribeOutcome; received: readonly Received[] }> {
  const api = await startScriptedServer(respond);
  const client = createApiClient(api.address);
  try {
    return { outcome: await subscribe(client, REQUEST), received: api.received };
  } finally {
    client.close();
    await api.close();
  }
}

function versionsOf(received: readonly Received[]): unknown[] {
  return received.map(({ body }) => (JSON.parse(body) as { schemaVersion: string }).schemaVersion);
}

it.each(['"OK"', '"AlreadySubscribed"', ''])('treats 200 %p as a subscription', async (body) => {
  const { outcome, received } = await ask((_, response) => response.writeHead(200).end(body));
  expect(outcome).toEqual({ kind: 'subscribed', schemaVersion: '2025-01-29' });
  expect(received).toHaveLength(1);
  expect(received[0]).toMatchObject({
    method: 'PUT',
    path: '/2022-07-01/telemetry',
    headers: { 'lambda-extension-identifier': 'id' },
  });
  expect(JSON.parse(received[0]?.body ?? '')).toEqual({
    schemaVersion: '2025-01-29',
    types: ['platform', 'function'],
    buffering: { maxItems: 10_000, maxBytes: 262_144, timeoutMs: 25 },
    destination: {
      protocol: 'HTTP',
      URI: 'http://sandbox.localdomain:4243/telemetry',
      method: 'POST',
      encoding: 'JSON',
    },
  });
});

it.each([
  { known: '2022-12-13', tried: ['2025-01-29', '2022-12-13'] },
  { known: '2022-07-01', tried: ['2025-01-29', '2022-12-13', '2022-07-01'] },
])('the subscription goes down to schema version $known', async ({ known, tried }) => {
  const { outcome, received } = await ask(({ body }, response) => {
    if (body.includes(known)) response.end('"OK"');
    else response.writeHead(400).end('{"errorMessage":"schemaVersion must be "one of""');
  });
  expect(outcome).toEqual({ kind: 'subscribed', schemaVersion: known });
  expect(versionsOf(received)).toEqual(tried);
});

it('reports the refusal of the last version', async () => {
  const { outcome, received } = await ask((_, response) =>
    response.writeHead(400).end('{"errorType":"V","errorMessage":"unknown schemaVersion"}'),
  );
  expect(outcome).toEqual({
    kind: 'failed',
    message: 'expected status 200, got 400 V unknown schemaVersion',
  });
  expect(received).toHaveLength(3);
});

it('treats 202 as an emulator without the Telemetry API', async () => {
  const { outcome } = await ask((_, response) =>
    response.writeHead(202).end('{"errorMessage":"Telemetry API is not supported"}'),
  );
  expect(outcome).toEqual({ kind: 'unsupported', message: 'Telemetry API is not supported' });
});

it.each<{ title: string; respond: Responder }>([
  {
    title: '400 about something else',
    respond: (_, r) => r.writeHead(400).end('types should not be empty'),
  },
  {
    title: '403',
    respond: (_, r) => r.writeHead(403).end('{"errorType":"Telemetry.SubscriptionClosed"}'),
  },
  { title: '500', respond: (_, r) => r.writeHead(500).end('version') },
  { title: 'a reset', respond: ({ socket }) => socket.resetAndDestroy() },
])('the subscription is not asked for twice after $title', async ({ respond }) => {
  const { outcome, received } = await ask(respond);
  expect(outcome.kind).toBe('failed');
  expect(received).toHaveLength(1);
});
