// Hashes and random ids.
import * as crypto from 'node:crypto';

type Hashing = Pick<typeof crypto, 'createHash'> & { readonly hash?: typeof crypto.hash };

/** Uses the one-shot crypto.hash where Node.js has it (from 20.12): a Hash object costs several times as much. */
export function chooseSha256({ hash, createHash }: Hashing): (content: string | Buffer) => string {
  if (typeof hash === 'function') return (content) => hash('sha256', content);
  return (content) => createHash('sha256').update(content).digest('hex');
}

/** Returns lower-case hex. */
export const sha256Hex = chooseSha256(crypto);

/** Bypasses Node's cache of random bytes, which is the same in every environment restored from one snapshot. */
export function createRandomUuid(): string {
  return crypto.randomUUID({ disableEntropyCache: true });
}
