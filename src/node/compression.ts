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
