// Kept connections against real sockets: which one carries a request, and when none may.
import { createServer, connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { Connections } from '../../src/http/connections';
import { formatHead } from '../../src/http/message-head';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const cleanups: (() => void)[] = [];

afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

async function listen(onRequest: (socket: Socket, count: number) => void) {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    let count = 0;
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', () => onRequest(socket, (count += 1)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const clock = { nowMs: 1_000_000 };
  const connections = new Connections({
    open: () => connect({ host: '127.0.0.1', port }),
    now: () => clock.nowMs,
  });
  cleanups.push(() => {
    connections.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { connections, sockets, clock };
}

const head = formatHead({ method: 'GET', target: '/', fields: { Host: 'test' } });

function get(connections: Connections): Promise<string> {
  let body = '';
  return new Promise((resolve) => {
    const exchange = connections.start(
      { head },
      {
        onHead: () => undefined,
        onData: (bytes) => void (body += bytes.toString()),
        onEnd: () => resolve(`${body}${exchange.reused ? ' reused' : ''}`),
        onError: ({ code, message }) => resolve(code ?? message),
      },
    );
  });
}

it('carries one request after the other', async () => {
  const { connections, sockets } = await listen((socket) => socket.write(OK));
  expect([await get(connections), await get(connections)]).toEqual(['ok', 'ok reused']);
  expect(sockets).toHaveLength(1);
});

it('opens a connection for each request under way', async () => {
  const { connections, sockets } = await listen((socket) => setImmediate(() => socket.write(OK)));
  expect(await Promise.all([get(connections), get(connections)])).toEqual(['ok', 'ok']);
  expect(sockets).toHaveLength(2);
});

it.each([
  ['says that it closes', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'],
  ['says more than was asked', `${OK}${OK}`],
])('is not used again when the server %s', async (_what, answer) => {
  const { connections, sockets } = await listen((socket) => socket.write(answer));
  expect([await get(connections), await get(connections)]).toEqual(['ok', 'ok']);
  expect(sockets).toHaveLength(2);
});

it('is discarded if it has been idle for too long, or since a time in the future', async () => {
  const { connections, sockets, clock } = await listen((socket) => socket.write(OK));
  await get(connections);
  clock.nowMs += 3000;
  connections.discardIdle(3000);
  expect(await get(connections)).toBe('ok reused');
  clock.nowMs += 3001;
  connections.discardIdle(3000);
  expect(await get(connections)).toBe('ok');
  clock.nowMs -= 1;
  connections.discardIdle(3000);
  expect(await get(connections)).toBe('ok');
  expect(sockets).toHaveLength(3);
});

it.each([
  ['is reset', (socket: Socket) => void socket.resetAndDestroy(), 'ECONNRESET'],
  ['ends before the answer', (socket: Socket) => void socket.end(), 'ECONNRESET'],
  ['ends in the answer', (socket: Socket) => void socket.end(OK.slice(0, -1)), 'ECONNRESET'],
  ['speaks no HTTP', (socket: Socket) => void socket.write('220 ESMTP\r\n'), 'not_http'],
])('fails its request when it %s', async (_what, onRequest, code) => {
  const { connections } = await listen(onRequest);
  expect(await get(connections)).toBe(code);
});

it('fails the requests under way when it is closed, and those after it', async () => {
  const { connections } = await listen(() => connections.close());
  expect(await get(connections)).toBe('ECONNRESET');
});

it('fails a request, before writing it, on a kept connection whose server speaks first', async () => {
  const { connections, sockets } = await listen((socket) => socket.write(OK));
  await get(connections);
  const outcome = new Promise<string>((resolve) => {
    const exchange = connections.start(
      {
        head,
        beforeWrite: () =>
          new Promise((written) => {
            sockets[0]?.end('HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n');
            setTimeout(written, 5000).unref();
          }),
      },
      {
        onHead: (status) => resolve(`status ${status}`),
        onEnd: () => undefined,
        onError: ({ code }) => resolve(`${code ?? ''} ${String(exchange.written)}`),
      },
    );
  });
  expect(await outcome).toBe('ECONNRESET false');
});

it('reports what fails in the turn of the connection', async () => {
  const outcome = new Promise<string>((resolve) => {
    setImmediate(() => {
      const connections = new Connections({
        open: () => connect({ host: '255.255.255.255', port: 9 }),
        now: Date.now,
      });
      void get(connections).then(resolve);
    });
  });
  expect(await outcome).toMatch(/^E(NETUNREACH|ACCES|ADDRNOTAVAIL|HOSTUNREACH|CONNREFUSED|INVAL)$/);
});

it('reports an address that cannot be reached', async () => {
  const connections = new Connections({
    open: () => Promise.reject(Object.assign(new Error('no proxy'), { code: 'proxy_error' })),
    now: Date.now,
  });
  expect(await get(connections)).toBe('proxy_error');
});

describe('a request head', () => {
  it('has its fields in their order', () => {
    expect(
      formatHead({ method: 'POST', target: '/a?b', fields: { host: 'c:1', 'content-length': 3 } }),
    ).toBe('POST /a?b HTTP/1.1\r\nhost: c:1\r\ncontent-length: 3\r\n\r\n');
  });

  it.each([
    ['a line break in a value', '/', { a: 'b\r\nc: d' }],
    ['a character beyond ISO-8859-1', '/', { a: '€' }],
    ['a space in a name', '/', { 'a b': 'c' }],
    ['no name', '/', { '': 'c' }],
    ['a space in the target', '/a b', {}],
    ['no target', '', {}],
  ])('with %s is refused, without the value in the message', (_what, target, fields) => {
    const format = () => formatHead({ method: 'GET', target, fields });
    expect(format).toThrow('that HTTP forbids');
    expect(format).not.toThrow(/c: d|€/);
  });
});
