// gzip, loaded when it is first used.

/** What the bytes become, `maxBytes` at the most; undefined: more, or no gzip. */
export async function inflate(bytes: Buffer, maxBytes: number): Promise<Buffer | undefined> {
  const { gunzip } = await import('node:zlib');
  return new Promise((resolve) => {
    gunzip(bytes, { maxOutputLength: maxBytes }, (error, plain) =>
      resolve(error === null ? plain : undefined),
    );
  });
}

/** The fastest level: billed CPU buys little beyond it, as OTLP is repetitive. */
const LEVEL = 1;

export async function deflate(bytes: Uint8Array): Promise<Uint8Array> {
  const { gzip } = await import('node:zlib');
  return new Promise((resolve, reject) => {
    gzip(bytes, { level: LEVEL }, (error, compressed) => {
      if (error === null) resolve(compressed);
      else reject(error);
    });
  });
}
