// The server against peers that send too much, too little, or never read.
import type { Socket } from 'node:net';
import { ByteBudget } from '../../src/http/byte-budget';
import type { ReceivedRequest } from '../../src/http/served-connection';
import { cpuRatio } from '../cpu';
import { sendPieces, serveWithNode } from './node-server';
import { atEnd, endScenes, MIB, Peer, post, serve } from './server-scene';

afterEach(endScenes);

describe('a request', () => {
  it('is handed over whole, with what its head says', async () => {
    const { requests, open } = await serve();
    const peer = await open();
    await peer.write('PUT /v1/traces?x HTTP/1.1\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n');
    for (const part of ['3\r\nab', 'c\r\n1\r', '\nd\r\n0\r\n\r\n']) await peer.write(part);
    await peer.until(({ answers }) => answers === 1);
    const [{ method, target, fields, body }] = requests as [ReceivedRequest];
    expect([method, target, fields.get('a'), body.toString()]).toEqual([
      'PUT',
      '/v1/traces?x',
      'b',
      'abcd',
    ]);
  });

  it('is answered with fields and a body', async () => {
    const { open } = await serve({
      onRequest: (request) =>
        request.respond(404, { fields: 'Content-Type: text/plain\r\n', body: Buffer.from('no') }),
    });
    const peer = await open();
    await peer.write(post('x'));
    await peer.until(({ received }) => received.endsWith('no'));
    expect(peer.received).toBe(
      'HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nno',
    );
  });

  it('of HEAD is answered by a head alone', async () => {
    const { open } = await serve({
      onRequest: (request) => request.respond(405, { body: Buffer.from('no') }),
    });
    const peer = await open();
    await peer.write('HEAD / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n');
    await peer.until(({ received }) => received.endsWith('no'));
    expect(peer.received).toBe(
      'HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 2\r\n\r\n'.repeat(2) + 'no',
    );
  });

  it.each([
    ['announced', post(9 * MIB)],
    ['sent', `POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n${(9 * MIB).toString(16)}\r\n`],
  ])('that is too long as %s gets an answer, its connection an end', async (_how, head) => {
    const { open, budget } = await serve({}, 24 * MIB);
    const peer = await open();
    await peer.write(head);
    await peer.write(Buffer.alloc(9 * MIB));
    await peer.until(({ isClosed }) => isClosed);
    expect(peer.received).toMatch(/^HTTP\/1.1 413 .*\r\nConnection: close\r\n/);
    expect(budget.heldBytes).toBeLessThan(MIB);
  });

  it.each(['abc', '1', '3, 4', String(10 ** 12)])(
    'in chunks is as long as these, although its head says %s',
    async (length) => {
      const { open, requests } = await serve();
      const peer = await open();
      const head = `POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: ${length}\r\n\r\n`;
      for (const bytes of [head, '1\r\na\r\n', '2\r\nbc\r\n', '0\r\n\r\n', post('d')]) {
        await peer.write(bytes);
      }
      await peer.until(({ answers, isClosed }) => isClosed || answers === 2);
      expect(requests.map(({ body }) => body.toString())).toEqual(['abc', 'd']);
    },
  );

  it('that is the last one frees its connection, although it had to wait', async () => {
    const waiting: ReceivedRequest[] = [];
    const { open, budget } = await serve({ onRequest: (request) => void waiting.push(request) });
    const peer = await open();
    const last = post(9 * MIB);
    await peer.write(post('').repeat(40) + last);
    const sent = peer.write(Buffer.alloc(9 * MIB));
    for (let answered = 0; answered < 40;) {
      const request = waiting.shift();
      if (request === undefined) await new Promise(setImmediate);
      else {
        request.respond(200);
        answered += 1;
      }
    }
    await peer.until(({ received }) => received.includes(' 413 '));
    await sent;
    peer.socket.destroy();
    while (budget.heldBytes > 0) await new Promise(setImmediate);
  });

  it('that is too long is read for another 64 MiB, not for ever', async () => {
    const { server, budget } = await serve();
    const peer = await Peer.connect(server.port, true);
    await peer.write(post(10 ** 12));
    await peer.until(({ received }) => received.includes(' 413 '));
    let sentMib = 0;
    for (; !peer.isClosed && sentMib < 256; sentMib += 1) {
      await peer.write(Buffer.alloc(MIB));
      await new Promise(setImmediate);
    }
    await peer.until(({ isClosed }) => isClosed);
    expect(sentMib).toBeGreaterThanOrEqual(64);
    expect(sentMib).toBeLessThan(256);
    expect(budget.heldBytes).toBe(0);
  });

  it.each([
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
    ['a malformed field', 'POST / HTTP/1.1\r\nHost x\r\n\r\n', 400],
    ['of no length', 'POST / HTTP/1.1\r\nContent-Length: abc\r\n\r\n', 400],
    ['a malformed chunk', 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 400],
    ['a large head', `POST / HTTP/1.1\r\nA: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ['a head without end', `POST / HTTP/1.1\r\nA: ${'x'.repeat(200_000)}`, 431],
  ])('that is %s gets an answer, after those before it, its connection an end', async (...row) => {
    const [, bytes, status] = row;
    const waiting: ReceivedRequest[] = [];
    let malformed = 0;
    const { open, budget } = await serve({
      onRequest: (request) => void waiting.push(request),
      onMalformed: () => void (malformed += 1),
    });
    const peer = await open();
    await peer.write(post('a'));
    while (waiting.length < 1) await new Promise(setImmediate);
    await peer.write(Buffer.from(bytes, 'latin1'));
    while (malformed < 1) await new Promise(setImmediate);
    waiting.shift()?.respond(200);
    await peer.until(({ isClosed }) => isClosed);
    expect(peer.received.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 200', `HTTP/1.1 ${status}`]);
    expect(peer.received).toMatch(/Connection: close\r\nContent-Length: 0\r\n\r\n$/);
    expect(malformed).toBe(1);
    expect(waiting).toEqual([]);
    while (budget.heldBytes > 0) await new Promise(setImmediate);
  });

  it('whose sender waits for 100 Continue gets it', async () => {
    const { open } = await serve();
    const peer = await open();
    await peer.write('POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n');
    await peer.until(({ received }) => received === 'HTTP/1.1 100 Continue\r\n\r\n');
    await peer.write('x');
    await peer.until(({ answers }) => answers === 1);
  });

  it('is answered although its sender has ended its side', async () => {
    const { open, requests } = await serve({ onRequest: (request) => void requests.push(request) });
    const peer = await open();
    peer.socket.end(post('a') + post('b'));
    while (requests.length < 2) await new Promise(setImmediate);
    for (const request of requests) request.respond(200);
    await peer.until(({ isClosed }) => isClosed);
    expect(peer.answers).toBe(2);
  });

  it('is answered after those before it', async () => {
    const requests: ReceivedRequest[] = [];
    const { open } = await serve({ onRequest: (request) => void requests.push(request) });
    const peer = await open();
    await peer.write(post('a') + post('b'));
    while (requests.length < 2) await new Promise(setImmediate);
    requests[1]?.respond(404);
    requests[0]?.respond(200);
    await peer.until(({ received }) => received.includes(' 404 '));
    expect(peer.received.indexOf(' 200 ')).toBeLessThan(peer.received.indexOf(' 404 '));
  });
});

describe('HTTP/2', () => {
  const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

  it('is handed over with the bytes that were read, however they came', async () => {
    let take: (bytes: string) => void = () => undefined;
    const taken = new Promise<string>((resolve) => (take = resolve));
    const onHttp2 = (socket: Socket, bytes: Buffer): void => {
      socket.destroy();
      take(bytes.toString());
    };
    const { open } = await serve({ onHttp2 });
    const peer = await open();
    for (const byte of PREFACE) await peer.write(byte);
    expect(PREFACE.startsWith(await taken)).toBe(true);
  });

  it('is cut if nothing takes it over', async () => {
    const { open } = await serve();
    const peer = await open();
    await peer.write(PREFACE);
    await peer.until(({ isClosed }) => isClosed);
    expect(peer.received).toBe('');
  });
});

describe('what is held', () => {
  it('does not grow with pipelined requests whose answers nobody reads', async () => {
    const { open, requests, budget } = await serve();
    const peer = await open();
    peer.socket.pause();
    const many = Buffer.from(post('').repeat(20_000));
    let isBlocked = false;
    for (let round = 0; round < 50 && !isBlocked; round += 1) {
      isBlocked = !peer.socket.write(many) && (await isQuiet(requests));
    }
    expect(isBlocked).toBe(true);
    expect(budget.heldBytes).toBeLessThan(MIB);
    const before = requests.length;
    peer.socket.resume();
    while (requests.length === before) await new Promise(setImmediate);
  });

  it('is bounded in requests that wait for their answers', async () => {
    const requests: ReceivedRequest[] = [];
    const { open } = await serve({ onRequest: (request) => void requests.push(request) });
    const peer = await open();
    await peer.write(post('').repeat(100));
    await isQuiet(requests);
    expect(requests).toHaveLength(32);
    for (const request of [...requests]) request.respond(200);
    await peer.until(({ answers }) => answers === 32);
    await isQuiet(requests);
    expect(requests).toHaveLength(64);
  });

  it('is the size of a body, however small its chunks', async () => {
    const { open, requests, budget } = await serve();
    const peer = await open();
    let most = 0;
    await peer.write('POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n');
    for (let round = 0; round < 20; round += 1) {
      await peer.write('1\r\nx\r\n'.repeat(10_000));
      most = Math.max(most, budget.heldBytes);
    }
    await peer.write('0\r\n\r\n');
    await peer.until(({ answers }) => answers === 1);
    expect(requests[0]?.body.length).toBe(200_000);
    expect(most).toBeLessThan(600_000);
  });

  it('leaves room: the greediest unfinished request is cut, not the one that is on its way', async () => {
    const { open } = await serve();
    const idle = await Promise.all(Array.from({ length: 8 }, open));
    for (const peer of idle) await peer.write(post(2 * MIB) + ' '.repeat(MIB - 8_192));
    const busy = await open();
    await busy.write(post(3 * MIB) + ' '.repeat(3 * MIB));
    await busy.until(({ answers, isClosed }) => answers === 1 || isClosed);
    expect(busy.answers).toBe(1);
    expect(idle.filter(({ isClosed }) => isClosed).length).toBeGreaterThan(0);
  });

  it('waits while everything held is on its way out', async () => {
    const { open, budget, requests } = await serve();
    budget.keep(8 * MIB);
    const peer = await open();
    await peer.write(post('a') + post('b'));
    await isQuiet(requests);
    expect(requests.length).toBeLessThan(2);
    budget.release(8 * MIB);
    await peer.until(({ answers }) => answers === 2);
  });

  it('tells of requests that are not whole yet, to the beginning of a head', async () => {
    const { open, budget } = await serve();
    const peer = await open();
    expect(budget.unfinishedMs).toBe(Number.NEGATIVE_INFINITY);
    for (const part of ['PO', post('ab').slice(2, -1)]) {
      const before = budget.unfinishedMs;
      await peer.write(part);
      while (budget.unfinishedMs === before) await new Promise(setImmediate);
      expect(budget.unfinishedMs).toBeGreaterThan(before);
    }
    await peer.write('b');
    await peer.until(({ answers }) => answers === 1);
    expect(budget.unfinishedMs).toBe(Number.NEGATIVE_INFINITY);
  });

  it('leaves a reserve to servers whose peers wait for their answers', async () => {
    const budget = new ByteBudget(8 * MIB, 2 * MIB);
    const [patient, urgent] = [await serve({ budget }), await serve({ budget, usesReserve: true })];
    budget.keep(7 * MIB);
    const [waiting, served] = [await patient.open(), await urgent.open()];
    await waiting.write(post('a') + post('b'));
    await served.write(post('a') + post('b'));
    await served.until(({ answers }) => answers === 2);
    await isQuiet(patient.requests);
    expect(patient.requests.length).toBeLessThan(2);
    budget.release(7 * MIB);
    await waiting.until(({ answers }) => answers === 2);
  });

  it('is bounded in connections: the least useful goes first', async () => {
    const { open } = await serve();
    const useful = await open();
    await useful.write(post('a'));
    await useful.until(({ answers }) => answers === 1);
    const idle: Peer[] = [];
    for (let index = 0; index < 600; index += 1) idle.push(await open());
    await Promise.all(idle.slice(0, 80).map((peer) => peer.until(({ isClosed }) => isClosed)));
    await useful.write(post('b'));
    await useful.until(({ answers }) => answers === 2);
  });

  it('keeps 128 connections: those beyond get their answer, and are told that it is the last', async () => {
    const { open } = await serve();
    const peers = await Promise.all(Array.from({ length: 200 }, () => open()));
    await Promise.all(peers.map((peer) => peer.write(post('a'))));
    await Promise.all(peers.map((peer) => peer.until(({ answers }) => answers === 1)));
    const last = peers.filter(({ received }) => received.includes('\r\nConnection: close\r\n'));
    expect(last).toHaveLength(200 - 128);
    await Promise.all(last.map((peer) => peer.until(({ isClosed }) => isClosed)));
    const kept = peers.filter((peer) => !last.includes(peer));
    await Promise.all(kept.map((peer) => peer.write(post('b') + post('c'))));
    await Promise.all(kept.map((peer) => peer.until(({ answers }) => answers === 3)));
  });

  it('ends no connection beyond them whose next request is on its way', async () => {
    const waiting: ReceivedRequest[] = [];
    const { open, budget } = await serve({ onRequest: (request) => void waiting.push(request) });
    const busy = await open();
    await Promise.all(Array.from({ length: 199 }, () => open()));
    // Each costs something from when it is accepted.
    while (budget.heldBytes < 200 * 4_096) await new Promise(setImmediate);
    await busy.write(post('a') + 'POST / HT');
    while (waiting.length < 1) await new Promise(setImmediate);
    waiting.shift()?.respond(200);
    await busy.until(({ answers }) => answers === 1);
    await busy.write('TP/1.1\r\nContent-Length: 0\r\n\r\n');
    while (waiting.length < 1) await new Promise(setImmediate);
    waiting.shift()?.respond(200);
    await busy.until(({ answers }) => answers === 2);
    expect(busy.received.split('Connection: close')).toHaveLength(2);
    await busy.until(({ isClosed }) => isClosed);
  });
});

const PIPELINED = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n';

describe('CPU, beside node:http on the same bytes', () => {
  /** Own code against node:http's parser in C; quadratic reading costs ten times as much and more. */
  const MAX_RATIO = 2;

  it.each([
    ['heads in drips', dripHeads(60)],
    ['one-byte chunks', chunks(100_000)],
    ['pipelined requests', Array.from({ length: 50 }, () => PIPELINED.repeat(200))],
  ])('of %s is no more', async (_what, pieces) => {
    const { server } = await serve();
    const node = await serveWithNode();
    atEnd(() => node.close());
    const ratio = await cpuRatio(
      () => sendPieces(server.port, pieces),
      () => sendPieces(node.port, pieces),
      MAX_RATIO,
    );
    expect(ratio).toBeLessThan(MAX_RATIO);
  });

  /** Each a head of 16 kB that comes in pieces of 16 bytes. */
  function dripHeads(heads: number): string[] {
    const field = `A: ${'b'.repeat(11)}\r\n`;
    const head = ['GET / HTTP/1.1\r\nHost: x\r\n', ...Array<string>(1_000).fill(field), '\r\n'];
    return Array.from({ length: heads }, () => head).flat();
  }

  function chunks(count: number): string[] {
    const piece = '1\r\nx\r\n'.repeat(100);
    return [
      'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n',
      ...Array<string>(count / 100).fill(piece),
      '0\r\n\r\n',
    ];
  }
});

/** No further request came in twenty turns of the event loop, in which there was time for one. */
async function isQuiet(requests: readonly unknown[]): Promise<boolean> {
  for (let quiet = 0, seen = requests.length; quiet < 20; quiet += 1) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    if (requests.length === seen) continue;
    seen = requests.length;
    quiet = 0;
  }
  return true;
}
