// Collects a request's body within bounds. Bytes, not text: a character may be split between two chunks.
import type { IncomingMessage } from 'node:http';

export interface BodyLimits {
  readonly maxBodyBytes: number;
  readonly maxOpenBytes: number;
  /** Bytes of all bodies that are being received, this one included. */
  readonly open: { bytes: number };
}

/** The whole body; `aborted` when the client went away before its end. */
export function collectBody(
  request: IncomingMessage,
  { maxBodyBytes, maxOpenBytes, open }: BodyLimits,
): Promise<Buffer | 'aborted' | 'too large'> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  return new Promise((resolve) => {
    let isSettled = false;
    const settle = (outcome: 'aborted' | 'too large' | 'complete'): void => {
      if (isSettled) return;
      isSettled = true;
      open.bytes -= bytes;
      const [first] = chunks;
      const body = (): Buffer =>
        first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks, bytes);
      resolve(outcome === 'complete' ? body() : outcome);
      chunks.length = 0;
    };
    if (Number(request.headers['content-length']) > maxBodyBytes) {
      settle('too large');
      return;
    }
    request.on('data', (chunk: Buffer) => {
      if (isSettled) return;
      chunks.push(chunk);
      bytes += chunk.length;
      open.bytes += chunk.length;
      if (bytes > maxBodyBytes || open.bytes > maxOpenBytes) settle('too large');
    });
    request.on('end', () => settle(request.complete ? 'complete' : 'aborted'));
    request.on('error', () => settle('aborted'));
    request.on('close', () => settle('aborted'));
  });
}
