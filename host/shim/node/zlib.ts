// node:zlib: gzip and what undoes it, worked on beside the event loop.
import { Buffer } from './buffer';
import { failure } from './socket';

type Callback = (error: Error | null, bytes: Buffer) => void;

const waiting = new Map<number, Callback>();

export function gzip(
  data: Uint8Array | string,
  options: { readonly level?: number },
  callback: Callback,
): void {
  waiting.set(host.compression.gzip(data, options.level ?? 6), callback);
}

interface DecompressOptions {
  readonly maxOutputLength: number;
}

export function gunzip(data: Uint8Array, options: DecompressOptions, callback: Callback): void {
  waiting.set(host.compression.decompress(data, 'gzip', options.maxOutputLength), callback);
}

/** The host inflates beside the event loop only: callers take this for bytes that are too many to do at once. */
export function gunzipSync(_data: Uint8Array, _options: DecompressOptions): Buffer {
  throw failure('ERR_BUFFER_TOO_LARGE', 'not inflated in this turn');
}

export function inflate(data: Uint8Array, options: DecompressOptions, callback: Callback): void {
  waiting.set(host.compression.decompress(data, 'zlib', options.maxOutputLength), callback);
}

/** Not part of this host: no document promises it, and its tables would double what it costs. */
export function brotliDecompress(
  _data: Uint8Array,
  _options: DecompressOptions,
  callback: Callback,
): void {
  const problem = failure('ERR__ERROR_FORMAT', 'brotli is not supported');
  queueMicrotask(() => callback(problem, new Buffer(0)));
}

export function onTransformed(task: number, bytes: ArrayBuffer | undefined, problem = ''): void {
  const callback = waiting.get(task);
  waiting.delete(task);
  if (bytes !== undefined) callback?.(null, new Buffer(bytes));
  else callback?.(failure(problem, `cannot be transformed: ${problem}`), new Buffer(0));
}
