// What the lifecycle asks of the telemetry pipeline. The pipeline (decode, track, translate, buffer,
// export) is loaded while the first /event/next is pending; until then the listener keeps bodies.
import type { InvokeEvent } from '../lambda/invoke-event';

export interface Pipeline {
  /** One Telemetry API POST body, already acknowledged. Never throws. */
  acceptBatch(body: Buffer): void;
  /** Resolves when a further batch pushes nothing out of the buffer, or when waiting for that is of no use. */
  whenRoom(): Promise<void>;
  /** The Extensions API's INVOKE event. */
  invoke(event: InvokeEvent): void;
  /** True once this request's end (platform.runtimeDone, or platform.report) was seen. */
  isDone(requestId: string): boolean;
  /** Resolves when isDone(requestId) becomes true, or at `deadlineMs` (epoch); says which. */
  waitUntilDone(requestId: string, deadlineMs: number): Promise<boolean>;
  /** True when the buffer passed half of its bound: flush although the invocation still runs. */
  readonly needsFlush: boolean;
  /** Called by the pipeline, at most once per crossing, when needsFlush becomes true. */
  onNeedsFlush: (() => void) | undefined;
  /** True when nothing waits to be translated or sent. */
  readonly idle: boolean;
  /** True while the endpoint's breaker is open for every signal. */
  readonly suspended: boolean;
  /**
   * Translates what is complete and sends what is buffered. Returns by `deadlineMs` (epoch).
   * `whileRunning`: the function still runs, so waiting costs it nothing.
   */
  flush(deadlineMs: number, whileRunning?: boolean): Promise<{ readonly delivered: boolean }>;
  /** Closes open invocations with the reason, sends everything left, logs what was lost. Returns by `deadlineMs`. */
  shutdown(reason: string, deadlineMs: number): Promise<void>;
}

/** What register answered, as far as it was readable. */
export interface Registration {
  readonly extensionId: string;
  readonly accountId?: string;
  readonly functionName?: string;
  readonly functionVersion?: string;
  readonly handler?: string;
}
