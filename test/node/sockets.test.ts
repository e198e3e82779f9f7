// Sockets that share one block of memory, against a server of raw bytes.
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { Connections } from '../../src/http/connections';
import { listen as listenAt, openPlainSocket } from '../../src/node/sockets';
import { freePort } from '../free-ports';
import { listen } from '../loopback-server';

const cleanups: (() => void)[] = [];

afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

async function serve(onSocket: (socket: Socket) => void = () => undefined): Promise<number> {
  const { port, close } = await listen(createServer(onSocket));
  cleanups.push(close);
  return port;
}

interface Watched {
  readonly socket: Socket;
  readonly chunks: Buffer[];
  readonly events: string[];
}

/** Opens a socket, keeps its chunks as they come and notes what else happens. */
function watch(port: number): Watched {
  const socket = openPlainSocket({ host: '127.0.0.1', port });
  cleanups.push(() => socket.destroy());
  const chunks: Buffer[] = [];
  const events: string[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('end', () => events.push('end'));
  socket.on('error', (error: NodeJS.ErrnoException) => events.push(error.code ?? error.message));
  socket.on('close', () => events.push('close'));
  return { socket, chunks, events };
}

/** Bytes at the distance of a block differ. */
function pattern(length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8)) % 251));
}

/** Echoes each chunk as it came. */
const echo = (socket: Socket): void => void socket.on('data', (chunk) => socket.write(chunk));

it('a socket keeps bytes as they were when another socket reads, and when it reads more itself', async () => {
  const port = await serve(echo);
  const one = watch(port);
  const other = watch(port);
  const said = [
    [one, 'first of one'],
    [other, 'FIRST OF OTHER'],
    [one, 'second of one, and longer'],
    [other, 'SECOND'],
  ] as const;
  for (const [{ socket }, text] of said) {
    socket.write(text);
    await once(socket, 'data');
  }
  expect(one.chunks.map(String)).toEqual(['first of one', 'second of one, and longer']);
  expect(other.chunks.map(String)).toEqual(['FIRST OF OTHER', 'SECOND']);
});

it.each([1, 16_383, 16_384, 16_385, 1_000_000])(
  '%i bytes come whole and in order, and then the end',
  async (length) => {
    const bytes = pattern(length);
    const { socket, chunks, events } = watch(await serve((peer) => void peer.end(bytes)));
    await once(socket, 'close');
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
    expect(events).toEqual(['end', 'close']);
  },
);

it('sockets that read at the same time get their own bytes', async () => {
  const bytes = pattern(300_000);
  let served = 0;
  const port = await serve((peer) => {
    served += 1;
    peer.end(bytes.subarray(0, served * 100_000));
  });
  const watched = [watch(port), watch(port), watch(port)];
  await Promise.all(watched.map(({ socket }) => once(socket, 'close')));
  const received = watched.map(({ chunks }) => Buffer.concat(chunks));
  expect(received.map(({ length }) => length).sort()).toEqual([100_000, 200_000, 300_000]);
  for (const own of received) expect(own.equals(bytes.subarray(0, own.length))).toBe(true);
});

it('the end arrives even if no byte came before it', async () => {
  const { socket, chunks, events } = watch(await serve((peer) => void peer.end()));
  await once(socket, 'close');
  expect(chunks).toEqual([]);
  expect(events).toEqual(['end', 'close']);
});

it('a reset is an error and not an end', async () => {
  const port = await serve((peer) => void peer.on('data', () => peer.resetAndDestroy()));
  const { socket, events } = watch(port);
  socket.write('x');
  await new Promise((resolve) => socket.on('close', resolve));
  expect(events).toEqual(['ECONNRESET', 'close']);
});

it('a refused connection is an error', async () => {
  const { socket, events } = watch(await freePort());
  await new Promise((resolve) => socket.on('close', resolve));
  expect(events).toEqual(['ECONNREFUSED', 'close']);
});

it('bytes come from the second address when the first one refuses', async () => {
  const port = await serve((peer) => void peer.end('from 127.0.0.1'));
  const addresses = [
    { address: '127.0.0.2', family: 4 },
    { address: '127.0.0.1', family: 4 },
  ];
  const socket = openPlainSocket({
    host: 'two-addresses.test',
    port,
    autoSelectFamily: true,
    lookup: (_host, _options, found) => found(null, addresses),
  });
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'close');
  expect(Buffer.concat(chunks).toString()).toBe('from 127.0.0.1');
});

it('answers longer than the block are read, one after the other, over one connection', async () => {
  const bytes = pattern(40_000);
  let accepted = 0;
  const port = await serve((peer) => {
    accepted += 1;
    peer.on('data', () => {
      peer.write(`HTTP/1.1 200 OK\r\nContent-Length: ${bytes.length}\r\n\r\n`);
      peer.write(bytes);
    });
  });
  const connections = new Connections({
    open: () => openPlainSocket({ host: '127.0.0.1', port }),
    now: Date.now,
  });
  cleanups.push(() => connections.close());
  for (let request = 0; request < 2; request += 1) {
    const chunks: Buffer[] = [];
    await new Promise<void>((resolve, reject) => {
      connections.start(
        { head: 'GET / HTTP/1.1\r\n\r\n' },
        {
          onHead: () => undefined,
          onData: (chunk) => void chunks.push(chunk),
          onEnd: resolve,
          onError: reject,
        },
      );
    });
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  }
  expect(accepted).toBe(1);
});

const options = { host: '127.0.0.1', onConnection: echo, onError: () => undefined } as const;

/** Node's undocumented way is not there, or fails with an error number. */
function replaceWay(way: (() => number) | undefined): void {
  const net: { _createServerHandle: unknown } = jest.requireActual('node:net');
  const original = net._createServerHandle;
  net._createServerHandle = way;
  cleanups.push(() => (net._createServerHandle = original));
}

it.each(['as clusters do', 'in the documented way'])(
  'listening on a loopback address works %s',
  async (way) => {
    if (way === 'in the documented way') replaceWay(undefined);
    const listening = await listenAt(options);
    cleanups.push(() => listening.close());
    const { port } = listening;
    const { socket, chunks } = watch(port);
    socket.write('said');
    await once(socket, 'data');
    expect(chunks.map(String)).toEqual(['said']);
    await expect(listenAt({ ...options, port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  },
);

it('listening on a loopback address works unless there is none', async () => {
  replaceWay(() => -97);
  const none = listenAt({ ...options, host: '::1' });
  await expect(none).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' });
});
