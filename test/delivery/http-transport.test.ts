// The HTTP transport against real sockets: framing, limits, time, stale connections.
import { createServer as createTcpServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { Cancellation } from '../../src/delivery/transport/transport';
import { createConnectionPool } from '../../src/delivery/transport/connection-pool';
import { createHttpTransport } from '../../src/delivery/transport/http-transport';
import { createReconnectingTransport } from '../../src/delivery/transport/transport-factory';
import type { Transport, SendResult } from '../../src/delivery/transport/transport';
import { Secrets } from '../../src/secrets';
import { silentDiagnostics } from '../extension/recorded-diagnostics';
import { eventually } from './delivery-fixture';
import type { ScriptedEndpoint } from './scripted-endpoint';
import { accept, answer, hang, startEndpoint } from './scripted-endpoint';

const body = Buffer.from('a request body');
const closers: (() => unknown)[] = [];
const clock = { aheadMs: 0, now: () => Date.now() + clock.aheadMs };
let endpoint: ScriptedEndpoint;

function noop(): void {
  return undefined;
}

beforeEach(async () => {
  clock.aheadMs = 0;
  endpoint = await startEndpoint();
  closers.push(() => endpoint.close());
});

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

function connectTo(
  url: string,
  headers: Record<string, string> = {},
  secrets = new Secrets(),
): Transport {
  const pool = createConnectionPool({ clock, diagnostics: silentDiagnostics });
  closers.push(() => pool.close());
  return createHttpTransport({
    configuration: { url },
    headers: () => Promise.resolve(headers),
    connect: () => pool.connectionsOf({ url, tls: {} }),
    clock,
    secrets,
  });
}

/** A server of raw bytes; answers each connection's first data with `reply`. */
async function startRawServer(reply: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', noop);
    socket.once('data', () => reply(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`;
}

function outcomeOf(response: SendResult): number | string {
  return response.status === 'success' ? 'success' : response.failure.outcome;
}

it('a request is a POST with Content-Length, never chunked', async () => {
  const url = `${endpoint.url}/v1/traces?tenant=a%20b`;
  await connectTo(url, { 'api-key': 'k' }).send(body, 1_000);
  const [request] = endpoint.requests;
  expect(request?.method).toBe('POST');
  expect(request?.path).toBe('/v1/traces?tenant=a%20b');
  expect(request?.headers).toMatchObject({ 'content-length': '14', 'api-key': 'k' });
  expect(request?.headers['transfer-encoding']).toBeUndefined();
  expect(request?.headers.host).toBe(`127.0.0.1:${endpoint.port}`);
  expect(request?.body).toEqual(body);
});

it('a request reuses its connection', async () => {
  const transport = connectTo(endpoint.url);
  for (let request = 0; request < 5; request += 1) await transport.send(body, 1_000);
  expect(endpoint.connections).toBe(1);
});

it('a request takes a new connection after the old one idled through a freeze', async () => {
  const transport = connectTo(endpoint.url);
  await transport.send(body, 1_000);
  clock.aheadMs += 3_500;
  await transport.send(body, 1_000);
  expect(endpoint.connections).toBe(2);
  await eventually(() => endpoint.sockets.size === 1);
});

it('a request is retryable when its headers cannot be made', async () => {
  const transport = createHttpTransport({
    configuration: { url: endpoint.url },
    headers: () => Promise.reject(new Error('secret not known yet')),
    connect: () => Promise.reject(new Error('must not be asked')),
    clock,
    secrets: new Secrets(),
  });
  const response = await transport.send(body, 1_000);
  expect(response).toMatchObject({
    status: 'retryable',
    failure: { outcome: 'headers_unavailable', bodyWritten: false },
  });
});

it('the time of a request is bounded for a server that accepts and never answers', async () => {
  endpoint.behaviour = hang;
  const response = await connectTo(endpoint.url).send(body, 40);
  expect(response).toMatchObject({
    status: 'retryable',
    failure: { outcome: 'timeout', bodyWritten: true },
  });
  await eventually(() => endpoint.sockets.size === 0);
});

it('the time of a request is bounded for headers that arrive slowly', async () => {
  const url = await startRawServer((socket) => {
    const timer = setInterval(() => socket.write('H'), 5);
    socket.on('close', () => clearInterval(timer));
  });
  const response = await connectTo(url).send(body, 60);
  expect(response.status).not.toBe('success');
});

it('the time of a request ends at once when the request is cancelled', async () => {
  endpoint.behaviour = hang;
  const cancellation = new Cancellation();
  const response = connectTo(endpoint.url).send(body, 60_000, cancellation);
  await eventually(() => endpoint.requests.length === 1);
  cancellation.cancel();
  expect(outcomeOf(await response)).toBe('timeout');
});

it('a request whose time was over before it began sends nothing', async () => {
  const transport = connectTo(endpoint.url);
  await transport.send(body, 1_000);
  const cancellation = new Cancellation();
  cancellation.cancel();
  const response = await transport.send(body, 1_000, cancellation);
  expect(response).toMatchObject({
    status: 'retryable',
    failure: { outcome: 'timeout', bodyWritten: false },
  });
  await transport.send(body, 1_000);
  expect(endpoint.requests).toHaveLength(2);
});

it('time that passed while frozen does not lose an answer that had arrived', async () => {
  endpoint.behaviour = hang;
  const response = connectTo(endpoint.url).send(body, 50);
  await eventually(() => endpoint.requests.length === 1);
  const [socket] = endpoint.sockets;
  socket?.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
  const until = Date.now() + 80;
  while (Date.now() < until);
  expect(outcomeOf(await response)).toBe('success');
});

it('an answer whose body arrives slowly is judged by its status', async () => {
  const url = await startRawServer((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n');
    const timer = setInterval(() => socket.write('x'), 20);
    socket.on('close', () => clearInterval(timer));
  });
  expect((await connectTo(url).send(body, 10_000)).status).toBe('success');
});

it('an answer that is endless is cut off, and its connection with it', async () => {
  const url = await startRawServer((socket) => {
    socket.write('HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n');
    const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
    const flood = (): void => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on('drain', flood);
    flood();
  });
  const response = await connectTo(url).send(body, 10_000);
  expect(outcomeOf(response)).toBe(503);
});

it('the quotation of an answer contains no part of a secret, wherever it ends', async () => {
  const secret = 'c2VjcmV0/dG9rZW4+b2Y=';
  const secrets = new Secrets();
  secrets.add(secret);
  const transport = connectTo(endpoint.url, {}, secrets);
  for (let before = 170; before <= 210; before += 1) {
    const text = `${'.'.repeat(before)}${JSON.stringify(secret).replace('/', '\\/')}`;
    endpoint.behaviour = (_, response) => void response.writeHead(401).end(text);
    const response = await transport.send(body, 1_000);
    const { message = '' } = 'failure' in response ? response.failure : {};
    expect(message).toMatch(/^HTTP 401: \.+"?\*{0,3}"?$/);
  }
});

it('an answer that is a redirect is final and not followed', async () => {
  endpoint.behaviour = answer(307, { location: `${endpoint.url}/elsewhere?token=x` });
  const response = await connectTo(endpoint.url).send(body, 1_000);
  expect(response.status).toBe('failure');
  expect(outcomeOf(response)).toBe(307);
  expect(endpoint.requests).toHaveLength(1);
  expect(response.status === 'failure' && response.failure.message).toContain(
    "redirect to 'http://",
  );
  expect(response.status === 'failure' && response.failure.message).not.toMatch(/elsewhere|token/);
});

it('an answer that is not HTTP is final', async () => {
  const url = await startRawServer((socket) => void socket.end('\0\0\x12\x04\0\0\0\0\0\0\x03'));
  const response = await connectTo(url).send(body, 1_000);
  expect(response.status).toBe('failure');
  expect(outcomeOf(response)).toMatch(/^not_http$/);
});

it('an answer that breaks off before its status leaves the fate unknown', async () => {
  const url = await startRawServer((socket) => void socket.end('HTTP/1.1 20'));
  const response = await connectTo(url).send(body, 1_000);
  expect(response).toMatchObject({
    status: 'retryable',
    failure: { bodyWritten: true },
  });
});

it('a connection that cannot be made leaves the body unwritten', async () => {
  await endpoint.close();
  const response = await connectTo(endpoint.url).send(body, 1_000);
  expect(response).toMatchObject({
    status: 'retryable',
    failure: { outcome: 'ECONNREFUSED', bodyWritten: false },
  });
});

it('a connection that cannot be made for want of a name leaves the body unwritten', async () => {
  const response = await connectTo('http://no-such-host.invalid/').send(body, 5_000);
  expect(response).toMatchObject({
    status: 'retryable',
    failure: { bodyWritten: false },
  });
});

/** Serves `served` requests on a connection, then resets it when the next one arrives. */
function closeAfter(served: number): void {
  const counts = new WeakMap<Socket, number>();
  endpoint.behaviour = (request, response) => {
    const socket = response.socket;
    if (socket === null) return;
    const count = (counts.get(socket) ?? 0) + 1;
    counts.set(socket, count);
    if (count > served) socket.resetAndDestroy();
    else accept(request, response);
  };
}

function reconnecting(url: string, resendable: boolean): Transport {
  const renewSecrets = () => Promise.resolve(false);
  return createReconnectingTransport(connectTo(url), { resendable, renewSecrets });
}

it.each([true, false])(
  'a kept connection that the server ended with 408 is replaced at once; resendable: %s',
  async (resendable) => {
    const counts = new WeakMap<object, number>();
    endpoint.behaviour = (request, response) => {
      const { socket } = response;
      const count = (counts.get(socket ?? response) ?? 0) + 1;
      counts.set(socket ?? response, count);
      if (count === 1) accept(request, response);
      else response.writeHead(408, { connection: 'close' }).end();
    };
    const transport = reconnecting(endpoint.url, resendable);
    await transport.send(body, 1_000);
    expect((await transport.send(body, 1_000)).status).toBe('success');
    expect(endpoint.connections).toBe(2);
  },
);

it('a kept connection that the server closed meanwhile is replaced at once when its end crosses the request on the wire', async () => {
  const counts = new WeakMap<object, number>();
  endpoint.behaviour = (request, response) => {
    const { socket } = response;
    const count = (counts.get(socket ?? response) ?? 0) + 1;
    counts.set(socket ?? response, count);
    if (count === 1) accept(request, response);
    else socket?.end();
  };
  const transport = reconnecting(endpoint.url, true);
  await transport.send(body, 1_000);
  expect((await transport.send(body, 1_000)).status).toBe('success');
  expect(endpoint.connections).toBe(2);
});

it('a kept connection that the server closed meanwhile is replaced at once, without the caller noticing', async () => {
  closeAfter(1);
  const transport = reconnecting(endpoint.url, true);
  expect((await transport.send(body, 1_000)).status).toBe('success');
  expect((await transport.send(body, 1_000)).status).toBe('success');
  expect(endpoint.connections).toBe(2);
});

it('a kept connection that the server closed meanwhile does not get metrics twice: the server may have counted them', async () => {
  closeAfter(1);
  const transport = reconnecting(endpoint.url, false);
  await transport.send(body, 1_000);
  const response = await transport.send(body, 1_000);
  expect(response).toMatchObject({
    status: 'retryable',
    failure: { bodyWritten: true },
  });
  expect(endpoint.connections).toBe(1);
});

it('a kept connection that the server closed meanwhile is not retried if a fresh connection is reset as well', async () => {
  closeAfter(0);
  const transport = reconnecting(endpoint.url, true);
  expect((await transport.send(body, 1_000)).status).toBe('retryable');
  expect(endpoint.requests).toHaveLength(1);
});
