// A pipeline that does as a test says and writes down what it was asked, with the time.
import type { Clock } from '../../src/node/clock';
import type { Pipeline } from '../../src/extension/pipeline-port';
import type { InvokeEvent } from '../../src/lambda/invoke-event';

export class FakePipeline implements Pipeline {
  onNeedsFlush: (() => void) | undefined;
  needsFlush = false;
  idle = false;
  suspended = false;
  /** How long a flush takes; Infinity: it hangs. */
  flushTakesMs = 0;
  delivers = true;
  shutdownTakesMs = 0;
  readonly log: string[] = [];
  readonly flushes: {
    readonly atMs: number;
    readonly deadlineMs: number;
    readonly whileRunning: boolean;
  }[] = [];
  readonly shutdowns: {
    readonly atMs: number;
    readonly reason: string;
    readonly deadlineMs: number;
  }[] = [];
  readonly batches: string[] = [];
  private readonly done = new Set<string>();
  private readonly waiters = new Set<() => void>();

  constructor(private readonly clock: Clock) {}

  /** platform.runtimeDone arrives. */
  finish(requestId: string): void {
    this.done.add(requestId);
    for (const waiter of [...this.waiters]) waiter();
  }

  acceptBatch(body: Buffer): void {
    this.batches.push(body.toString());
    this.log.push(`batch ${body.toString()}`);
  }

  whenRoom(): Promise<void> {
    return Promise.resolve();
  }

  invoke({ requestId }: InvokeEvent): void {
    this.log.push(`invoke ${requestId}`);
  }

  isDone(requestId: string): boolean {
    return this.done.has(requestId);
  }

  waitUntilDone(requestId: string, deadlineMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (isDone: boolean): void => {
        this.waiters.delete(look);
        cancel();
        resolve(isDone);
      };
      const look = (): void => {
        if (this.done.has(requestId)) settle(true);
      };
      const cancel = this.clock.schedule(() => settle(false), deadlineMs - this.clock.now());
      this.waiters.add(look);
      look();
    });
  }

  flush(deadlineMs: number, whileRunning = false): Promise<{ readonly delivered: boolean }> {
    this.log.push(whileRunning ? 'flush while running' : 'flush');
    this.flushes.push({ atMs: this.clock.now(), deadlineMs, whileRunning });
    return this.after(this.flushTakesMs).then(() => ({ delivered: this.delivers }));
  }

  shutdown(reason: string, deadlineMs: number): Promise<void> {
    this.log.push(`shutdown ${reason}`);
    this.shutdowns.push({ atMs: this.clock.now(), reason, deadlineMs });
    return this.after(this.shutdownTakesMs);
  }

  private after(delayMs: number): Promise<void> {
    if (delayMs === 0) return Promise.resolve();
    if (delayMs === Number.POSITIVE_INFINITY) return new Promise(() => undefined);
    return new Promise((resolve) => this.clock.schedule(resolve, delayMs));
  }
}
