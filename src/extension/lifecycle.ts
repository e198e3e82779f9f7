// The extension's life between registration and exit: poll, serve, poll. The function is waited upon: what
// takes longer than its bound is left for later.
import type { NextEvent, NextOutcome } from '../lambda/extensions-api';
import type { Diagnostics } from '../diagnostics';
import { pause } from '../node/clock';
import { InvocationExports } from './invocation-exports';
import type { ExportPorts, Exports, ExportSettings } from './invocation-exports';
import { ManagedInstanceExports } from './managed-instance-exports';
import type { Pipeline } from './pipeline';
import { shutDown } from './shutdown';

export interface LifecyclePorts extends Omit<ExportPorts, 'pipeline'> {
  /** GET /event/next; calls `onSent` when the request is on its way. */
  readonly next: (onSent?: () => void) => Promise<NextOutcome>;
  readonly diagnostics: Diagnostics;
}

export interface LifecycleSettings extends ExportSettings {
  /** Registered for SHUTDOWN only, as on Managed Instances. */
  readonly isManagedInstance: boolean;
}

/** `api gone`: /event/next failed for good, so that the process cannot go on. */
export type LifecycleEnd =
  { readonly kind: 'shutdown' } | { readonly kind: 'api gone'; readonly message: string };

/** Pauses between failed polls; after the last one the Extensions API is taken for gone. */
const RETRY_PAUSES_MS = [20, 50, 100, 250, 500] as const;
const SIGNAL_DEADLINE_MS = 1_000;

export class Lifecycle {
  /** Undefined when it could not be loaded: then the function runs without telemetry. */
  private pipeline: Promise<Pipeline | undefined> = Promise.resolve(undefined);
  private exports: Exports | undefined;
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

  /** A signal: as SHUTDOWN. Once an end is under way, it goes on as it began. */
  stop(reason: string): void {
    void this.end(reason, this.ports.clock.now() + SIGNAL_DEADLINE_MS);
  }

  private async prepare(load: () => Promise<Pipeline | undefined>): Promise<Pipeline | undefined> {
    const pipeline = await load();
    if (pipeline === undefined) return undefined;
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
      onSent = await this.exports?.serve(event);
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
    await shutDown({ ...this.ports, pipeline: this.pipeline }, { reason, deadlineMs, isRunning });
    this.resolveEnded(end);
    return end;
  }
}
