// The delivery port: what the pipeline hands over, and what became of it. Every item is in the end either delivered or
// counted as dropped, never both and never neither.
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { RawItem, RawItems, RawMetric, Signal } from '../relay/item';

export type { Signal };

/** Why items were given up: our own values of `error.type` in the semantic conventions' "OTel SDK metrics". */
export type DropReason =
  /** The buffer was full; the oldest items go first. */
  | 'queue_full'
  /** The endpoint refused them for good (4xx, partial success), or OTLP cannot express them. */
  | 'rejected'
  /** They could not be sent before SHUTDOWN's deadline. */
  | 'shutdown'
  /**
   * Metrics whose request failed after its body was written: they may have been counted, so they are not sent again.
   */
  | 'unknown_fate'
  /** The status code of a refusal that must not be retried, e.g. `404`. */
  | `${number}`;

/** Provides finished metric windows; called only when a window can be sent. */
export interface MetricSource {
  /** The next window in event time, or undefined if nothing was recorded since the last one. */
  collect(): ResourceMetrics | undefined;
  /**
   * Called for a metric that will not be sent again. Counts of dropped items in it must be recorded anew, so that no
   * loss goes uncounted because its count was lost.
   */
  lost?(metric: RawMetric): void;
}

/** Is told every outcome, so that it can be counted. Must not throw. */
export interface DeliveryObserver {
  /** `items`: the number handed over, of a signal that is exported. */
  queued(signal: Signal, items: number): void;
  /** `items`: the number of spans, log records or metric data points that the endpoint accepted; never 0. */
  exported(signal: Signal, items: number): void;
  dropped(signal: Signal, items: number, reason: DropReason): void;
  /** Called when one HTTP request has ended. `outcome`: `success`, a status code as text, or the name of an error. */
  requestEnded(signal: Signal, durationMs: number, outcome: string): void;
}

export interface FlushOptions {
  /** Epoch milliseconds by which this call must have returned. */
  readonly deadlineMs: number;
  /** SHUTDOWN: the circuit breaker is ignored, and what stays unsent is dropped and counted. */
  readonly final?: boolean;
  /** The function still runs, so that waiting costs nothing and the whole time until the deadline may be used. */
  readonly whileRunning?: boolean;
}

/** Bounded buffers in front of OTLP endpoints. No method throws or rejects. */
export interface Delivery {
  /**
   * False if the signal is turned off (`none`, `OTEL_SDK_DISABLED`); what is added of it is ignored without being
   * counted.
   */
  isExported(signal: Signal): boolean;
  addSpans(spans: readonly ReadableSpan[]): void;
  addLogRecords(records: readonly ReadableLogRecord[]): void;
  /**
   * Takes items that are already encoded, as the function's SDK sent them, and keeps their bytes. Returns the items of
   * this signal that had to be dropped for lack of room, oldest first; they have been counted.
   */
  addItems<S extends Signal>(signal: S, items: readonly RawItems[S][]): readonly RawItem[];
  /**
   * True if this many bytes, including the items' own, and this many spans, data points or log records fit without
   * dropping anything.
   */
  hasRoom(bytes: number, count: number): boolean;
  /** Bytes held now, for all signals together. */
  readonly bufferedBytes: number;
  /** The buffer's limit in bytes (`LAMBDA_OTLP_BUFFER_BYTES`). */
  readonly capacityBytes: number;
  /**
   * Sends what is buffered; concurrent calls join the requests under way. A request that is not
   * answered by the deadline stays under way, and a late answer or its own timeout decides its fate.
   * Resolves to false if anything in this flush failed or ran out of time.
   */
  flush(options: FlushOptions): Promise<boolean>;
  /**
   * Does what the first flush would otherwise have to wait for, while the function initializes: loads what the
   * endpoints need and, if `connect` is true, opens connections (which a snapshot must not contain). If an endpoint
   * refuses, is not found or stays silent for a second, the first flush waits for it only briefly. Never rejects;
   * resolves when everything is ready or known to be unavailable.
   */
  warmUp(options: { readonly connect: boolean }): Promise<void>;
  /**
   * To be called at INVOKE, when a flush will follow: connections that have gone stale are replaced while the function
   * runs. Sends nothing, logs nothing, tries once.
   */
  refresh(): void;
  /**
   * True while every signal is held back (breaker, Retry-After, an unanswered request), so that a flush would send
   * nothing.
   */
  readonly suspended: boolean;
  /** Destroys all sockets; nothing is sent afterwards. */
  close(): void;
}
