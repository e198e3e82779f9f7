// A pipeline that does as a test says and writes down what it was asked, with the time.
import type { Clock } from '../../src/node/clock';
import type { Unread } from '../../src/extension/inbox';
import type { Pipeline, PipelineEnd } from '../../src/extension/pipeline';
import type { InvokeEvent } from '../../src/lambda/extensions-api';

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
  readonly texts: string[] = [];
  rejected = 0;
  unread: Unread | undefined;
  onProgress: ((isDelivered: boolean) => void) | undefined;
  prepared = 0;
  rehearsals = 0;
  isRehearsalOver = (): boolean => true;
  isDuplicate = (): boolean => false;
  makeRoom = (): boolean => false;
  rejectTooLarge = (): void => void (this.rejected += 1);
  private readonly done = new Set<string>();

  constructor(private readonly clock: Clock) {}

  /** platform.runtimeDone arrives. */
  finish(requestId: string): void {
    this.done.add(requestId);
  }

  accept(text: string): void {
    this.texts.push(text);
  }

  prepareFlush(): void {
    this.prepared += 1;
  }

  rehearse(isOver: () => boolean): Promise<void> {
    this.rehearsals += 1;
    this.isRehearsalOver = isOver;
    return Promise.resolve();
  }

  acceptOtlp(_body: unknown, onRead: () => void): number {
    onRead();
    return 0;
  }

  refusedOtlp(): void {
    return;
  }

  invoke({ requestId }: InvokeEvent): void {
    this.log.push(`invoke ${requestId}`);
  }

  isDone(requestId: string): boolean {
    return this.done.has(requestId);
  }

  flush(deadlineMs: number, whileRunning = false): Promise<boolean> {
    this.log.push(whileRunning ? 'flush while running' : 'flush');
    this.flushes.push({ atMs: this.clock.now(), deadlineMs, whileRunning });
    return this.after(this.flushTakesMs).then(() => this.delivers);
  }

  shutdown({ reason, deadlineMs, unread }: PipelineEnd): Promise<void> {
    this.unread = unread;
    this.log.push(`shutdown ${reason}`);
    this.shutdowns.push({ atMs: this.clock.now(), reason, deadlineMs });
    return this.after(this.shutdownTakesMs);
  }

  end(): void {
    this.log.push('end');
  }

  private after(delayMs: number): Promise<void> {
    if (delayMs === 0) return Promise.resolve();
    if (delayMs === Number.POSITIVE_INFINITY) return new Promise(() => undefined);
    return new Promise((resolve) => this.clock.schedule(resolve, delayMs));
  }
}
