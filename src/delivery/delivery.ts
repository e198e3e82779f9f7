// The delivery port: what the pipeline hands over, and what became of it. Everything handed over is
// in the end delivered or counted as dropped: never both, never neither.
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { RawItem, RawItems, RawMetric, Signal } from '../relay/item';

export type { Signal };

/** Why items were given up: OTel semconv "OTel SDK metrics" `error.type` values of our own. */
export type DropReason =
  /** The bounded buffer was full; oldest went first. */
  | 'queue_full'
  /** The endpoint refused them for good (4xx, partial success), or they could not be encoded. */
  | 'rejected'
  /** SHUTDOWN's deadline came before they could be sent. */
  | 'shutdown'
  /** Metrics whose request broke after its body was written: perhaps counted, not sent twice. */
  | 'unknown_fate'
  /** The HTTP status code of a refusal that must not be retried, e.g. `404`. */
  | `${number}`;

/** Where finished metric windows are taken from; called only when a window can be sent. */
export interface MetricSource {
  /** The next window at event time, or undefined when nothing was recorded since the last one. */
  collect(): ResourceMetrics | undefined;
  /**
   * This metric will not be sent again. The counts of dropped items in it are to be recorded anew: no loss
   * may stay uncounted because its count was lost too.
   */
  lost?(metric: RawMetric): void;
}

/** Told of every outcome, so that the extension's own metrics can be recorded. Must not throw. */
export interface DeliveryObserver {
  /** `items`: what was handed over of a signal that is exported. */
  queued(signal: Signal, items: number): void;
  /** `items`: spans, log records or metric data points that the endpoint accepted. */
  exported(signal: Signal, items: number): void;
  dropped(signal: Signal, items: number, reason: DropReason): void;
  /** One HTTP request ended. `outcome`: `success`, an HTTP status code as text, or an error name. */
  requestEnded(signal: Signal, durationMs: number, outcome: string): void;
}

export interface FlushOptions {
  /** Epoch milliseconds after which this call must have returned. */
  readonly deadlineMs: number;
  /** SHUTDOWN: the breaker is passed over, what stays unsent is dropped and counted. */
  readonly final?: boolean;
  /** The function still runs, so waiting costs it nothing: the whole deadline may be waited for. */
  readonly whileRunning?: boolean;
}

/** Bounded buffers in front of OTLP endpoints. Nothing here throws or rejects. */
export interface Delivery {
  /** False (`none`, `OTEL_SDK_DISABLED`): what is added of the signal is nobody's loss. */
  isExported(signal: Signal): boolean;
  addSpans(spans: readonly ReadableSpan[]): void;
  addLogRecords(records: readonly ReadableLogRecord[]): void;
  /**
   * Takes items that are encoded already, as the function's SDK sent them; their bytes are kept as they are.
   * Answers which of the signal had to go for want of room, oldest first; they are counted already.
   */
  addItems<S extends Signal>(signal: S, items: readonly RawItems[S][]): readonly RawItem[];
  /** Whether so many bytes, items included, of so many spans, data points or log records push nothing out. */
  hasRoom(bytes: number, count: number): boolean;
  /** Bytes held now, over all signals. */
  readonly bufferedBytes: number;
  /** Buffer bound in bytes (`LAMBDA_OTLP_BUFFER_BYTES`). */
  readonly capacityBytes: number;
  /**
   * Sends what is buffered; concurrent calls join the requests under way. A request that is not
   * answered by the deadline stays under way, to be settled by a late answer or its own timeout.
   * False when anything of this flush failed or ran out of time.
   */
  flush(options: FlushOptions): Promise<boolean>;
  /**
   * Does ahead of the first flush, while the function initializes, what that would have to wait for: loads what the
   * endpoints need and, where `connect` says so, opens connections (not into a snapshot). An endpoint that
   * refuses, is not found or stays silent for a second costs the first flush one short wait. Never rejects;
   * resolves once everything is there or is known not to be.
   */
  warmUp(options: { readonly connect: boolean }): Promise<void>;
  /**
   * INVOKE came and a flush will follow: connections that went stale meanwhile are replaced while the function
   * runs. Sends nothing, says nothing, tries once.
   */
  refresh(): void;
  /** True while every signal is held back (breaker, Retry-After, an unanswered request): a flush would send nothing. */
  readonly suspended: boolean;
  /** Totals since start, for the stop line. */
  totals(): Readonly<Record<Signal, DeliveryTotals>>;
  /** Destroys sockets; nothing is sent afterwards. */
  close(): void;
}

export interface DeliveryTotals {
  readonly exported: number;
  readonly dropped: number;
}
