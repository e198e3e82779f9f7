// Content-Encoding of telemetry bodies. No document names one, so it is loaded when the first one comes.

const METHODS = {
  gzip: 'gunzip',
  'x-gzip': 'gunzip',
  deflate: 'inflate',
  br: 'brotliDecompress',
} as const;

type Decompressor = (
  body: Buffer,
  options: { readonly maxOutputLength: number },
  done: (error: Error | null, plain: Buffer) => void,
) => void;

/** The decompressed body; the body itself when it cannot be decompressed within `maxBytes`. */
export async function decompress(
  body: Buffer,
  { encoding, maxBytes }: { readonly encoding: string; readonly maxBytes: number },
): Promise<Buffer> {
  const name = encoding.trim().toLowerCase();
  if (!Object.hasOwn(METHODS, name)) return body;
  const zlib = await import('node:zlib');
  const decompressor: Decompressor = zlib[METHODS[name as keyof typeof METHODS]];
  return new Promise((resolve) => {
    decompressor(body, { maxOutputLength: maxBytes }, (error, plain) =>
      resolve(error === null ? plain : body),
    );
  });
}
