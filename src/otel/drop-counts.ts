// Counts what was dropped: always in a metric, and on the span of its request if that leaves later.
import type { Attributes, HrTime } from '@opentelemetry/api';
import type { HeldSignal } from './hold';
import type { Measurement } from './metrics';
import { Attribute } from './semconv';

export interface Drop {
  readonly signal: HeldSignal;
  readonly reason: 'sampled' | 'hold_full';
  readonly time: HrTime;
}

interface Sum {
  readonly attributes: Attributes;
  value: number;
  time: HrTime;
}

export class DropCounts {
  /** Counts of requests whose span has not left. */
  private readonly requests = new Map<string, Record<HeldSignal, number>>();
  private sums = new Map<string, Sum>();

  add(requestId: string, { signal, reason, time }: Drop): void {
    const counts = this.requests.get(requestId) ?? { traces: 0, logs: 0 };
    counts[signal] += 1;
    this.requests.set(requestId, counts);
    const key = signal + reason;
    const sum = this.sums.get(key) ?? { attributes: { signal, reason }, value: 0, time };
    sum.value += 1;
    sum.time = time;
    this.sums.set(key, sum);
  }

  /** For the span that stays; undefined: nothing was dropped. */
  attributesOf(requestId: string): Attributes | undefined {
    const counts = this.requests.get(requestId);
    if (counts === undefined) return undefined;
    return {
      ...(counts.traces > 0 && { [Attribute.LAMBDA_SPANS_DROPPED]: counts.traces }),
      ...(counts.logs > 0 && { [Attribute.LAMBDA_LOG_RECORDS_DROPPED]: counts.logs }),
    };
  }

  /** What was dropped since the last call. */
  take(): readonly Measurement[] {
    if (this.sums.size === 0) return [];
    const measurements = [...this.sums.values()].map((sum): Measurement => ({
      instrument: 'lambda.detail.dropped',
      ...sum,
    }));
    this.sums.clear();
    return measurements;
  }

  /** Its span has left: later drops are in the metric only. */
  leave(requestId: string): void {
    this.requests.delete(requestId);
  }

  forget(hasLeft: (requestId: string) => boolean): void {
    for (const requestId of this.requests.keys()) if (hasLeft(requestId)) this.leave(requestId);
  }
}
