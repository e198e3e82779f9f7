// Lambda sends a batch again when our answer is lost. A batch is a duplicate only if both its Sequence-Id and its
// content were seen before: the id alone is not enough, since other subscribers get the same id with other content.
// Without an id, two equal batches count as two batches.

import { sha256Hex } from '../node/crypto';
import { RecentKeys } from '../telemetry/recent-keys';
import type { TelemetryBody } from './telemetry-api';

/** How many batches are remembered; a repeated batch follows soon after the first. */
const REMEMBERED = 256;

export class BatchDeduplication {
  private readonly seen = new RecentKeys(REMEMBERED);

  isDuplicate({ sequenceId, bytes }: Omit<TelemetryBody, 'isGzip'>): boolean {
    if (sequenceId === undefined || sequenceId === '') return false;
    const hash = sha256Hex(`${sequenceId} ${sha256Hex(bytes)}`);
    return this.seen.add(
      Number.parseInt(hash.slice(0, 8), 16),
      Number.parseInt(hash.slice(8, 16), 16),
    );
  }
}
