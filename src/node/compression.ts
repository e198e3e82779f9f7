// gzip, loaded when it is first used.

interface Bounds {
  readonly maxBytes: number;
  /** What becomes no more than this is ready in the same turn of the event loop; default: nothing. */
  readonly atOnceBytes?: number;
}

const TOO_LARGE = 'ERR_BUFFER_TOO_LARGE';

/** What the bytes become, or why they do not. */
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

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
