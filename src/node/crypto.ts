// Hashes and random ids.
import * as crypto from 'node:crypto';

type Hashing = Pick<typeof crypto, 'createHash'> & { readonly hash?: typeof crypto.hash };

/** In one call where Node.js has it (20.12): a Hash object costs several times as much. */
export function chooseSha256({ hash, createHash }: Hashing): (content: string | Buffer) => string {
  if (typeof hash === 'function') return (content) => hash('sha256', content);
  return (content) => createHash('sha256').update(content).digest('hex');
}

/** In lower case. */
export const sha256Hex = chooseSha256(crypto);

/** Not from Node's cache of random bytes, which every environment restored from one snapshot has the same. */
export function createRandomUuid(): string {
  return crypto.randomUUID({ disableEntropyCache: true });
}
