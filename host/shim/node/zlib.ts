// node:zlib: gzip and gunzip, run outside of the event loop.
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

/** In this turn of the event loop. @throws with Node's codes. */
export function gunzipSync(data: Uint8Array, { maxOutputLength }: DecompressOptions): Buffer {
  const bytes = host.compression.gunzipAtOnce(data, maxOutputLength);
  if (typeof bytes === 'string') throw problemOf(bytes);
  return new Buffer(bytes);
}

export function inflate(data: Uint8Array, options: DecompressOptions, callback: Callback): void {
  waiting.set(host.compression.decompress(data, 'zlib', options.maxOutputLength), callback);
}

export function onTransformed(task: number, bytes: ArrayBuffer | undefined, problem = ''): void {
  const callback = waiting.get(task);
  waiting.delete(task);
  if (bytes !== undefined) callback?.(null, new Buffer(bytes));
  else callback?.(problemOf(problem), new Buffer(0));
}

function problemOf(code: string): Error {
  return failure(code, `cannot be transformed: ${code}`);
}
