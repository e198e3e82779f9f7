// https to a port that speaks no TLS, and http to one that does: the line says which one to try.
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { join } from 'node:path';
import { createFixture } from './delivery-fixture';
import { makeSpan } from './signal-items';

const read = (name: string): Buffer => readFileSync(join(__dirname, 'certificates', name));
const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

const onFirstBytes = (act: (socket: Socket) => unknown): Server =>
  createServer((socket) => socket.once('data', () => act(socket)));

/** What is said when a span is sent there. */
async function warnings(url: string): Promise<readonly string[]> {
  const fixture = createFixture({ url, signals: ['traces'], signal: { timeoutMs: 1_000 } });
  closers.push(() => fixture.delivery.close());
  fixture.delivery.addSpans([makeSpan(0)]);
  await fixture.flush();
  expect(fixture.observed.exported.traces).toBe(0);
  // The line is the same however often it is tried; diagnostics write it once.
  return [...new Set(fixture.warnings)];
}

it.each([
  ['answers in plain HTTP', () => createHttpServer()],
  ['begins to speak by itself', () => createServer((socket) => socket.write('220 hello\r\n'))],
  ['hangs up', () => onFirstBytes((socket) => socket.end())],
])('https to a port that %s names TLS and the http:// to try', async (_, create) => {
  const port = await listen(create());
  const [said = '', ...more] = await warnings(`https://localhost:${port}`);
  expect(more).toEqual([]);
  expect(said).toMatch(/TLS/);
  expect(said).toContain(`then http://localhost:${port}`);
  expect(said).not.toMatch(/EPROTO|ssl3_|openssl/);
});

const ALERT = Buffer.from([21, 3, 1, 0, 2, 2, 70]);

it.each([
  [
    'hangs up as Node.js does',
    () => createHttpsServer({ key: read('server.key.pem'), cert: read('server.pem') }),
  ],
  ['answers with an alert', () => onFirstBytes((socket) => socket.end(ALERT))],
  [
    'says so in plain HTTP, as nginx and Go do',
    () =>
      createHttpServer((_, response) => {
        response.writeHead(400).end('Client sent an HTTP request to an HTTPS server.');
      }),
  ],
])('http to a TLS port that %s names the https:// to try', async (_, create) => {
  const port = await listen(create());
  const [said = '', ...more] = await warnings(`http://localhost:${port}`);
  expect(more).toEqual([]);
  expect(said).toContain(`then https://localhost:${port}`);
});

it('a TLS server that refuses us is not taken for one without TLS', async () => {
  const options = {
    key: read('server.key.pem'),
    cert: read('server.pem'),
    maxVersion: 'TLSv1' as const,
    minVersion: 'TLSv1' as const,
    ciphers: 'DEFAULT@SECLEVEL=0',
  };
  const port = await listen(createHttpsServer(options));
  const [said = ''] = await warnings(`https://localhost:${port}`);
  expect(said).toContain('TLS failed: ');
  expect(said).not.toContain('http://');
});

it('a plain server that closes a connection after it has answered before is not taken for TLS', async () => {
  let answers = 0;
  const port = await listen(
    createHttpServer((request, response) => {
      answers += 1;
      if (answers === 1) response.end();
      else request.socket.destroy();
    }),
  );
  const fixture = createFixture({ url: `http://localhost:${port}`, signals: ['traces'] });
  closers.push(() => fixture.delivery.close());
  for (const index of [0, 1]) {
    fixture.delivery.addSpans([makeSpan(index)]);
    await fixture.flush();
  }
  expect(fixture.warnings.join()).toContain('the server closed the connection');
  expect(fixture.warnings.join()).not.toContain('TLS');
});
