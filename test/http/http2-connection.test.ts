// HTTP/2 requests: Node's own client, and peers that send too much, too little, or what makes no sense.
import { constants } from 'node:http2';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import fc from 'fast-check';
import { ByteBudget } from '../../src/http/byte-budget';
import { formatFields, formatFrame, formatSettings, toUInt32 } from '../../src/http/http2-frames';
import type { Http2Request } from '../../src/http/http2-streams';
import { echo, endHttp2, MIB, open, post, serve } from './http2-scene';
import type { Scene } from './http2-scene';

const peers: Socket[] = [];
afterEach(() => {
  for (const socket of peers.splice(0)) socket.destroy();
  endHttp2();
});

describe("Node's own client", () => {
  it('gets an answer to each request, bodies and trailers included', async () => {
    const session = open(await serve());
    const bodies = [0, 1, 16_384, 16_385, 500_000, 1_048_576].map((size) => Buffer.alloc(size, 7));
    const answers = await Promise.all(bodies.map((body) => post(session, { body })));
    expect(answers.map(({ body }) => body.length)).toEqual(bodies.map(({ length }) => length));
    expect(answers.every(({ body }, index) => bodies[index]?.equals(body))).toBe(true);
    expect(await post(session, { fields: { 'x-value': 'a' } })).toMatchObject({
      status: 200,
      trailers: { 'x-value': 'a' },
    });
  });

  it('may send any field', async () => {
    const session = open(await serve());
    const text = fc.string({
      unit: fc.integer({ min: 33, max: 126 }).map((code) => String.fromCharCode(code)),
    });
    await fc.assert(
      fc.asyncProperty(text, text, async (value, other) => {
        const { trailers } = await post(session, {
          fields: { 'x-value': value, 'x-other': other },
        });
        expect(trailers['x-value']).toBe(value);
      }),
      { numRuns: 200 },
    );
  });

  it('may send any byte that a field may have, coded where that is shorter', async () => {
    const scene = await serve();
    const codes = Array.from({ length: 256 }, (_, code) => code).filter(
      (code) => code >= 0x20 && code !== 0x7f,
    );
    const fields = Object.fromEntries(
      codes.map((code) => [`x-${code}`, `${'e'.repeat(30)}${String.fromCharCode(code)}e`]),
    );
    await post(open(scene), { fields });
    expect(Object.fromEntries(scene.requests[0]?.fields ?? [])).toMatchObject(fields);
  });

  it('is told that a body is too large, and the connection stays open', async () => {
    const session = open(await serve());
    const large = await post(session, { body: Buffer.alloc(MIB + 1) });
    expect(large.status).toBe(413);
    expect(await post(session)).toMatchObject({ status: 200 });
  });

  it('leaves nothing behind in the budget', async () => {
    const scene = await serve();
    const session = open(scene);
    await Promise.all(
      Array.from({ length: 200 }, () => post(session, { body: Buffer.alloc(9_000) })),
    );
    session.close();
    while (scene.budget.heldBytes > 0) await new Promise(setImmediate);
  });

  it('is read no further while too many requests wait for their answers', async () => {
    const waiting: Http2Request[] = [];
    const scene = await serve({ onRequest: (request) => void waiting.push(request) });
    const session = open(scene);
    const answers = Array.from({ length: 100 }, () => post(session));
    while (waiting.length < 32) await new Promise(setImmediate);
    for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
    expect(waiting).toHaveLength(32);
    for (let next = waiting.shift(); answers.length > 0; next = waiting.shift()) {
      if (next !== undefined) echo(next);
      else await new Promise(setImmediate);
      if (scene.budget.heldBytes >= 0 && (await isSettled(answers))) break;
    }
    expect((await Promise.all(answers)).every(({ status }) => status === 200)).toBe(true);
  });
});

async function isSettled(promises: readonly Promise<unknown>[]): Promise<boolean> {
  const open = Symbol('open');
  const later = new Promise((resolve) => setImmediate(() => resolve(open)));
  return (await Promise.race([Promise.all(promises), later])) !== open;
}

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const NOTHING = Buffer.alloc(0);
const [END_STREAM, ACK, END_HEADERS, PADDED] = [1, 1, 4, 8];
const head = formatFields({ ':method': 'POST', ':path': '/' });
const headers = (id: number, flags = END_HEADERS + END_STREAM): Buffer =>
  formatFrame({ type: 1, flags, id, payload: head });
const settings = formatFrame({ type: 4, flags: 0, id: 0, payload: NOTHING });

/** A client of frames, by hand. */
class Peer {
  received = NOTHING;
  isClosed = false;
  private constructor(readonly socket: Socket) {
    socket.on('data', (bytes: Buffer) => (this.received = Buffer.concat([this.received, bytes])));
    socket.on('error', () => undefined);
    socket.on('end', () => (this.isClosed = true));
    socket.on('close', () => (this.isClosed = true));
    peers.push(socket);
  }

  static async connect({ port }: Scene, ...frames: readonly Buffer[]): Promise<Peer> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    await new Promise<void>((resolve) => void socket.once('connect', () => resolve()));
    const peer = new Peer(socket);
    peer.send(Buffer.from(PREFACE), settings, ...frames);
    return peer;
  }

  send(...frames: readonly Buffer[]): void {
    this.socket.write(Buffer.concat(frames));
  }

  /** Type, flags, stream and payload of each frame that came whole. */
  get frames(): readonly (readonly [number, number, number, Buffer])[] {
    const frames: [number, number, number, Buffer][] = [];
    for (let at = 0; at + 9 <= this.received.length;) {
      const end = at + 9 + this.received.readUIntBE(at, 3);
      if (end > this.received.length) break;
      const [type = 0, flags = 0] = this.received.subarray(at + 3);
      frames.push([
        type,
        flags,
        this.received.readUInt32BE(at + 5),
        this.received.subarray(at + 9, end),
      ]);
      at = end;
    }
    return frames;
  }

  async until(isSo: (peer: Peer) => boolean): Promise<void> {
    while (!isSo(this)) await new Promise(setImmediate);
  }

  /** The code of the GOAWAY that ended the connection. */
  async goneWith(): Promise<number | undefined> {
    await this.until(({ isClosed }) => isClosed);
    return this.frames.find(([type]) => type === 7)?.[3].readUInt32BE(4);
  }
}

const endOf = ({ frames }: Peer, id: number): boolean =>
  frames.some(([type, flags, stream]) => type <= 1 && stream === id && (flags & END_STREAM) !== 0);

describe('frames', () => {
  it('may come in pieces of one byte', async () => {
    const scene = await serve();
    const peer = await Peer.connect(scene);
    const data = formatFrame({ type: 0, flags: END_STREAM, id: 1, payload: Buffer.from('abc') });
    for (const byte of Buffer.concat([headers(1, END_HEADERS), data])) {
      peer.send(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    await peer.until(() => endOf(peer, 1));
    expect(scene.requests[0]?.body.toString()).toBe('abc');
  });

  it('may have padding, a priority, parts and trailers, and kinds that nobody knows', async () => {
    const scene = await serve();
    const padded = Buffer.concat([Buffer.from([2]), Buffer.from('abc'), Buffer.alloc(2)]);
    const prioritized = Buffer.concat([
      Buffer.from([1]),
      Buffer.alloc(5),
      head.subarray(0, 3),
      NOTHING,
      Buffer.alloc(1),
    ]);
    const peer = await Peer.connect(
      scene,
      formatFrame({ type: 1, flags: PADDED + 32, id: 1, payload: prioritized }),
      formatFrame({ type: 9, flags: 0, id: 1, payload: head.subarray(3, 9) }),
      formatFrame({ type: 9, flags: END_HEADERS, id: 1, payload: head.subarray(9) }),
      formatFrame({ type: 2, flags: 0, id: 1, payload: Buffer.alloc(5) }),
      formatFrame({ type: 99, flags: 255, id: 1, payload: Buffer.alloc(5) }),
      formatFrame({ type: 0, flags: PADDED, id: 1, payload: padded }),
      headers(1),
    );
    await peer.until(() => endOf(peer, 1));
    expect(scene.requests[0]?.body.toString()).toBe('abc');
    expect(scene.requests[0]?.fields.get(':method')).toBe('POST');
  });

  it('of SETTINGS and PING are acknowledged, but not their acknowledgements', async () => {
    const ping = Buffer.from('12345678');
    const peer = await Peer.connect(
      await serve(),
      formatFrame({ type: 4, flags: ACK, id: 0, payload: NOTHING }),
      formatFrame({ type: 6, flags: ACK, id: 0, payload: ping }),
      formatFrame({ type: 6, flags: 0, id: 0, payload: ping }),
    );
    await peer.until(({ frames }) => frames.some(([type]) => type === 6));
    const acknowledged = peer.frames.filter(([, flags]) => (flags & ACK) !== 0);
    expect(acknowledged.map(([type]) => type)).toEqual([4, 6]);
    expect(acknowledged[1]?.[3]).toEqual(ping);
  });

  it('carry no more of an answer than the peer has room for', async () => {
    const window = formatFrame({ type: 4, flags: 0, id: 0, payload: formatSettings([[4, 0]]) });
    const data = formatFrame({ type: 0, flags: END_STREAM, id: 1, payload: Buffer.from('abc') });
    const peer = await Peer.connect(await serve(), window, headers(1, END_HEADERS), data);
    await peer.until(({ frames }) => frames.some(([type]) => type === 1));
    const update = (id: number, bytes: number): Buffer =>
      formatFrame({ type: 8, flags: 0, id, payload: toUInt32(bytes) });
    const textOf = ({ frames }: Peer): string =>
      frames.flatMap(([type, , , payload]) => (type === 0 ? [payload.toString()] : [])).join('|');
    expect(textOf(peer)).toBe('');
    peer.send(update(1, 1));
    await peer.until(() => textOf(peer) === 'a');
    peer.send(formatFrame({ type: 4, flags: 0, id: 0, payload: formatSettings([[4, 2]]) }));
    await peer.until(() => endOf(peer, 1));
    expect(textOf(peer)).toBe('a|bc');
  });

  it('of a stream that was reset are forgotten, a thousand times over', async () => {
    const scene = await serve({ onRequest: () => undefined });
    const resets = Array.from({ length: 1_000 }, (_, index) => [
      headers(2 * index + 1, END_HEADERS),
      formatFrame({ type: 0, flags: 0, id: 2 * index + 1, payload: Buffer.alloc(100) }),
      formatFrame({ type: 3, flags: 0, id: 2 * index + 1, payload: toUInt32(8) }),
    ]).flat();
    const ping = formatFrame({ type: 6, flags: 0, id: 0, payload: Buffer.alloc(8) });
    const peer = await Peer.connect(scene, ...resets, ping);
    await peer.until(({ frames }) => frames.some(([type]) => type === 6));
    expect(peer.isClosed).toBe(false);
    expect(scene.budget.heldBytes).toBeLessThan(10_000);
  });

  it.each([
    ['of a body that was refused', headers(1, END_HEADERS)],
    ['after an error', formatFrame({ type: 5, flags: 0, id: 1, payload: NOTHING })],
  ])('%s are read on for 64 MiB, not for ever', async (_, first) => {
    const scene = await serve();
    const peer = await Peer.connect(scene, first);
    const data = formatFrame({ type: 0, flags: 0, id: 1, payload: Buffer.alloc(16_384) });
    const mib = Buffer.concat(Array<Buffer>(64).fill(data));
    let sentMib = 0;
    for (; !peer.socket.destroyed && sentMib < 256; sentMib += 1) {
      await new Promise((resolve) => peer.socket.write(mib, resolve));
      await new Promise(setImmediate);
    }
    expect(sentMib).toBeGreaterThanOrEqual(64);
    expect(sentMib).toBeLessThan(256);
    await peer.until(() => peer.socket.destroyed);
    expect(scene.budget.heldBytes).toBe(0);
  });

  it('of one refused body after the other do not add up', async () => {
    const peer = await Peer.connect(await serve());
    const body = Array.from({ length: 3 * 64 }, () => Buffer.alloc(16_384));
    for (let id = 1; id < 100; id += 2) {
      const data = body.map((payload) => formatFrame({ type: 0, flags: 0, id, payload }));
      peer.send(headers(id, END_HEADERS), ...data);
      await peer.until((one) => one.isClosed || endOf(one, id));
    }
    peer.send(headers(101));
    await peer.until((one) => one.isClosed || endOf(one, 101));
    expect(peer.isClosed).toBe(false);
  });

  it('open no more than 128 streams at a time', async () => {
    const peer = await Peer.connect(
      await serve(),
      ...Array.from({ length: 129 }, (_, index) => headers(2 * index + 1, END_HEADERS)),
    );
    await peer.until(({ frames }) => frames.some(([type]) => type === 3));
    expect(peer.frames.filter(([type]) => type === 3)).toMatchObject([[3, 0, 257, toUInt32(7)]]);
  });

  const raw = (type: number, id: number, payload: Buffer | string = NOTHING, flags = 0): Buffer =>
    formatFrame({ type, flags, id, payload: Buffer.from(payload) });
  const MANY_PARTS = Array.from({ length: 2_000 }, () =>
    formatFrame({ type: 9, flags: 0, id: 1, payload: NOTHING }),
  );
  it.each([
    ['of parts without end', MANY_PARTS],
    ['of parts too large', [raw(9, 1, Buffer.alloc(16_384))]],
  ])(
    '%s, which make a head, get an answer: clients would send again what got none',
    async (...row) => {
      const [, parts] = row;
      const scene = await serve();
      const peer = await Peer.connect(scene, headers(1, 0), ...parts);
      expect(await peer.goneWith()).toBe(constants.NGHTTP2_NO_ERROR);
      expect(endOf(peer, 1)).toBe(true);
      // It is said to have been processed.
      const goaway = peer.frames.find(([type]) => type === 7);
      expect(goaway?.[3].readUInt32BE(0)).toBe(1);
      expect(scene.requests).toEqual([]);
    },
  );

  it('of a head too large end no call that is under way, and none begins after it', async () => {
    const waiting: Http2Request[] = [];
    const scene = await serve({ onRequest: (request) => void waiting.push(request) });
    const large = [headers(7, 0), raw(9, 7, Buffer.alloc(16_384)), raw(9, 7, Buffer.alloc(9))];
    const peer = await Peer.connect(
      scene,
      headers(1),
      headers(3, END_HEADERS),
      headers(5, END_HEADERS),
      ...large,
    );
    await peer.until(() => endOf(peer, 7));
    const goaway = peer.frames.find(([type]) => type === 7);
    expect(goaway?.[3].readUInt32BE(0)).toBe(7);
    peer.send(headers(9), raw(0, 11, 'a', END_STREAM), raw(8, 11, toUInt32(1)));
    // One ends with DATA, the other with trailers.
    peer.send(raw(0, 3, 'body', END_STREAM), raw(0, 5, 'other'), headers(5));
    while (waiting.length < 3) await new Promise(setImmediate);
    expect(waiting.map(({ body }) => body.toString())).toEqual(['', 'body', 'other']);
    expect(peer.isClosed).toBe(false);
    waiting.forEach(echo);
    await peer.until(({ isClosed }) => isClosed);
    expect([1, 3, 5].every((id) => endOf(peer, id))).toBe(true);
    expect(waiting).toHaveLength(3);
    expect(scene.budget.heldBytes).toBeLessThan(20_000);
  });

  it('of trailers too large are answered as well', async () => {
    const scene = await serve();
    const peer = await Peer.connect(
      scene,
      headers(1, END_HEADERS),
      headers(1, 1),
      raw(9, 1, Buffer.alloc(16_384)),
    );
    expect(await peer.goneWith()).toBe(constants.NGHTTP2_NO_ERROR);
    expect(endOf(peer, 1)).toBe(true);
    expect(scene.requests).toEqual([]);
  });

  it.each([
    ['larger than agreed', [raw(0, 1, Buffer.alloc(16_385))], constants.NGHTTP2_FRAME_SIZE_ERROR],
    [
      'between the parts of a block',
      [headers(1, 0), raw(6, 0, '12345678')],
      constants.NGHTTP2_PROTOCOL_ERROR,
    ],
    ['of parts of another stream', [headers(1, 0), raw(9, 3)], constants.NGHTTP2_PROTOCOL_ERROR],
    ['that continue nothing', [raw(9, 1)], constants.NGHTTP2_PROTOCOL_ERROR],
    ['of an even stream', [headers(2)], constants.NGHTTP2_PROTOCOL_ERROR],
    ['of headers of the connection', [headers(0)], constants.NGHTTP2_PROTOCOL_ERROR],
    ['of a malformed block', [raw(1, 1, '\x80', END_HEADERS)], constants.NGHTTP2_COMPRESSION_ERROR],
    ['of data of no stream', [raw(0, 0, 'a')], constants.NGHTTP2_PROTOCOL_ERROR],
    ['of data of a stream to come', [raw(0, 7, 'a')], constants.NGHTTP2_PROTOCOL_ERROR],
    [
      'with more padding than frame',
      [headers(1, END_HEADERS), raw(0, 1, '\x05a', PADDED)],
      constants.NGHTTP2_PROTOCOL_ERROR,
    ],
    [
      'of headers within a request',
      [headers(1, END_HEADERS), headers(1, END_HEADERS)],
      constants.NGHTTP2_PROTOCOL_ERROR,
    ],
    ['that push', [raw(5, 1)], constants.NGHTTP2_PROTOCOL_ERROR],
    ['of a ping that is none', [raw(6, 0, '1')], constants.NGHTTP2_FRAME_SIZE_ERROR],
    ['of a ping of a stream', [raw(6, 1, '12345678')], constants.NGHTTP2_PROTOCOL_ERROR],
    ['of settings that are none', [raw(4, 0, '1')], constants.NGHTTP2_FRAME_SIZE_ERROR],
    [
      'of a window too wide',
      [raw(4, 0, formatSettings([[4, 2 ** 31]]))],
      constants.NGHTTP2_FLOW_CONTROL_ERROR,
    ],
    [
      'of a window too wide, step by step',
      [raw(8, 0, toUInt32(2 ** 31 - 1)), raw(8, 0, toUInt32(1))],
      constants.NGHTTP2_FLOW_CONTROL_ERROR,
    ],
    ['of no more window', [raw(8, 0, toUInt32(0))], constants.NGHTTP2_PROTOCOL_ERROR],
    ['of a reset of no stream', [raw(3, 0, toUInt32(0))], constants.NGHTTP2_PROTOCOL_ERROR],
  ])('%s end the connection', async (_, frames, code) => {
    const scene = await serve();
    const peer = await Peer.connect(scene, ...frames);
    expect(await peer.goneWith()).toBe(code);
    peer.send(headers(1));
    expect(scene.requests).toEqual([]);
  });

  it('that make no sense at all do no harm', async () => {
    const scene = await serve();
    const frame = fc
      .tuple(
        fc.integer({ min: 0, max: 10 }),
        fc.integer({ min: 0, max: 255 }),
        fc.integer({ min: 0, max: 9 }),
        fc.uint8Array({ maxLength: 40 }),
      )
      .map(([type, flags, id, payload]) => raw(type, id, Buffer.from(payload), flags));
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { maxLength: 12 }), async (frames) => {
        const peer = await Peer.connect(scene, ...frames);
        peer.socket.end();
        await peer.until(({ isClosed }) => isClosed);
        peer.socket.destroy();
      }),
      { numRuns: 200 },
    );
    while (scene.budget.heldBytes > 0) await new Promise(setImmediate);
    expect(await post(open(scene))).toMatchObject({ status: 200 });
  });
});

describe('the budget', () => {
  it('cuts the greediest connection of those that do not end their requests', async () => {
    const scene = await serve({ budget: new ByteBudget(2 * MIB) });
    const frames = Array.from({ length: 60 }, () =>
      formatFrame({ type: 0, flags: 0, id: 1, payload: Buffer.alloc(16_384) }),
    );
    const idle = await Promise.all(
      [1, 2, 3].map(() => Peer.connect(scene, headers(1, END_HEADERS), ...frames)),
    );
    await idle[0]?.until(() => idle.some(({ isClosed }) => isClosed));
    expect(scene.budget.heldBytes).toBeLessThan(2 * MIB);
    expect(await post(open(scene))).toMatchObject({ status: 200 });
  });

  it('stops reading while what was received whole waits', async () => {
    const scene = await serve();
    scene.budget.keep(9 * MIB);
    const answer = post(open(scene), { body: Buffer.alloc(100_000) });
    for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
    expect(scene.requests).toEqual([]);
    scene.budget.release(9 * MIB);
    expect(await answer).toMatchObject({ status: 200 });
  });
});
