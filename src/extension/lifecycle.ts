// The extension's life between registration and exit: poll, serve, poll. The function comes first: what would take
// longer than its limit is left for later.
import type { InvokeEvent, NextEvent, NextOutcome } from '../lambda/extensions-api';
import type { Diagnostics } from '../diagnostics';
import { pause, settledBefore } from '../node/clock';
import { InvocationExports, ManagedInstanceExports } from './invocation-exports';
import type { ExportPorts, Exports, ExportSettings } from './invocation-exports';
import type { Pipeline } from './pipeline';
import type { Clock } from '../node/clock';
import type { TelemetryStream, Unread } from './inbox';

export interface LifecyclePorts extends Omit<ExportPorts, 'pipeline'> {
  /** GET /event/next; calls `onSent` when the request is on its way. */
  readonly next: (onSent?: () => void) => Promise<NextOutcome>;
  readonly diagnostics: Diagnostics;
}

export interface LifecycleSettings extends ExportSettings {
  /** Registered for SHUTDOWN only, as on Managed Instances. */
  readonly isManagedInstance: boolean;
}

/** `api gone`: /event/next keeps failing, so the process cannot go on. */
export type LifecycleEnd =
  { readonly kind: 'shutdown' } | { readonly kind: 'api gone'; readonly message: string };

/** Pauses between failed polls; after the last of them, the Extensions API is considered gone. */
const RETRY_PAUSES_MS = [20, 50, 100, 250, 500] as const;
const SIGNAL_DEADLINE_MS = 1_000;

export class Lifecycle {
  /** Undefined if the pipeline could not be loaded; then the function runs without telemetry. */
  private pipeline: Promise<Pipeline | undefined> = Promise.resolve(undefined);
  private exports: Exports | undefined;
  /** INVOKE or the end has come. */
  private hasEvent = false;
  private ending: Promise<LifecycleEnd> | undefined;
  private resolveEnded: (end: LifecycleEnd) => void = () => undefined;
  private readonly ended: Promise<LifecycleEnd>;

  constructor(
    private readonly ports: LifecyclePorts,
    private readonly settings: LifecycleSettings,
  ) {
    this.ended = new Promise((resolve) => (this.resolveEnded = resolve));
  }

  /** Polls until the end. `load`: called once the first poll is on its way; must not reject. */
  async run(load: () => Promise<Pipeline | undefined>): Promise<LifecycleEnd> {
    void this.loop(() => {
      this.pipeline = this.prepare(load);
    });
    return this.ended;
  }

  /** Something was read. */
  telemetryRead(): void {
    if (this.ending === undefined) this.exports?.telemetryRead();
  }

  /** A signal acts like SHUTDOWN; it does not change an end that is under way. */
  stop(reason: string): void {
    void this.end(reason, this.ports.clock.now() + SIGNAL_DEADLINE_MS);
  }

  private async prepare(load: () => Promise<Pipeline | undefined>): Promise<Pipeline | undefined> {
    const pipeline = await load();
    if (pipeline === undefined) return undefined;
    if (!this.hasEvent) void pipeline.rehearse(() => this.hasEvent);
    const ports = { ...this.ports, pipeline };
    this.exports = this.settings.isManagedInstance
      ? new ManagedInstanceExports(pipeline, ports.clock)
      : new InvocationExports(ports, this.settings);
    return pipeline;
  }

  private async loop(onFirstPoll: () => void): Promise<void> {
    let onSent: (() => void) | undefined = onFirstPoll;
    for (;;) {
      const event = await this.poll(onSent);
      this.hasEvent = true;
      onSent = undefined;
      if (this.ending !== undefined) return;
      if (typeof event === 'string') {
        void this.end('failure', Number.NaN, { kind: 'api gone', message: event });
        return;
      }
      if (event.eventType === 'SHUTDOWN') {
        void this.end(event.shutdownReason, event.deadlineMs);
        return;
      }
      await this.pipeline;
      onSent = await this.serve(event);
    }
  }

  /** Whatever fails, the next poll is sent: Lambda waits for it until the function times out. */
  private async serve(event: InvokeEvent): Promise<(() => void) | undefined> {
    try {
      return await this.exports?.serve(event);
    } catch (error) {
      const { stack } = error as Partial<Error>;
      this.ports.diagnostics.error(
        `a fault of the extension: ${stack ?? String(error)}; nothing was exported after this invocation`,
      );
      return undefined;
    }
  }

  /** The next event, or why there will be none. */
  private async poll(onSent: (() => void) | undefined): Promise<NextEvent | string> {
    const { next, clock, diagnostics } = this.ports;
    let pending = onSent;
    const sent = (): void => {
      pending?.();
      pending = undefined;
    };
    for (const pauseMs of [...RETRY_PAUSES_MS, undefined]) {
      const outcome = await next(sent);
      if (outcome.kind === 'event') {
        sent();
        return outcome.event;
      }
      if (pauseMs === undefined || this.ending !== undefined) return outcome.message;
      diagnostics.warn(`event/next: ${outcome.message}; trying again`);
      await pause(clock, pauseMs);
    }
    return 'event/next failed';
  }

  private end(
    reason: string,
    deadlineMs: number,
    end: LifecycleEnd = { kind: 'shutdown' },
  ): Promise<LifecycleEnd> {
    this.hasEvent = true;
    this.ending ??= this.finish(reason, deadlineMs, end);
    return this.ending;
  }

  private async finish(
    reason: string,
    deadlineMs: number,
    end: LifecycleEnd,
  ): Promise<LifecycleEnd> {
    this.exports?.stop();
    const isRunning = this.exports?.isRunning ?? false;
    const ports = { ...this.ports, pipeline: this.pipeline };
    await shutDown(ports, { reason, deadlineMs, isRunning });
    this.resolveEnded(end);
    return end;
  }
}

interface ShutdownRequest {
  readonly reason: string;
  /** Epoch milliseconds of SIGKILL; unknown if NaN or past. */
  readonly deadlineMs: number;
  /** True while the last invocation's end is still to come. */
  readonly isRunning: boolean;
}

interface ShutdownPorts {
  /** Undefined if the pipeline could not be loaded. */
  readonly pipeline: Promise<Pipeline | undefined>;
  readonly telemetry: TelemetryStream;
  readonly diagnostics: Diagnostics;
  readonly clock: Clock;
}

/** Used if the deadline is unknown: Lambda gives 1 s after a timeout of an extension, otherwise 2 s. */
const DEFAULT_MS = 1_000;
/** SIGKILL never comes later, so a deadline beyond this means that the clock was set back. */
const MAX_MS = 2_000;
/** The share of the time for reading. What is not read by then is dropped, so that what was read can be sent. */
const READING_SHARE = 0.4;
/** For the last lines of this process and its exit. */
const MARGIN_MS = 150;
/** The same if there was more to read than time, because the event loop is then late. */
const BUSY_MARGIN_MS = 400;
/**
 * With a small share of a CPU, timers fire late, and the last lines take longer in proportion: for each millisecond
 * that a timer was late, the margin grows by this.
 */
const MARGIN_PER_LATE_MS = 10;
/** Lambda sends a batch 25 ms after its first event, so if nothing comes for this long, nothing follows. */
const QUIET_MS = 50;
/** The runtimeDone of a timed-out invocation and the lines after it come up to 50 ms later. */
const QUIET_WHILE_RUNNING_MS = 100;
const MAX_DRAIN_MS = 400;

/**
 * The end of the environment: waits a moment for late telemetry, lets the pipeline send what is left, and is always
 * over before Lambda's SIGKILL. Times are those of the steady clock, since the wall clock may be set meanwhile.
 */
async function shutDown(
  ports: ShutdownPorts,
  { reason, deadlineMs, isRunning }: ShutdownRequest,
): Promise<void> {
  const { telemetry, clock } = ports;
  const leftMs = deadlineMs - clock.now();
  const startMs = clock.steadyMs();
  const endMs = startMs + (leftMs > 0 ? Math.min(leftMs, MAX_MS) : DEFAULT_MS);
  const readEndMs = startMs + (endMs - startMs) * READING_SHARE;
  telemetry.stopReading(readEndMs);
  let lateMs = 0;
  if (telemetry.isActive) {
    const latestMs = startMs + Math.min(MAX_DRAIN_MS, (endMs - startMs) / 4);
    const quietMs = isRunning ? QUIET_WHILE_RUNNING_MS : QUIET_MS;
    lateMs = await drain({ telemetry, clock }, { startMs, latestMs, quietMs });
  }
  const pipeline = await settledBefore(clock, ports.pipeline, toEpoch(clock, readEndMs));
  if (pipeline === undefined) {
    sayUnread(await telemetry.close(readEndMs + (endMs - readEndMs) / 4), ports.diagnostics);
    return;
  }
  await catchUp({ pipeline, telemetry, clock }, readEndMs);
  const unread = await telemetry.close(readEndMs + (endMs - readEndMs) / 4);
  const nowMs = clock.steadyMs();
  const isBusy = unread.bodies > 0 || lateMs * MARGIN_PER_LATE_MS > BUSY_MARGIN_MS - MARGIN_MS;
  const marginMs = isBusy ? BUSY_MARGIN_MS : MARGIN_MS + lateMs * MARGIN_PER_LATE_MS;
  const exportEndMs = Math.max(endMs - marginMs, nowMs + (endMs - nowMs) / 2);
  // If the pipeline does not end by its own deadline, the process still ends in time and prints the totals.
  await settledBefore(
    clock,
    pipeline.shutdown({ reason, deadlineMs: toEpoch(clock, exportEndMs), unread }),
    toEpoch(clock, exportEndMs + (endMs - exportEndMs) / 2),
  );
  pipeline.end();
}

function sayUnread({ bodies, bytes, records }: Unread, diagnostics: Diagnostics): void {
  if (bodies === 0) return;
  diagnostics.warn(
    'stopped: nothing was delivered, because SHUTDOWN came before the pipeline was loaded',
    {
      unreadBodies: bodies,
      unreadBytes: bytes,
      unreadRecords: records,
    },
  );
}

/** Converts a time of the steady clock to epoch milliseconds, as the clock is set now. */
function toEpoch(clock: Clock, steadyMs: number): number {
  return clock.now() + steadyMs - clock.steadyMs();
}

interface LoadedPorts extends Pick<ShutdownPorts, 'telemetry' | 'clock'> {
  readonly pipeline: Pipeline;
}

/** Before everything is closed, exports make room in the buffer for the bodies that still wait. */
async function catchUp(
  { pipeline, telemetry, clock }: LoadedPorts,
  untilMs: number,
): Promise<void> {
  while (telemetry.isBehind) {
    const deadlineMs = toEpoch(clock, untilMs);
    await settledBefore(clock, pipeline.flush(deadlineMs, true), deadlineMs);
    await pause(clock, 1);
  }
}

/** Waits until telemetry is quiet. Returns by how many milliseconds the latest of its timers was late. */
async function drain(
  { telemetry, clock }: Pick<ShutdownPorts, 'telemetry' | 'clock'>,
  times: { readonly startMs: number; readonly latestMs: number; readonly quietMs: number },
): Promise<number> {
  let lateMs = 0;
  for (;;) {
    const { latestBatchMs, latestOtlpMs = Number.NEGATIVE_INFINITY } = telemetry;
    const quietAtMs = Math.max(times.startMs, latestBatchMs, latestOtlpMs) + times.quietMs;
    const remainingMs = Math.min(quietAtMs, times.latestMs) - clock.steadyMs();
    if (remainingMs <= 0) return lateMs;
    const ringsMs = clock.steadyMs() + remainingMs;
    await pause(clock, remainingMs);
    lateMs = Math.max(lateMs, clock.steadyMs() - ringsMs);
  }
}
