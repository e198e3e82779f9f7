// Lambda sends a batch again when our answer is lost. A batch is a duplicate only if both its Sequence-Id and its
// content were seen before: the id alone is not enough, since other subscribers get the same id with other content.
// Without an id, two equal batches count as two batches.
import { sha256Hex } from '../node/crypto';
import { RecentKeys } from '../telemetry/recent-keys';
import type { TelemetryBody } from './telemetry-api';

/** How many batches are remembered; a repeated batch follows soon after the first. */
const REMEMBERED = 256;

/** Returns a function that is true for a batch that came before. */
export function createDeduplication(): (
  batch: Pick<TelemetryBody, 'sequenceId' | 'bytes'>,
) => boolean {
  const seen = new RecentKeys(REMEMBERED);
  return ({ sequenceId, bytes }) => {
    if (sequenceId === undefined || sequenceId === '') return false;
    const hash = sha256Hex(`${sequenceId} ${sha256Hex(bytes)}`);
    const [high, low] = [hash.slice(0, 8), hash.slice(8, 16)];
    return seen.add(Number.parseInt(high, 16), Number.parseInt(low, 16));
  };
}
