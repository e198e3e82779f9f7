// What was dropped: in a metric whatever becomes of its request, and on the request's span if that leaves later.
import type { Attributes, HrTime } from '@opentelemetry/api';
import type { HeldSignal } from './hold';
import type { Measurement } from './metrics';
import { Attribute } from './semconv';

export interface Drop {
  readonly signal: HeldSignal;
  readonly reason: 'sampled' | 'hold_full';
  readonly time: HrTime;
}

export class DropCounts {
  /** Of requests whose span has not left. */
  private readonly requests = new Map<string, Record<HeldSignal, number>>();
  private measurements: Measurement[] = [];

  add(requestId: string, { signal, reason, time }: Drop): void {
    const counts = this.requests.get(requestId) ?? { traces: 0, logs: 0 };
    counts[signal] += 1;
    this.requests.set(requestId, counts);
    const known = this.measurements.findIndex(
      ({ attributes }) => attributes['signal'] === signal && attributes['reason'] === reason,
    );
    const value = (this.measurements[known]?.value ?? 0) + 1;
    const attributes = { signal, reason };
    const measurement = { instrument: 'lambda.detail.dropped', value, attributes, time } as const;
    if (known === -1) this.measurements.push(measurement);
    else this.measurements[known] = measurement;
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

  /** Since the last call. */
  take(): readonly Measurement[] {
    const { measurements } = this;
    this.measurements = [];
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
