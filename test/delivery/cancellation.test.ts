// Requests that are ended from outside: before, between and after their attempts.
import { once } from 'node:events';
import { connect as connectSocket } from 'node:net';
import type { Socket } from 'node:net';
import { Cancellation } from '../../src/delivery/transport/transport';
import { createConnectionPool } from '../../src/delivery/transport/connection-pool';
import type { HttpTransportOptions } from '../../src/delivery/transport/http-transport';
import { createHttpTransport } from '../../src/delivery/transport/http-transport';
import { createReconnectingTransport } from '../../src/delivery/transport/transport-factory';
import type { Transport, SendResult } from '../../src/delivery/transport/transport';
import { Connections } from '../../src/http/connections';
import { Secrets } from '../../src/secrets';
import { silentDiagnostics } from '../extension/recorded-diagnostics';
import { eventually } from './delivery-fixture';
import type { ScriptedEndpoint } from './scripted-endpoint';
import { accept, hang, startEndpoint } from './scripted-endpoint';

const body = Buffer.from('a request body');
const noop = (): undefined => undefined;
/** Stands still: no connection is ever too old. */
const clock = { now: () => 1_700_000_000_000 };
const unsentAndRetryable = {
  status: 'retryable',
  failure: { outcome: 'timeout', bodyWritten: false },
};
const closers: (() => unknown)[] = [];
const renewSecrets = () => Promise.resolve(false);
let endpoint: ScriptedEndpoint;

beforeEach(async () => {
  endpoint = await startEndpoint();
  closers.push(() => endpoint.close());
});

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

function open(options: Partial<HttpTransportOptions> = {}): Transport {
  const pool = createConnectionPool({ clock, diagnostics: silentDiagnostics });
  closers.push(() => pool.close());
  const target = { url: endpoint.url, tls: {} };
  return createHttpTransport({
    configuration: target,
    headers: () => ({}),
    connect: () => pool.connectionsOf(target),
    clock,
    secrets: new Secrets(),
    ...options,
  });
}

it('a cancellation calls back once, however often it is cancelled', () => {
  const cancellation = new Cancellation();
  let calls = 0;
  cancellation.onCancel = () => void (calls += 1);
  expect(cancellation.isCancelled).toBe(false);
  cancellation.cancel();
  cancellation.cancel();
  expect(cancellation.isCancelled).toBe(true);
  expect(calls).toBe(1);
});

it('a cancellation is known within its own call', () => {
  const cancellation = new Cancellation();
  const seen: boolean[] = [];
  cancellation.onCancel = () => {
    seen.push(cancellation.isCancelled);
    cancellation.cancel();
  };
  cancellation.cancel();
  expect(seen).toEqual([true]);
});

it('a cancellation of nothing is remembered, and does not call who comes later', () => {
  const cancellation = new Cancellation();
  cancellation.cancel();
  let calls = 0;
  cancellation.onCancel = () => void (calls += 1);
  cancellation.cancel();
  expect(cancellation.isCancelled).toBe(true);
  expect(calls).toBe(0);
});

const moments = ['before all', 'while its headers are made', 'while its way is found'] as const;
it.each(moments)('a request cancelled %s opens no connection', async (moment) => {
  const cancellation = new Cancellation();
  const pool = createConnectionPool({ clock, diagnostics: silentDiagnostics });
  closers.push(() => pool.close());
  let current: (typeof moments)[number] | 'afterwards' = moment;
  const cancelIn = (here: typeof current): void => {
    if (here === current) cancellation.cancel();
  };
  const transport = open({
    headers: () => {
      cancelIn('while its headers are made');
      return Promise.resolve({});
    },
    connect: () => {
      cancelIn('while its way is found');
      return pool.connectionsOf({ url: endpoint.url, tls: {} });
    },
  });
  cancelIn('before all');
  expect(await transport.send(body, 5_000, cancellation)).toMatchObject(unsentAndRetryable);
  current = 'afterwards';
  await transport.send(body, 5_000);
  expect(endpoint.requests).toHaveLength(1);
  expect(endpoint.connections).toBe(1);
});

it('a request cancelled before its connection is there lets go of it, unwritten', async () => {
  let arrive: (socket: Socket) => void = noop;
  const connections = new Connections({
    open: () => new Promise((resolve) => (arrive = resolve)),
    now: () => clock.now(),
  });
  const cancellation = new Cancellation();
  const response = open({ connect: () => connections }).send(body, 60_000, cancellation);
  cancellation.cancel();
  expect(await response).toMatchObject({
    ...unsentAndRetryable,
    failure: { message: 'no answer in the time that was left' },
  });
  const socket = connectSocket({ host: '127.0.0.1', port: endpoint.port });
  await once(socket, 'connect');
  arrive(socket);
  await once(socket, 'close');
  expect(endpoint.requests).toHaveLength(0);
});

it('a request cancelled while its kept connection is heard is not written', async () => {
  const transport = open({ once: true });
  await transport.send(body, 5_000);
  const cancellation = new Cancellation();
  const response = transport.send(body, 60_000, cancellation);
  // Hearing takes two turns of the event loop at least: this is the first of them.
  setImmediate(() => cancellation.cancel());
  expect(await response).toMatchObject(unsentAndRetryable);
  await transport.send(body, 5_000);
  expect(endpoint.requests).toHaveLength(2);
});

it('a request cancelled after its answer leaves the connection to the next one', async () => {
  const transport = open();
  const cancellation = new Cancellation();
  expect((await transport.send(body, 5_000, cancellation)).status).toBe('success');
  cancellation.cancel();
  expect((await transport.send(body, 5_000)).status).toBe('success');
  expect(endpoint.requests).toHaveLength(2);
  expect(endpoint.connections).toBe(1);
});

it('a request cancelled after its answer does not end the one that uses the connection now', async () => {
  const transport = open();
  const cancellation = new Cancellation();
  await transport.send(body, 5_000, cancellation);
  endpoint.behaviour = (request, response) => {
    cancellation.cancel();
    accept(request, response);
  };
  expect((await transport.send(body, 5_000)).status).toBe('success');
  expect(endpoint.connections).toBe(1);
});

const failure = {
  message: 'reset',
  outcome: 'ECONNRESET',
  bodyWritten: true,
  staleConnection: true,
};
const stale: SendResult = {
  status: 'retryable',
  failure,
};

it.each([
  ['when it is cancelled after the first one', 1, 1],
  ['when it is cancelled after the second one', 2, 2],
  ['when it is cancelled after the last one', 6, 6],
  ['when it is not cancelled', Infinity, 6],
])('reconnecting ends its attempts %s', async (_when, cancelledAfter, expected) => {
  const cancellation = new Cancellation();
  let attempts = 0;
  const transport = createReconnectingTransport(
    {
      send: () => {
        attempts += 1;
        if (attempts === cancelledAfter) cancellation.cancel();
        return Promise.resolve(stale);
      },
    },
    { resendable: true, renewSecrets },
  );
  expect(await transport.send(body, 5_000, cancellation)).toBe(stale);
  expect(attempts).toBe(expected);
});

it('reconnecting can be cancelled in its second attempt as in its first', async () => {
  const transport = createReconnectingTransport(open(), { resendable: true, renewSecrets });
  await transport.send(body, 5_000);
  endpoint.behaviour = (_, response) => {
    endpoint.behaviour = hang;
    response.socket?.resetAndDestroy();
  };
  const cancellation = new Cancellation();
  const response = transport.send(body, 60_000, cancellation);
  await eventually(() => endpoint.requests.length === 3);
  cancellation.cancel();
  expect(await response).toMatchObject({ failure: { outcome: 'timeout' } });
  expect(endpoint.requests).toHaveLength(3);
});
