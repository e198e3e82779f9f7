// gzip; node:zlib is loaded when it is first needed.

interface Bounds {
  readonly maxBytes: number;
  /** A result of at most this size is ready in the same turn of the event loop; 0 by default. */
  readonly atOnceBytes?: number;
}

const TOO_LARGE = 'ERR_BUFFER_TOO_LARGE';

/** The inflated bytes, or the reason why there are none. Never rejects for malformed input. */
export async function inflate(
  bytes: Buffer,
  { maxBytes, atOnceBytes = 0 }: Bounds,
): Promise<Buffer | 'too large' | 'no gzip'> {
  const { gunzip, gunzipSync } = await import('node:zlib');
  if (atOnceBytes > 0) {
    try {
      return gunzipSync(bytes, { maxOutputLength: atOnceBytes });
    } catch (error) {
      if (codeOf(error) !== TOO_LARGE) return 'no gzip';
    }
  }
  return new Promise((resolve) => {
    gunzip(bytes, { maxOutputLength: maxBytes }, (error, plain) => {
      if (error === null) resolve(plain);
      else resolve(codeOf(error) === TOO_LARGE ? 'too large' : 'no gzip');
    });
  });
}

/** The fastest level: OTLP is so repetitive that more billed CPU would gain little. */
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

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
