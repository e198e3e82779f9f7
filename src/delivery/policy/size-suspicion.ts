// Servers that refuse a body for its size do not always say 413: they reset the connection, close it, or a proxy before
// them says 502. A batch that fails so again and again, while its endpoint otherwise answers, is halved, until the
// one item is found that is at fault.
import type { RawItem } from '../../relay/item';
import type { FailureDetail } from '../transport/transport';

/** Of a batch that is known by its oldest item: more may come behind it. */
interface Suspect {
  readonly sinceFlush: number;
  /** Of the endpoint, when the batch failed for the first time. */
  readonly answersBefore: number;
  failures: number;
}

export type Suspicion =
  /** An ordinary failure so far. */
  | 'none'
  /** Send less at once. */
  | 'halve'
  /** It fails alone: let the others go first, to learn whether it is at fault. */
  | 'send last'
  /** It fails alone, and the endpoint answers others. */
  | 'drop';

export interface FailedBatch {
  readonly items: readonly RawItem[];
  readonly detail: FailureDetail;
  readonly flush: number;
  /** Answers of the endpoint so far, to whichever signal. */
  readonly answers: number;
  /** Other signals have the same endpoint. */
  readonly isShared: boolean;
}

const MAX_FAILURES = 3;
const MAX_FLUSHES = 10;
const ENDED = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', '502']);

export class SizeSuspicion {
  private readonly suspects = new WeakMap<RawItem, Suspect>();
  /** While it lasts, every failure of this kind halves at once. */
  private narrowsUntilFlush = -1;

  /** The request failed and might be tried again. */
  judge({ items, detail, flush, answers, isShared }: FailedBatch): Suspicion {
    const [first] = items;
    const isBegun = detail.begun === true || detail.bodyWritten;
    if (first === undefined || !isBegun || !ENDED.has(detail.outcome)) return 'none';
    const suspect = this.findSuspect(first, { flush, answers });
    suspect.failures += 1;
    const isEnough = suspect.failures >= MAX_FAILURES || flush <= this.narrowsUntilFlush;
    const answersOthers = answers > suspect.answersBefore;
    // A batch that is alone with its endpoint is halved without that evidence, but nothing is dropped.
    if (!isEnough || (isShared && !answersOthers)) return 'none';
    this.narrowsUntilFlush = flush + MAX_FLUSHES;
    if (items.length > 1) return 'halve';
    if (suspect.failures < MAX_FAILURES) return 'none';
    return answersOthers ? 'drop' : 'send last';
  }

  private findSuspect(
    first: RawItem,
    { flush, answers }: Pick<FailedBatch, 'flush' | 'answers'>,
  ): Suspect {
    const known = this.suspects.get(first);
    if (known !== undefined && flush - known.sinceFlush <= MAX_FLUSHES) return known;
    const suspect = { sinceFlush: flush, answersBefore: answers, failures: 0 };
    this.suspects.set(first, suspect);
    return suspect;
  }
}
