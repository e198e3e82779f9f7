// Exports on Lambda Managed Instances: no INVOKE events, no freeze, many requests at once. What comes in
// is exported after five seconds at the latest, and at once when the buffer is half full.
import { settledBefore } from '../node/clock';
import type { Clock } from '../node/clock';
import type { Exports } from './invocation-exports';
import type { Pipeline } from './pipeline';

const INTERVAL_MS = 5_000;

export class ManagedInstanceExports implements Exports {
  readonly isRunning = false;
  private isArmed = false;
  private isExporting = false;
  private cancel: () => void = () => undefined;

  constructor(
    private readonly pipeline: Pipeline,
    private readonly clock: Clock,
  ) {
    pipeline.onNeedsFlush = () => void this.export();
  }

  /** There are no INVOKE events here. */
  serve(): Promise<() => void> {
    return Promise.resolve(() => undefined);
  }

  telemetryRead(): void {
    if (this.pipeline.needsFlush) void this.export();
    else this.arm();
  }

  stop(): void {
    this.cancel();
    this.isArmed = true;
  }

  private arm(): void {
    if (this.isArmed) return;
    this.isArmed = true;
    this.cancel = this.clock.schedule(() => {
      this.isArmed = false;
      void this.export();
    }, INTERVAL_MS);
  }

  private async export(): Promise<void> {
    if (this.isExporting) return;
    this.isExporting = true;
    const deadlineMs = this.clock.now() + INTERVAL_MS;
    await settledBefore(this.clock, this.pipeline.flush(deadlineMs, true), deadlineMs);
    this.isExporting = false;
    if (!this.pipeline.idle) this.arm();
  }
}
