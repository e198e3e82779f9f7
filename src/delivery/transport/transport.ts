// The transport port: IExporterTransport of @opentelemetry/otlp-exporter-base, whose errors also say
// what is known of the request's fate. Policies are decorators over this port.
import type { IExporterTransport } from '@opentelemetry/otlp-exporter-base';
import type { Cancellation } from './cancellation';

export interface FailureDetail {
  /** HTTP status as text, or an error name such as `ECONNREFUSED`, `timeout`. */
  readonly outcome: string;
  /** Its first byte was written. */
  readonly begun?: boolean;
  /** True once the whole body was handed to the operating system: the server may have acted on it. */
  readonly bodyWritten: boolean;
  /** The connection had served an earlier request and broke before a byte of answer. */
  readonly staleConnection?: boolean;
}

/** Why a request did not succeed. */
export class TransportError extends Error {
  constructor(
    message: string,
    readonly detail: FailureDetail,
  ) {
    super(message);
    this.name = 'TransportError';
  }
}

export type TransportResponse =
  /** `isOther`: the answer is none of OTLP's. */
  | { readonly status: 'success'; readonly data?: Uint8Array; readonly isOther?: boolean }
  | { readonly status: 'failure'; readonly error: TransportError }
  | {
      readonly status: 'retryable';
      readonly retryInMillis?: number;
      readonly error: TransportError;
    };

export interface Transport extends IExporterTransport {
  /** Never rejects. Resolves by `timeoutMillis` of wall-clock time, at once when it is cancelled. */
  send(
    data: Uint8Array,
    timeoutMillis: number,
    cancellation?: Cancellation,
  ): Promise<TransportResponse>;
}

export type Headers = Readonly<Record<string, string>>;

/**
 * Request headers for a body; the same object as long as they do not change. A rejection means they cannot be
 * made now: the request is retryable.
 */
export type HeaderSource = (body: Uint8Array) => Headers | Promise<Headers>;

/** Epoch milliseconds, injected so that policies can be tested. */
export interface Clock {
  now(): number;
}
