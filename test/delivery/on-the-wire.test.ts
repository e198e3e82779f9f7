// What no HTTP library would answer, and what is seen of a flush between the two ends.
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { listen } from '../loopback-server';
import type { DeliveryFixture, FixtureOptions } from './delivery-fixture';
import { createFixture } from './delivery-fixture';
import { makeSpan } from './signal-items';
import { certificateFile, startTlsEndpoint } from './tls-endpoint';

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function open(url: string, options: Partial<FixtureOptions> = {}): DeliveryFixture {
  const fixture = createFixture({ url, signals: ['traces'], ...options });
  closers.push(() => fixture.delivery.close());
  return fixture;
}

async function serve(server: Server): Promise<number> {
  const { port, close } = await listen(server);
  closers.push(close);
  return port;
}

type Answering = (socket: Socket, request: number) => unknown;

/** Requests are small: each comes whole. `request`: their number, from 0, over all connections. */
async function startRawServer(answer: Answering) {
  const seen = { connections: 0, requests: 0 };
  const server = createServer((socket) => {
    seen.connections += 1;
    socket.on('data', () => answer(socket, seen.requests++));
  });
  const port = await serve(server);
  return { url: `http://127.0.0.1:${port}`, seen };
}

async function sendThree({ delivery, flush }: DeliveryFixture): Promise<void> {
  for (const index of [0, 1, 2]) {
    delivery.addSpans([makeSpan(index)]);
    await flush();
  }
}

const LENGTH = 'Content-Length: 0\r\n\r\n';
const manyFields = Array.from({ length: 1_900 }, (_, index) => `x${index}: ${index % 10}\r\n`);

it.each([
  ['behind a line feed', `\nHTTP/1.1 200 OK\r\n${LENGTH}`],
  ['behind empty lines', `\r\n\r\nHTTP/1.1 200 OK\r\n${LENGTH}`],
  ['of HTTP/2.0', `HTTP/2.0 200 OK\r\nConnection: keep-alive\r\n${LENGTH}`],
  ['with 1 900 short fields', `HTTP/1.1 200 OK\r\n${manyFields.join('')}${LENGTH}`],
  ['without a reason', `HTTP/1.1 200\r\n${LENGTH}`],
  ['with a line feed behind it', `HTTP/1.1 200 OK\r\n${LENGTH}\n`],
])('the answer %s is a success, one after the other', async (_, text) => {
  const { url, seen } = await startRawServer((socket) => socket.write(text, 'latin1'));
  const fixture = open(url);
  await sendThree(fixture);
  expect(fixture.observed).toMatchObject({
    exported: { traces: 3 },
    outcomes: ['success', 'success', 'success'],
  });
  expect(fixture.warnings).toEqual([]);
  expect(seen.requests).toBe(3);
});

it('an answer with more fields than node:http accepts is refused', async () => {
  const long = `x: ${'y'.repeat(17_000)}\r\n`;
  const { url } = await startRawServer((socket) =>
    socket.write(`HTTP/1.1 200 OK\r\n${long}${LENGTH}`),
  );
  const { delivery, flush, observed, warnings } = open(url);
  delivery.addSpans([makeSpan(0)]);
  await flush();
  expect(observed.exported.traces).toBe(0);
  expect(warnings.join()).toContain('16384');
});

const OK = `HTTP/1.1 200 OK\r\n${LENGTH}`;
const TIMED_OUT = `HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n${LENGTH}`;

it.each<[string, Answering]>([
  ['with 408 to the request', (socket) => socket.end(TIMED_OUT)],
  ['with FIN while the request comes', (socket) => socket.end()],
  ['with RST while the request comes', (socket) => socket.resetAndDestroy()],
])(
  'a server that ends a kept connection %s gets the request again at once, on another',
  async (_, end) => {
    const { url, seen } = await startRawServer((socket, request) =>
      request === 1 ? end(socket, request) : socket.write(OK),
    );
    const fixture = open(url);
    await sendThree(fixture);
    expect(fixture.observed).toMatchObject({ exported: { traces: 3 }, dropped: { traces: {} } });
    expect(fixture.observed.outcomes).toEqual(['success', 'success', 'success']);
    expect(fixture.warnings).toEqual([]);
    expect(seen).toEqual({ connections: 2, requests: 4 });
  },
);

const APPLICATION_DATA = 23;
const RECORD_HEAD_BYTES = 5;

/** Of each TLS record its content type (RFC 8446 §5.1). */
function recordTypes(bytes: Buffer): readonly number[] {
  const types: number[] = [];
  for (let at = 0; at + RECORD_HEAD_BYTES <= bytes.length;) {
    types.push(bytes.readUInt8(at));
    at += RECORD_HEAD_BYTES + bytes.readUInt16BE(at + 3);
  }
  return types;
}

it('over TLS head and body of a request are one record', async () => {
  const endpoint = await startTlsEndpoint();
  closers.push(() => endpoint.close());
  let sent: Buffer[] = [];
  const port = await serve(
    createServer((near) => {
      const far = connect(endpoint.port, '127.0.0.1');
      near.on('data', (bytes: Buffer) => {
        sent.push(bytes);
        far.write(bytes);
      });
      far.pipe(near);
      near.on('close', () => far.destroy());
    }),
  );
  const tls = { certificateFile: certificateFile('ca.pem') };
  const fixture = open(`https://localhost:${port}`, { signal: { tls } });
  fixture.delivery.addSpans([makeSpan(0)]);
  await fixture.flush();
  for (const index of [1, 2]) {
    sent = [];
    fixture.delivery.addSpans([makeSpan(index)]);
    await fixture.flush();
    expect(recordTypes(Buffer.concat(sent))).toEqual([APPLICATION_DATA]);
  }
  expect(fixture.observed.exported.traces).toBe(3);
});
