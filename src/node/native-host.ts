// What the native host (host/) does better than JavaScript could there; undefined under Node.js.
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { DataPoint } from '@opentelemetry/sdk-metrics';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';

/**
 * Each writes what OtlpWriter would, into `target` from `at` on. Returns the number of bytes written, or, if they do
 * not fit, minus the number that is needed.
 */
export interface ProtobufFunctions {
  readonly writeKeyValues: (
    target: Uint8Array,
    at: number,
    tag: number,
    attributes: Readonly<Record<string, unknown>>,
  ) => number;
  readonly writeValue: (target: Uint8Array, at: number, tag: number, value: unknown) => number;
  /**
   * Writes the members of a Span without links, without the tag and length of the span itself. `context`: trace id,
   * span id, trace state, the parent's span id (each empty if there is none) and flags.
   */
  readonly writeSpan: (
    target: Uint8Array,
    at: number,
    span: ReadableSpan,
    context: readonly [string, string, string, string, number],
  ) => number;
  /** Writes the members of a LogRecord, without the tag and length of the record itself. */
  readonly writeLogRecord: (target: Uint8Array, at: number, record: ReadableLogRecord) => number;
  /** Of numbers or of histograms, each with tag and length. `isInteger`: numbers are written as integers. */
  readonly writeDataPoints: (
    target: Uint8Array,
    at: number,
    points: readonly DataPoint<unknown>[],
    isInteger: boolean,
  ) => number;
}

export interface NativeHost {
  readonly protobuf: ProtobufFunctions;
  /**
   * Returns a search that takes linear time: start and end of each match in UTF-16 units, one after the other.
   * @throws SyntaxError when the pattern is not valid.
   */
  readonly compilePattern: (source: string) => (text: string) => Uint32Array;
}

export const nativeHost = (globalThis as { readonly lambdaOtlpHost?: NativeHost }).lambdaOtlpHost;
