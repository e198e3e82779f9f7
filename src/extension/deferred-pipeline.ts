// The pipeline before it is loaded: keeps what arrives, in order and bounded, and passes everything on
// once the real one is there. Without one (it could not be loaded) it takes everything and never waits.
import type { Diagnostics } from '../diagnostics';
import type { InvokeEvent } from '../lambda/invoke-event';
import type { Pipeline } from './pipeline-port';

type Arrival =
  | { readonly kind: 'batch'; readonly body: Buffer }
  | { readonly kind: 'invoke'; readonly event: InvokeEvent };

const MAX_KEPT_BYTES = 8 * 1024 * 1024;

export class DeferredPipeline implements Pipeline {
  onNeedsFlush: (() => void) | undefined;
  private readonly diagnostics: Diagnostics;
  private readonly loaded: Promise<Pipeline | undefined>;
  private resolveLoaded: (pipeline: Pipeline | undefined) => void = () => undefined;
  private pipeline: Pipeline | undefined;
  private isAbandoned = false;
  private arrivals: Arrival[] = [];
  private keptBytes = 0;

  constructor(diagnostics: Diagnostics) {
    this.diagnostics = diagnostics;
    this.loaded = new Promise((resolve) => (this.resolveLoaded = resolve));
  }

  /** From now on `pipeline` is asked; what arrived before is handed to it first. */
  attach(pipeline: Pipeline): void {
    this.pipeline = pipeline;
    pipeline.onNeedsFlush = () => this.onNeedsFlush?.();
    const { arrivals } = this;
    this.arrivals = [];
    for (const arrival of arrivals) {
      if (arrival.kind === 'batch') pipeline.acceptBatch(arrival.body);
      else pipeline.invoke(arrival.event);
    }
    this.resolveLoaded(pipeline);
  }

  /** There will be no pipeline. */
  abandon(): void {
    this.isAbandoned = true;
    this.arrivals = [];
    this.resolveLoaded(undefined);
  }

  acceptBatch(body: Buffer): void {
    if (this.pipeline !== undefined) {
      this.pipeline.acceptBatch(body);
      return;
    }
    if (this.isAbandoned) return;
    if (this.keptBytes + body.length > MAX_KEPT_BYTES) {
      this.diagnostics.warn(
        `telemetry: expected at most ${MAX_KEPT_BYTES} bytes while starting, got more; a batch of ${body.length} bytes is lost`,
      );
      return;
    }
    this.keptBytes += body.length;
    this.arrivals.push({ kind: 'batch', body });
  }

  whenRoom(): Promise<void> {
    return this.pipeline?.whenRoom() ?? Promise.resolve();
  }

  invoke(event: InvokeEvent): void {
    if (this.pipeline !== undefined) this.pipeline.invoke(event);
    else if (!this.isAbandoned) this.arrivals.push({ kind: 'invoke', event });
  }

  isDone(requestId: string): boolean {
    return this.pipeline?.isDone(requestId) ?? this.isAbandoned;
  }

  async waitUntilDone(requestId: string, deadlineMs: number): Promise<boolean> {
    const pipeline = this.pipeline ?? (await this.loaded);
    return pipeline?.waitUntilDone(requestId, deadlineMs) ?? true;
  }

  get needsFlush(): boolean {
    return this.pipeline?.needsFlush ?? false;
  }

  get idle(): boolean {
    return this.pipeline?.idle ?? this.arrivals.length === 0;
  }

  get suspended(): boolean {
    return this.pipeline?.suspended ?? this.isAbandoned;
  }

  async flush(
    deadlineMs: number,
    whileRunning?: boolean,
  ): Promise<{ readonly delivered: boolean }> {
    const pipeline = this.pipeline ?? (await this.loaded);
    return (await pipeline?.flush(deadlineMs, whileRunning)) ?? { delivered: true };
  }

  async shutdown(reason: string, deadlineMs: number): Promise<void> {
    const pipeline = this.pipeline ?? (await this.loaded);
    await pipeline?.shutdown(reason, deadlineMs);
  }
}
