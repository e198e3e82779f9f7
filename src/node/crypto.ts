// Hashes and random ids.
import * as crypto from 'node:crypto';

/** In lower case. In one call where Node.js has it (20.12): a Hash object costs several times as much. */
export const sha256Hex =
  typeof crypto.hash === 'function'
    ? (content: string | Buffer): string => crypto.hash('sha256', content)
    : (content: string | Buffer): string =>
        crypto.createHash('sha256').update(content).digest('hex');

/** Not from Node's cache of random bytes, which every environment restored from one snapshot has the same. */
export function createRandomUuid(): string {
  return crypto.randomUUID({ disableEntropyCache: true });
}
