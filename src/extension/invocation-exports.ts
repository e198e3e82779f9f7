// Exports around invocations: at the end of one, where the export is waited for within the budget, or while one runs.
// The function is never held longer than until its deadline less a margin, nor for a runtimeDone that may not come.
import type { InvokeEvent } from '../lambda/extensions-api';
import { pause, settledBefore } from '../node/clock';
import type { Clock } from '../node/clock';
import {
  boundWait,
  decideFlush,
  EMPTY_HISTORY,
  recordEnd,
  recordEndExport,
  recordInvoke,
  recordPreviousEnd,
} from './flush-policy';
import type { FlushStrategy } from './flush-policy';
import type { TelemetryStream } from './inbox';
import type { Pipeline } from './pipeline';

export interface ExportPorts {
  readonly pipeline: Pipeline;
  readonly telemetry: TelemetryStream;
  readonly clock: Clock;
}

export interface ExportSettings {
  readonly flushStrategy: FlushStrategy;
  readonly flushBudgetMs: number;
}

/** Kept free before the function's deadline, for the poll itself and for small differences between clocks. */
const DEADLINE_MARGIN_MS = 100;
/** Assumed if the deadline is missing or past: Lambda's default timeout. */
const DEFAULT_TIMEOUT_MS = 3_000;
/** The longest function timeout, and a little more. */
const MAX_TIMEOUT_MS = 24 * 3_600_000;
/** The previous invocation's last telemetry arrives within 7 ms of the INVOKE event. */
const LEFTOVERS_MS = 25;
/** The time limit of an export while the function runs, unless the budget is longer. */
const WHILE_RUNNING_MS = 5_000;
/** How long an export waits for requests that are half received, so that it includes them. */
const UNFINISHED_MS = 10;
/** During a long invocation, there is an export this often. */
const INTERVAL_MS = 5_000;

/** What the lifecycle needs in either kind of environment. */
export interface Exports {
  /**
   * Does what must be done before the next poll, and returns what is to be started as soon as the poll is sent.
   * Resolves by the function's deadline less the margin.
   */
  serve(event: InvokeEvent): Promise<() => void>;
  /** Something was read. */
  telemetryRead(): void;
  /** True while the latest INVOKE's end has not been seen. */
  readonly isRunning: boolean;
  /** Called when the environment ends. The last export joins one that is under way. */
  stop(): void;
}

const doNothing = (): void => undefined;

interface AwaitedEnd {
  readonly requestId: string;
  readonly resolve: (isDone: boolean) => void;
}

export class InvocationExports implements Exports {
  private history = EMPTY_HISTORY;
  private requestIds: readonly string[] = [];
  private waitedInVain = false;
  private lastDelivered = true;
  /** Epoch milliseconds of the last export's start, or of the latest INVOKE. */
  private lastExportAtMs = 0;
  private latestMs = 0;
  private isExportingWhileRunning = false;
  private awaited: readonly AwaitedEnd[] = [];
  /** Half-received requests whose latest part came before this (steady clock) were already waited for in vain. */
  private vainMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly ports: ExportPorts,
    private readonly settings: ExportSettings,
  ) {
    ports.pipeline.onNeedsFlush = () => this.exportEarly();
  }

  get isRunning(): boolean {
    const current = this.requestIds.at(-1);
    return current !== undefined && !this.ports.pipeline.isDone(current);
  }

  /** No timer is set here. */
  readonly stop = doNothing;

  async serve(event: InvokeEvent): Promise<() => void> {
    const { pipeline, telemetry, clock } = this.ports;
    const nowMs = clock.now();
    this.judgePreviousEnd();
    const previous = this.requestIds.at(-1);
    this.requestIds = [...this.requestIds, event.requestId].slice(-3);
    this.history = recordInvoke(this.history, nowMs);
    this.latestMs = toLatest(event.deadlineMs, nowMs);
    this.lastExportAtMs = nowMs;
    pipeline.invoke(event);
    // Without telemetry there is no runtimeDone to wait for, and only telemetry of the function's SDK to send.
    if (!telemetry.isActive) return () => void this.exportWhileRunning();
    const decision = decideFlush(this.history, nowMs, this.settings.flushStrategy);
    if (decision === 'overlap' || pipeline.suspended) {
      return () => void this.exportLeftovers(previous);
    }
    pipeline.prepareFlush();
    // A failing endpoint is tried now, while that costs nothing, so that the breaker is open at the end.
    if (!this.lastDelivered) void this.exportWhileRunning();
    await this.exportAtEnd(event.requestId);
    return doNothing;
  }

  /** Exports while the invocation runs if the buffer fills or the data gets old. */
  telemetryRead(): void {
    const { pipeline, clock } = this.ports;
    for (const { requestId, resolve } of this.awaited) {
      if (pipeline.isDone(requestId)) resolve(true);
    }
    const ageMs = Math.abs(clock.now() - this.lastExportAtMs);
    if (pipeline.needsFlush || (ageMs >= INTERVAL_MS && this.isRunning)) this.exportEarly();
  }

  private judgePreviousEnd(): void {
    const { pipeline } = this.ports;
    const [before, previous] = this.requestIds.slice(-2);
    const latest = previous ?? before;
    if (latest === undefined) return;
    // After an early poll, the last end may arrive a moment after this INVOKE, so the one before it counts, too.
    const seen =
      pipeline.isDone(latest) ||
      (!this.waitedInVain && before !== undefined && pipeline.isDone(before));
    this.history = recordPreviousEnd(this.history, { waited: this.waitedInVain, seen });
    this.waitedInVain = false;
  }

  private async exportAtEnd(requestId: string): Promise<void> {
    const { telemetry, clock } = this.ports;
    const boundMs = boundWait(this.history, clock.now(), {
      latestMs: this.latestMs,
      telemetryArrived: telemetry.hasArrived,
    });
    if (!(await this.isDoneBy(requestId, boundMs))) {
      this.waitedInVain = true;
      return;
    }
    this.history = recordEnd(this.history, clock.now());
    await this.finishRequests();
    await this.flush(Math.min(clock.now() + this.settings.flushBudgetMs, this.latestMs), false);
    this.history = recordEndExport(this.history, clock.now());
  }

  /** Waits for half-received requests, but not again for one that was waited for in vain until more of it arrives. */
  private async finishRequests(): Promise<void> {
    const { telemetry, clock } = this.ports;
    const waitMs = Math.min(UNFINISHED_MS, this.settings.flushBudgetMs);
    const untilMs = clock.steadyMs() + Math.min(waitMs, this.latestMs - clock.now());
    while (telemetry.unfinishedMs > this.vainMs) {
      if (clock.steadyMs() >= untilMs) this.vainMs = clock.steadyMs();
      else await pause(clock, 1);
    }
  }

  /** Resolves to true if this request's end is seen by `deadlineMs` (epoch). */
  private isDoneBy(requestId: string, deadlineMs: number): Promise<boolean> {
    const { pipeline, clock } = this.ports;
    const waitMs = deadlineMs - clock.now();
    if (pipeline.isDone(requestId) || waitMs <= 0) {
      return Promise.resolve(pipeline.isDone(requestId));
    }
    return new Promise((resolve) => {
      const awaitedEnd = {
        requestId,
        resolve: (isDone: boolean): void => {
          cancelAlarm();
          this.awaited = this.awaited.filter((other) => other !== awaitedEnd);
          resolve(isDone);
        },
      };
      const cancelAlarm = clock.schedule(() => awaitedEnd.resolve(false), waitMs);
      this.awaited = [...this.awaited, awaitedEnd];
    });
  }

  /** Exports what the previous invocation left, which arrives around the INVOKE event. */
  private async exportLeftovers(previous: string | undefined): Promise<void> {
    const { clock } = this.ports;
    if (previous !== undefined) await this.isDoneBy(previous, clock.now() + LEFTOVERS_MS);
    await this.exportWhileRunning();
  }

  private exportEarly(): void {
    if (this.isRunning) void this.exportWhileRunning();
  }

  /** One export at a time; another follows while the buffer is still half full and the endpoint accepts data. */
  private async exportWhileRunning(): Promise<void> {
    if (this.isExportingWhileRunning) return;
    this.isExportingWhileRunning = true;
    const { pipeline, clock } = this.ports;
    const allowedMs = Math.max(WHILE_RUNNING_MS, this.settings.flushBudgetMs);
    do {
      await this.flush(Math.min(clock.now() + allowedMs, this.latestMs), true);
    } while (pipeline.needsFlush && this.lastDelivered && clock.now() < this.latestMs);
    this.isExportingWhileRunning = false;
  }

  private async flush(deadlineMs: number, whileRunning: boolean): Promise<void> {
    const { pipeline, clock } = this.ports;
    if (pipeline.suspended || pipeline.idle || deadlineMs <= clock.now()) return;
    this.lastExportAtMs = clock.now();
    const flushed = pipeline.flush(deadlineMs, whileRunning);
    this.lastDelivered = (await settledBefore(clock, flushed, deadlineMs)) === true;
  }
}

function toLatest(deadlineMs: number, nowMs: number): number {
  const isUsable = deadlineMs > nowMs && deadlineMs < nowMs + MAX_TIMEOUT_MS;
  return (isUsable ? deadlineMs : nowMs + DEFAULT_TIMEOUT_MS) - DEADLINE_MARGIN_MS;
}

/**
 * Exports on Lambda Managed Instances, where there are no INVOKE events and no freeze, and requests run concurrently.
 * What arrives is exported after five seconds at the latest, and at once if the buffer is half full.
 */
export class ManagedInstanceExports implements Exports {
  readonly isRunning = false;
  private isArmed = false;
  private isStopped = false;
  private isExporting = false;
  private cancel = doNothing;

  constructor(
    private readonly pipeline: Pipeline,
    private readonly clock: Clock,
  ) {
    pipeline.onNeedsFlush = () => void this.export();
  }

  /** There is no INVOKE to serve. */
  serve(): Promise<() => void> {
    return Promise.resolve(doNothing);
  }

  telemetryRead(): void {
    if (this.pipeline.needsFlush) void this.export();
    else this.arm();
  }

  stop(): void {
    this.isStopped = true;
    this.cancel();
  }

  private arm(): void {
    if (this.isArmed || this.isStopped) return;
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
