// https to a port that speaks no TLS, and http to one that does: the line says which one to try.
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { listen } from '../loopback-server';
import { createFixture } from './delivery-fixture';
import { makeSpan } from './signal-items';
import { createTlsServer, identityOf } from './tls-endpoint';

const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function serve(server: Server): Promise<number> {
  const { port, close } = await listen(server);
  closers.push(close);
  return port;
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
  const port = await serve(create());
  const [said = '', ...more] = await warnings(`https://localhost:${port}`);
  expect(more).toEqual([]);
  expect(said).toMatch(/TLS/);
  expect(said).toContain(`use http://localhost:${port}`);
  expect(said).not.toMatch(/EPROTO|ssl3_|openssl/);
});

const ALERT = Buffer.from([21, 3, 1, 0, 2, 2, 70]);

it.each([
  ['hangs up as Node.js does', () => createTlsServer('server')],
  ['answers with an alert', () => onFirstBytes((socket) => socket.end(ALERT))],
  [
    'says so in plain HTTP, as nginx and Go do',
    () =>
      createHttpServer((_, response) => {
        response.writeHead(400).end('Client sent an HTTP request to an HTTPS server.');
      }),
  ],
])('http to a TLS port that %s names the https:// to try', async (_, create) => {
  const port = await serve(create());
  const [said = '', ...more] = await warnings(`http://localhost:${port}`);
  expect(more).toEqual([]);
  expect(said).toContain(`use https://localhost:${port}`);
});

it('a TLS server that refuses the connection is not mistaken for one without TLS', async () => {
  const options = {
    ...identityOf('server'),
    maxVersion: 'TLSv1' as const,
    minVersion: 'TLSv1' as const,
    ciphers: 'DEFAULT@SECLEVEL=0',
  };
  const port = await serve(createHttpsServer(options));
  const [said = ''] = await warnings(`https://localhost:${port}`);
  expect(said).toContain('TLS failed: ');
  expect(said).not.toContain('http://');
});

it('a plain server that closes a connection after an earlier answer is not mistaken for a TLS server', async () => {
  let answers = 0;
  const port = await serve(
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
