// What the native host (host/) does better than JavaScript could there; under Node.js there is none.
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';

/**
 * Each writes as OtlpWriter would, from `at` on in `target`: the number of bytes written, or, when there is not
 * room for all of it, minus the number that there must be.
 */
export interface ProtobufFunctions {
  readonly writeKeyValues: (
    target: Uint8Array,
    at: number,
    tag: number,
    attributes: Readonly<Record<string, unknown>>,
  ) => number;
  readonly writeValue: (target: Uint8Array, at: number, tag: number, value: unknown) => number;
  /** The members of a LogRecord, without tag and length of its own. */
  readonly writeLogRecord: (target: Uint8Array, at: number, record: ReadableLogRecord) => number;
}

export interface NativeHost {
  readonly protobuf: ProtobufFunctions;
  /**
   * Begin and end of each match in UTF-16 units, one after the other, in time linear in the text.
   * @throws SyntaxError when the pattern is not valid.
   */
  readonly compilePattern: (source: string) => (text: string) => Uint32Array;
}

export const nativeHost = (globalThis as { readonly lambdaOtlpHost?: NativeHost }).lambdaOtlpHost;
