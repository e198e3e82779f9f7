// The extension's life between registration and exit: poll, serve, poll. The function is waited upon: what
// takes longer than its bound is left for later.
import type { NextOutcome } from '../lambda/extensions-api';
import type { Diagnostics } from '../diagnostics';
import type { NextEvent } from '../lambda/invoke-event';
import { pause } from '../node/clock';
import { InvocationExports } from './invocation-exports';
import type { ExportPorts, ExportSettings } from './invocation-exports';
import { ManagedInstanceExports } from './managed-instance-exports';
import { shutDown } from './shutdown';

export interface LifecyclePorts extends ExportPorts {
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
  private readonly invocations: InvocationExports;
  private readonly managed: ManagedInstanceExports | undefined;
  private ending: Promise<LifecycleEnd> | undefined;
  private resolveEnded: (end: LifecycleEnd) => void = () => undefined;
  private readonly ended: Promise<LifecycleEnd>;

  constructor(
    private readonly ports: LifecyclePorts,
    settings: LifecycleSettings,
  ) {
    this.ended = new Promise((resolve) => (this.resolveEnded = resolve));
    this.invocations = new InvocationExports(ports, settings);
    this.managed = settings.isManagedInstance
      ? new ManagedInstanceExports(ports.pipeline, ports.clock)
      : undefined;
  }

  /** Polls until the end. `onFirstPoll`: called once the first poll is on its way. */
  async run(onFirstPoll: () => void): Promise<LifecycleEnd> {
    void this.loop(onFirstPoll);
    return this.ended;
  }

  batchArrived(): void {
    if (this.ending !== undefined) return;
    (this.managed ?? this.invocations).batchArrived();
  }

  /** A signal: as SHUTDOWN. Once an end is under way, it goes on as it began. */
  stop(reason: string): void {
    void this.end(reason, this.ports.clock.now() + SIGNAL_DEADLINE_MS);
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
      onSent = await this.invocations.serve(event);
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
    this.managed?.stop();
    const { isRunning } = this.invocations;
    await shutDown(this.ports, { reason, deadlineMs, isRunning });
    this.resolveEnded(end);
    return end;
  }
}
