// OTLP/gRPC of the function's own OpenTelemetry SDK: serves those connections of the receiver that begin with
// HTTP/2's preface. Loaded when the first of them comes, or earlier if the environment variables announce it.
// Source: OTLP specification 1.11, "OTLP/gRPC"; gRPC over HTTP/2
import { Http2Connection } from '../http/http2-connection';
import type { Http2Request } from '../http/http2-streams';
import { inflate } from '../node/compression';
import type { Socket } from '../node/sockets';
import {
  formatMessage,
  GRPC,
  MESSAGE_HEAD_BYTES,
  openCall,
  readMessage,
  refusalFields,
} from '../relay/grpc-exchange';
import type { Call, CallRefusal } from '../relay/grpc-exchange';
import { acceptPartly, takeBody } from '../relay/otlp-exchange';
import { INFLATION } from './received-otlp';
import type { OtlpReceiverOptions } from './received-otlp';
import { MAX_BODY_BYTES } from './telemetry-listener';

const GRPC_TYPE = /^application\/grpc(?:\+proto)?(?:;|$)/i;
const HEAD = { ':status': '200', 'content-type': 'application/grpc' };

/** `first`: the bytes that were already read from the socket. */
export function serveGrpc(socket: Socket, first: Buffer, options: OtlpReceiverOptions): void {
  new Http2Connection(socket, first, {
    maxBodyBytes: MAX_BODY_BYTES + MESSAGE_HEAD_BYTES,
    budget: options.budget,
    onRequest: (request) => receive(request, options),
    onOversize: (request) => refuse(request, OVERSIZE, options),
  });
}

const OVERSIZE: CallRefusal = {
  status: GRPC.resourceExhausted,
  message: `expected a message of at most ${MAX_BODY_BYTES} bytes, got more`,
};
const NO_GZIP: CallRefusal = {
  status: GRPC.invalidArgument,
  message: 'expected gzip, got a message that is not gzip',
};

function receive(request: Http2Request, options: OtlpReceiverOptions): void {
  const { fields, body } = request;
  if (!GRPC_TYPE.test(fields.get('content-type') ?? '') || fields.get(':method') !== 'POST') {
    options.onRefused();
    request.answer({ fields: { ':status': '415' } });
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
  let reply = taken.answer;
  try {
    const { items } = taken;
    const rejected = items === 0 ? 0 : onBody({ signal, encoding: 'protobuf', bytes: body, items });
    if (rejected > 0) reply = acceptPartly(signal, rejected, 'protobuf');
  } finally {
    const message = Buffer.from(formatMessage(reply.body));
    request.answer({ fields: HEAD, body: message, trailers: { 'grpc-status': String(GRPC.ok) } });
  }
}

function refuse(request: Http2Request, refusal: CallRefusal, options: OtlpReceiverOptions): void {
  options.onRefused();
  request.answer({ fields: { ...HEAD, ...refusalFields(refusal) } });
}
