// What OTLP/gRPC has to answer to a unary call of an SDK: which signal, or why not; then whether its message can be
// taken. Never UNAVAILABLE, and never RetryInfo: SDKs would wait and try again inside the handler.
// Source: OTLP specification 1.11, "OTLP/gRPC"; gRPC over HTTP/2, "Requests", "Responses"
import type { Signal } from './item';

export const GRPC = {
  ok: 0,
  invalidArgument: 3,
  resourceExhausted: 8,
  unimplemented: 12,
} as const;

export interface Call {
  readonly signal: Signal;
  readonly isGzip: boolean;
}

export interface CallRefusal {
  readonly status: number;
  readonly message: string;
  /** Further header fields. */
  readonly fields?: Readonly<Record<string, string>>;
}

/** The bytes before a message: its flag and length. */
export const MESSAGE_HEAD_BYTES = 5;
const PATH =
  /^\/opentelemetry\.proto\.collector\.(?:trace\.v1\.Trace|metrics\.v1\.Metrics|logs\.v1\.Logs)Service\/Export$/;
const SIGNALS: Readonly<Record<string, Signal>> = { T: 'traces', M: 'metrics', L: 'logs' };
const CODINGS = { 'grpc-accept-encoding': 'identity,gzip' };

export function openCall(fields: ReadonlyMap<string, string>): Call | CallRefusal {
  const path = fields.get(':path') ?? '';
  const coding = fields.get('grpc-encoding') ?? 'identity';
  const signal = PATH.test(path) ? SIGNALS[/v1\.(.)/.exec(path)?.[1] ?? ''] : undefined;
  if (signal === undefined) {
    const message = `expected Export of OTLP's trace, metrics or logs service, got ${path}`;
    return { status: GRPC.unimplemented, message };
  }
  if (coding !== 'identity' && coding !== 'gzip') {
    const message = `expected the encoding identity or gzip, got ${coding}`;
    return { status: GRPC.unimplemented, message, fields: CODINGS };
  }
  return { signal, isGzip: coding === 'gzip' };
}

/** The one message of a call, and whether it is compressed. */
export function readMessage(
  body: Uint8Array,
): { readonly start: number; readonly isCompressed: boolean } | CallRefusal {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const bytes = body.length - MESSAGE_HEAD_BYTES;
  const flag = body[0] ?? 0;
  if (bytes < 0 || view.getUint32(1) !== bytes || flag > 1) {
    const message = `expected one message, got ${body.length} bytes of something else`;
    return { status: GRPC.invalidArgument, message };
  }
  return { start: MESSAGE_HEAD_BYTES, isCompressed: flag === 1 };
}

export function formatMessage(bytes: Uint8Array): Uint8Array {
  const message = new Uint8Array(MESSAGE_HEAD_BYTES + bytes.length);
  new DataView(message.buffer).setUint32(1, bytes.length);
  message.set(bytes, MESSAGE_HEAD_BYTES);
  return message;
}

/** The fields of an answer without a message; `grpc-message` is percent-encoded. */
export function refusalFields({ status, message, fields }: CallRefusal): Record<string, string> {
  const text = message.replace(/[^ -$&-~]/gu, encodeURIComponent);
  return { 'grpc-status': String(status), 'grpc-message': text.slice(0, MAX_MESSAGE), ...fields };
}

const MAX_MESSAGE = 1_000;
