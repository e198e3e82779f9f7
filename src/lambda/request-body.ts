// Collects a request's body within bounds. Bytes, not text: a character may be split between two chunks.
import type { RequestListener } from '../http/server';

export interface BodyLimits {
  readonly maxBodyBytes: number;
  readonly maxOpenBytes: number;
  /** Bytes of all bodies that are being received, this one included. */
  readonly open: { bytes: number };
}

export type BodyOutcome =
  | { readonly kind: 'complete'; readonly body: Buffer }
  /** The client went away before the end. */
  | { readonly kind: 'aborted' }
  | { readonly kind: 'too large' };

/** `contentLength`: what the request announced, NaN when nothing. `settle` is called once. */
export function collectBody(
  contentLength: number,
  { maxBodyBytes, maxOpenBytes, open }: BodyLimits,
  settle: (outcome: BodyOutcome) => void,
): RequestListener {
  let chunks: Buffer[] = [];
  let bytes = 0;
  let isSettled = false;
  const finish = (kind: BodyOutcome['kind']): void => {
    if (isSettled) return;
    isSettled = true;
    open.bytes -= bytes;
    const [first] = chunks;
    const isWhole = first !== undefined && chunks.length === 1;
    if (kind !== 'complete') settle({ kind });
    else settle({ kind, body: isWhole ? first : Buffer.concat(chunks, bytes) });
    chunks = [];
  };
  if (contentLength > maxBodyBytes) finish('too large');
  return {
    onData(chunk) {
      if (isSettled) return;
      chunks.push(chunk);
      bytes += chunk.length;
      open.bytes += chunk.length;
      if (bytes > maxBodyBytes || open.bytes > maxOpenBytes) finish('too large');
    },
    onEnd: () => finish('complete'),
    onAborted: () => finish('aborted'),
  };
}
