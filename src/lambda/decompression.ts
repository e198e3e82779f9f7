// Content-Encoding of telemetry bodies. No document names one, so it is loaded when the first one comes.
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { promisify } from 'node:util';

const DECOMPRESSORS: Readonly<
  Record<string, (body: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>>
> = {
  gzip: promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip),
  'x-gzip': promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip),
  deflate: promisify<Buffer, { maxOutputLength: number }, Buffer>(inflate),
  br: promisify<Buffer, { maxOutputLength: number }, Buffer>(brotliDecompress),
};

/** The decompressed body; the body itself when it cannot be decompressed within `maxBytes`. */
export async function decompress(
  body: Buffer,
  { encoding, maxBytes }: { readonly encoding: string; readonly maxBytes: number },
): Promise<Buffer> {
  const decompressor = DECOMPRESSORS[encoding.trim().toLowerCase()];
  try {
    return (await decompressor?.(body, { maxOutputLength: maxBytes })) ?? body;
  } catch {
    return body;
  }
}
