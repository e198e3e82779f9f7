// Reads and unpacks a request body within a bound, compressed and not: a compression bomb is refused
// like any other body that is too large.
import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

export type BodyOutcome =
  | { readonly ok: true; readonly rawBody: Buffer; readonly body: Buffer }
  /** `status` 0: the client went away before the end of its body. */
  | { readonly ok: false; readonly status: 0 | 400 | 413 | 415; readonly reason: string };

const gunzipped = promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip);

export async function readBody(
  request: IncomingMessage,
  maxBodyBytes: number,
): Promise<BodyOutcome> {
  const tooLarge = {
    ok: false,
    status: 413,
    reason: `expected at most ${maxBodyBytes} bytes of body`,
  } as const;
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) return tooLarge;
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBodyBytes) return tooLarge;
      chunks.push(chunk);
    }
  } catch (error) {
    return { ok: false, status: 0, reason: `connection broke within the body: ${String(error)}` };
  }
  const rawBody = Buffer.concat(chunks);
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity') return { ok: true, rawBody, body: rawBody };
  if (encoding !== 'gzip')
    return { ok: false, status: 415, reason: `content-encoding: expected gzip, got ${encoding}` };
  try {
    const body = await gunzipped(rawBody, { maxOutputLength: maxBodyBytes });
    return { ok: true, rawBody, body };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return tooLarge;
    return { ok: false, status: 400, reason: `body is not gzip: ${String(error)}` };
  }
}
