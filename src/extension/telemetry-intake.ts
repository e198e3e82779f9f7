// What the lifecycle knows of the telemetry stream: whether it is subscribed, whether anything came, and
// when. Passes each new body on to the pipeline and tells the lifecycle.
import { BatchDeduplication } from '../lambda/batch-deduplication';
import type { Clock } from '../node/clock';
import type { Pipeline } from './pipeline-port';

export interface TelemetryStreamState {
  /** True when runtimeDone can be expected: the subscription was taken, or a batch came all the same. */
  readonly isActive: boolean;
  readonly hasArrived: boolean;
  /** Epoch milliseconds of the latest batch. */
  readonly latestBatchAtMs: number;
  /** True while bodies that were acknowledged wait to be passed on. */
  readonly isBehind: boolean;
}

export class TelemetryIntake implements TelemetryStreamState {
  isSubscribed = false;
  latestBatchAtMs = Number.NEGATIVE_INFINITY;
  onBatch: (() => void) | undefined;
  /** Bytes of acknowledged bodies that wait. */
  waitingBytes: () => number = () => 0;
  private readonly deduplication = new BatchDeduplication();

  constructor(
    private readonly pipeline: Pick<Pipeline, 'acceptBatch'>,
    private readonly clock: Clock,
  ) {}

  get hasArrived(): boolean {
    return this.latestBatchAtMs > 0;
  }

  get isBehind(): boolean {
    return this.waitingBytes() > 0;
  }

  get isActive(): boolean {
    return this.isSubscribed || this.hasArrived;
  }

  accept(body: Buffer, sequenceId: string | undefined): void {
    this.latestBatchAtMs = this.clock.now();
    if (body.length === 0 || this.deduplication.isDuplicate(sequenceId, body)) return;
    this.pipeline.acceptBatch(body);
    this.onBatch?.();
  }
}
