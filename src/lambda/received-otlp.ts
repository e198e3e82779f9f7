// What the function's own SDK delivers by OTLP/HTTP or gRPC, and what both receivers need to take it.
import type { Diagnostics } from '../diagnostics';
import type { ByteBudget } from '../http/byte-budget';
import type { Signal } from '../relay/item';
import type { Encoding } from '../relay/otlp-exchange';
import { MAX_BODY_BYTES } from './telemetry-api';

/** An acknowledged body, inflated. */
export interface OtlpBody {
  readonly signal: Signal;
  readonly encoding: Encoding;
  readonly bytes: Buffer;
  /** The number of items in a protobuf body; those of JSON are counted when it is read. */
  readonly items: number | undefined;
}

export interface OtlpReceiverOptions {
  readonly ports: readonly number[];
  readonly budget: ByteBudget;
  readonly diagnostics: Diagnostics;
  /**
   * Called in order of acknowledgement. Returns how many of the spans, data points or log records were dropped at
   * once, as far as that is known; the SDK is told this number.
   */
  readonly onBody: (body: OtlpBody) => number;
  /** Called for each request that was refused, or cut before it was complete. */
  readonly onRefused: () => void;
}

/** A body that inflates to at most a part of the bound is answered in the same turn of the event loop. */
export const INFLATION = { maxBytes: MAX_BODY_BYTES, atOnceBytes: 262_144 };
