// gzip and deflate as Node.js has them: what one writes the other reads, and what is no stream is told.
import { gzipSync, deflateSync, gunzipSync } from 'node:zlib';
import { runOnHost } from './host-layer';

/** Prints what each stream, in base64, comes out as within `maxBytes`. */
const decompressor = `
  const { readFileSync, writeSync } = require('node:fs');
  const zlib = require('node:zlib');
  const streams = JSON.parse(readFileSync(process.env.INPUT, 'utf8'));
  const results = streams.map(({ method, data, maxBytes }) => new Promise((resolve) =>
    zlib[method](Buffer.from(data, 'base64'), { maxOutputLength: maxBytes }, (error, plain) =>
      resolve(error === null ? plain.toString('base64') : { code: error.code }))));
  Promise.all(results).then((all) => { writeSync(1, JSON.stringify(all)); process.exit(0); });
`;

interface Stream {
  readonly method: 'gunzip' | 'inflate';
  readonly data: Buffer;
  readonly maxBytes?: number;
}

function decompress(streams: readonly Stream[]): readonly unknown[] {
  const input = streams.map(({ method, data, maxBytes = 1_000_000 }) => ({
    method,
    data: data.toString('base64'),
    maxBytes,
  }));
  return JSON.parse(runOnHost(decompressor, JSON.stringify(input))) as readonly unknown[];
}

const text = Buffer.from('lambda '.repeat(10_000));

test('streams of Node.js are read, several in a row too', () => {
  const results = decompress([
    { method: 'gunzip', data: gzipSync(text) },
    { method: 'gunzip', data: Buffer.concat([gzipSync('a'), gzipSync('b')]) },
    { method: 'inflate', data: deflateSync(text) },
  ]);
  expect(results).toEqual([
    text.toString('base64'),
    Buffer.from('ab').toString('base64'),
    text.toString('base64'),
  ]);
});

test('a bomb, half a stream and no stream fail with the codes of Node.js', () => {
  const bomb = gzipSync(Buffer.alloc(50_000_000));
  const results = decompress([
    { method: 'gunzip', data: bomb, maxBytes: 1_000_000 },
    { method: 'gunzip', data: gzipSync(text).subarray(0, 60) },
    { method: 'gunzip', data: Buffer.from('no stream at all') },
    { method: 'inflate', data: Buffer.from('no stream at all') },
  ]);
  expect(results).toEqual(
    ['ERR_BUFFER_TOO_LARGE', 'Z_BUF_ERROR', 'Z_DATA_ERROR', 'Z_DATA_ERROR'].map((code) => ({
      code,
    })),
  );
});

test('what the host compresses, Node.js reads', () => {
  const compressor = `
    const { gzip } = require('node:zlib');
    gzip(Buffer.from('lambda '.repeat(10000)), { level: 1 }, (error, data) => {
      require('node:fs').writeSync(1, data.toString('base64'));
      process.exit(0);
    });
  `;
  const packed = Buffer.from(runOnHost(compressor), 'base64');
  expect(gunzipSync(packed).equals(text)).toBe(true);
  expect(packed.length).toBeLessThan(text.length / 50);
});
