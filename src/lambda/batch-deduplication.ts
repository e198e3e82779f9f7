// Lambda sends a batch again when our answer got lost. A batch is a duplicate when its Sequence-Id and its
// content were seen before: the same id comes with other content to other subscribers, so one alone is
// not enough; without an id, equal batches are two batches.

import { RecentKeys } from '../telemetry/recent-keys';

/** How many batches are remembered; a repeated one follows soon. */
const REMEMBERED = 256;

export class BatchDeduplication {
  private readonly seen = new RecentKeys(REMEMBERED);

  isDuplicate(sequenceId: string | undefined, body: Buffer): boolean {
    if (sequenceId === undefined || sequenceId === '') return false;
    const [first, second] = toFingerprint(sequenceId, body);
    return this.seen.add(first, second);
  }
}

/** 64 bits of two multiplicative hashes over the id and the words of the content; node:crypto would cost cold start. */
function toFingerprint(sequenceId: string, body: Buffer): readonly [number, number] {
  let first = 0x811c9dc5;
  let second = body.length | 0;
  for (let index = 0; index < sequenceId.length; index += 1) {
    const code = sequenceId.charCodeAt(index);
    first = Math.imul(first ^ code, 0x01000193);
    second = Math.imul(second + code, 0x9e3779b1) ^ (second >>> 13);
  }
  const words = body.length & ~3;
  for (let index = 0; index < words; index += 4) {
    const word = body.readInt32LE(index);
    first = Math.imul(first ^ word, 0x01000193);
    first ^= first >>> 15;
    second = Math.imul(second + word, 0x9e3779b1) ^ (second >>> 13);
  }
  for (let index = words; index < body.length; index += 1) {
    const byte = body[index] ?? 0;
    first = Math.imul(first ^ byte, 0x01000193);
    second = Math.imul(second + byte, 0x9e3779b1) ^ (second >>> 13);
  }
  return [first >>> 0, second >>> 0];
}
