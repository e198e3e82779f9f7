// OTLP/gRPC of the function's own OpenTelemetry SDK: serves those connections of the receiver that begin with
// HTTP/2's preface. Loaded when the first of them comes, or earlier if the environment variables announce it.
// Source: OTLP specification 1.11, "OTLP/gRPC"; gRPC over HTTP/2
import { Http2Connection } from '../http/http2-connection';
import { MAX_BLOCK_BYTES } from '../http/http2-reader';
import type { Http2Options, Http2Request } from '../http/http2-streams';
import { inflate } from '../node/compression';
import type { Socket } from '../node/sockets';
import { acceptPartly, takeBody } from '../relay/otlp-exchange';
import { INFLATION } from './received-otlp';
import type { OtlpReceiverOptions } from './received-otlp';
import { MAX_BODY_BYTES } from './telemetry-api';
import type { Signal } from '../relay/item';

const GRPC_TYPE = /^application\/grpc(?:\+proto)?(?:;|$)/i;
const HEAD = { ':status': '200', 'content-type': 'application/grpc' };

/** `first`: the bytes that were already read from the socket. */
export function serveGrpc(
  socket: Socket,
  first: Buffer,
  options: OtlpReceiverOptions & Pick<Http2Options, 'onCut'>,
): void {
  new Http2Connection(socket, first, {
    maxBodyBytes: MAX_BODY_BYTES + MESSAGE_HEAD_BYTES,
    budget: options.budget,
    ...(options.onCut && { onCut: options.onCut }),
    onBroken: options.onRefused,
    onRequest: (request) => receive(request, options),
    onOversize: (request, part) =>
      refuse(request, part === 'head' ? LARGE_HEAD : OVERSIZE, options),
  });
}

function receive(request: Http2Request, options: OtlpReceiverOptions): void {
  const { fields, body } = request;
  if (!GRPC_TYPE.test(fields.get('content-type') ?? '') || fields.get(':method') !== 'POST') {
    options.onRefused();
    request.respond({ fields: { ':status': '415' } });
    return;
  }
  const call = openCall(fields);
  const message = 'message' in call ? call : readMessage(body);
  if ('message' in call) refuse(request, call, options);
  else if ('message' in message) refuse(request, message, options);
  else if (!message.isCompressed)
    take(request, call, { ...options, body: body.subarray(message.start) });
  else if (!call.isGzip) refuse(request, NO_GZIP, options);
  else void inflateAndTake(request, call, options);
}

async function inflateAndTake(
  request: Http2Request,
  call: Call,
  options: OtlpReceiverOptions,
): Promise<void> {
  const body = await inflate(request.body.subarray(MESSAGE_HEAD_BYTES), INFLATION);
  if (typeof body !== 'string') take(request, call, { ...options, body });
  else refuse(request, body === 'too large' ? OVERSIZE : NO_GZIP, options);
}

function take(
  request: Http2Request,
  { signal }: Call,
  options: OtlpReceiverOptions & { readonly body: Buffer },
): void {
  const { body, onBody } = options;
  const taken = takeBody({ signal, encoding: 'protobuf', isGzip: false }, body);
  if (taken.kind === 'refused') {
    const message = `expected protobuf, got ${body.length} bytes that are malformed or end early`;
    refuse(request, { status: GRPC.invalidArgument, message }, options);
    return;
  }
  let response = taken.response;
  try {
    const { items } = taken;
    const rejected = items === 0 ? 0 : onBody({ signal, encoding: 'protobuf', bytes: body, items });
    if (rejected > 0) response = acceptPartly(signal, rejected, 'protobuf');
  } finally {
    const message = Buffer.from(formatMessage(response.body));
    request.respond({ fields: HEAD, body: message, trailers: { 'grpc-status': String(GRPC.ok) } });
  }
}

function refuse(request: Http2Request, refusal: CallRefusal, options: OtlpReceiverOptions): void {
  options.onRefused();
  request.respond({ fields: { ...HEAD, ...refusalFields(refusal) } });
}

// What OTLP/gRPC has to answer to a unary call of an SDK: which signal, or why not; then whether its message can be
// taken. Never UNAVAILABLE, and never RetryInfo: SDKs would wait and try again inside the handler.
// Source: OTLP specification 1.11, "OTLP/gRPC"; gRPC over HTTP/2, "Requests", "Responses"

export const GRPC = {
  ok: 0,
  invalidArgument: 3,
  unimplemented: 12,
} as const;

interface Call {
  readonly signal: Signal;
  readonly isGzip: boolean;
}

interface CallRefusal {
  readonly status: number;
  readonly message: string;
  /** Further header fields. */
  readonly fields?: Readonly<Record<string, string>>;
}

/** Not RESOURCE_EXHAUSTED: Python and Java send again after that, although there is no RetryInfo. */
const OVERSIZE: CallRefusal = {
  status: GRPC.invalidArgument,
  message: `expected a message of at most ${MAX_BODY_BYTES} bytes, got more`,
};
const LARGE_HEAD: CallRefusal = {
  status: GRPC.invalidArgument,
  message: `expected metadata of at most ${MAX_BLOCK_BYTES} bytes, got more`,
};
const NO_GZIP: CallRefusal = {
  status: GRPC.invalidArgument,
  message: 'expected gzip, got a message that is not gzip',
};

/** The bytes before a message: its flag and length. */
const MESSAGE_HEAD_BYTES = 5;
const PATH =
  /^\/opentelemetry\.proto\.collector\.(?:trace\.v1\.Trace|metrics\.v1\.Metrics|logs\.v1\.Logs)Service\/Export$/;
const SIGNALS: Readonly<Record<string, Signal>> = { T: 'traces', M: 'metrics', L: 'logs' };
const MAX_MESSAGE = 1_000;
const CODINGS = { 'grpc-accept-encoding': 'identity,gzip' };

function openCall(fields: ReadonlyMap<string, string>): Call | CallRefusal {
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
function readMessage(
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
