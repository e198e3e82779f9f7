// The lifecycle between a scripted Extensions API, a fake pipeline and a clock that the test moves.
import { Lifecycle } from '../../src/extension/lifecycle';
import type { LifecycleEnd, LifecycleSettings } from '../../src/extension/lifecycle';
import type { NextOutcome } from '../../src/lambda/extensions-api';
import { FakePipeline } from './fake-pipeline';
import { ManualClock, settled } from './manual-clock';
import { recordDiagnostics } from './recorded-diagnostics';

const SETTINGS: LifecycleSettings = {
  flushStrategy: 'end',
  flushBudgetMs: 500,
  isManagedInstance: false,
};

export class Scene {
  readonly clock = new ManualClock();
  readonly pipeline = new FakePipeline(this.clock);
  readonly diagnostics = recordDiagnostics();
  readonly telemetry = {
    isActive: true,
    hasArrived: true,
    latestBatchMs: 0,
    unfinishedMs: Number.NEGATIVE_INFINITY,
    isBehind: false,
    stopReading: () => undefined,
    close: () => Promise.resolve({ bodies: 0, bytes: 0, records: 0 }),
  };
  readonly pollsAtMs: number[] = [];
  readonly lifecycle: Lifecycle;
  end: LifecycleEnd | undefined;
  private answer: (outcome: NextOutcome) => void = () => undefined;

  /** `loaded`: when the pipeline is there. */
  constructor(settings: Partial<LifecycleSettings> = {}, loaded = Promise.resolve()) {
    const { clock, pipeline, diagnostics, telemetry } = this;
    this.lifecycle = new Lifecycle(
      {
        clock,
        diagnostics,
        telemetry,
        next: (onSent) => {
          this.pollsAtMs.push(clock.now());
          pipeline.log.push('poll');
          onSent?.();
          return new Promise((resolve) => (this.answer = resolve));
        },
      },
      { ...SETTINGS, ...settings },
    );
    void this.lifecycle
      .run(() => {
        pipeline.log.push('first poll is on its way');
        return loaded.then(() => pipeline);
      })
      .then((end) => (this.end = end));
  }

  get polls(): number {
    return this.pollsAtMs.length;
  }

  async reply(outcome: NextOutcome): Promise<void> {
    this.answer(outcome);
    await settled();
  }

  /** `timeoutMs` NaN: the event has no deadline. */
  invoke(requestId: string, timeoutMs = 3_000): Promise<void> {
    const deadlineMs = this.clock.now() + timeoutMs;
    return this.reply({ kind: 'event', event: { eventType: 'INVOKE', requestId, deadlineMs } });
  }

  shutdown(timeoutMs = 2_000, shutdownReason = 'spindown'): Promise<void> {
    const deadlineMs = this.clock.now() + timeoutMs;
    return this.reply({
      kind: 'event',
      event: { eventType: 'SHUTDOWN', shutdownReason, deadlineMs },
    });
  }

  async finish(requestId: string): Promise<void> {
    this.pipeline.finish(requestId);
    this.batch();
    await settled();
  }

  batch(): void {
    this.telemetry.latestBatchMs = this.clock.steadyMs();
    this.lifecycle.telemetryRead();
  }
}
