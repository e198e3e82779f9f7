// What the function's own SDK hands over, by OTLP/HTTP or by gRPC, and what both receivers need to take it.
import type { Diagnostics } from '../diagnostics';
import type { ByteBudget } from '../http/byte-budget';
import type { Signal } from '../relay/item';
import type { Encoding } from '../relay/otlp-exchange';
import { MAX_BODY_BYTES } from './telemetry-listener';

/** An acknowledged body, inflated. */
export interface OtlpBody {
  readonly signal: Signal;
  readonly encoding: Encoding;
  readonly bytes: Buffer;
  /** Of protobuf; of JSON they are counted when it is read. */
  readonly items: number | undefined;
}

export interface OtlpReceiverOptions {
  readonly ports: readonly number[];
  readonly budget: ByteBudget;
  readonly diagnostics: Diagnostics;
  /**
   * In order of acknowledgement. Answers how many of its spans, data points or log records had to go at once, as far
   * as that is known: they are said to the SDK.
   */
  readonly onBody: (body: OtlpBody) => number;
  /** A request was refused. */
  readonly onRefused: () => void;
}

/** What inflates to no more than a part of the bound is answered in the same turn. */
export const INFLATION = { maxBytes: MAX_BODY_BYTES, atOnceBytes: 262_144 };
