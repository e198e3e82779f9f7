// Answers the receiver's HTTP requests and hands their bodies on. Loaded together with the pipeline or when the first
// request comes, since every cold start waits for what is loaded before the first poll.
// Source: OTLP specification 1.11, "OTLP/HTTP"
import type { HeaderFields } from '../http/message-head';
import type { ReceivedRequest } from '../http/served-connection';
import { inflate } from '../node/compression';
import {
  acceptPartly,
  openExchange,
  refuseGzip,
  refuseOversize,
  takeBody,
} from '../relay/otlp-exchange';
import type { OpenedExchange, OtlpResponse, OtlpRequest } from '../relay/otlp-exchange';
import { INFLATION } from './received-otlp';
import type { OtlpReceiverOptions } from './received-otlp';
import { MAX_BODY_BYTES } from './telemetry-api';

/** Keyed by the head: a connection keeps one object for it as long as the client repeats the same head. */
const EXCHANGES = new WeakMap<HeaderFields, OpenedExchange>();

function open({ method, target, fields }: ReceivedRequest): OpenedExchange {
  const known = EXCHANGES.get(fields);
  if (known !== undefined) return known;
  const contentType = fields.get('content-type');
  const contentEncoding = fields.get('content-encoding');
  const opened = openExchange({ method, target, contentType, contentEncoding });
  EXCHANGES.set(fields, opened);
  return opened;
}

/** Refuses a request whose body is larger than the limit. */
export function receiveOversize(request: ReceivedRequest, options: OtlpReceiverOptions): void {
  options.onRefused();
  const opened = open(request);
  const encoding = opened.kind === 'request' ? opened.request.encoding : undefined;
  respond(request, refuseOversize(MAX_BODY_BYTES, encoding));
}

export function receive(request: ReceivedRequest, options: OtlpReceiverOptions): void {
  const opened = open(request);
  if (opened.kind === 'refused') {
    options.onRefused();
    respond(request, opened.response);
  } else if (opened.request.isGzip && request.body.length > 0) {
    void inflateAndTake(request, opened.request, options);
  } else {
    take(request, opened.request, request.body, options);
  }
}

async function inflateAndTake(
  request: ReceivedRequest,
  otlp: OtlpRequest,
  options: OtlpReceiverOptions,
): Promise<void> {
  const body = await inflate(request.body, INFLATION);
  if (body !== 'too large' && body !== 'no gzip') {
    take(request, otlp, body, options);
    return;
  }
  options.onRefused();
  const { encoding } = otlp;
  const isLarge = body === 'too large';
  respond(request, isLarge ? refuseOversize(MAX_BODY_BYTES, encoding) : refuseGzip(encoding));
}

function take(
  request: ReceivedRequest,
  otlp: OtlpRequest,
  body: Buffer,
  { onBody, onRefused }: OtlpReceiverOptions,
): void {
  const taken = takeBody(otlp, body);
  let response = taken.response;
  try {
    if (taken.kind === 'refused') onRefused();
    else if (taken.items !== 0) {
      const { signal } = otlp;
      const { encoding, items } = taken;
      const rejected = onBody({ signal, encoding, bytes: body, items });
      if (rejected > 0) response = acceptPartly(signal, rejected, encoding);
    }
  } finally {
    respond(request, response);
  }
}

function respond(
  request: ReceivedRequest,
  { status, contentType, body, fields }: OtlpResponse,
): void {
  let lines = `Content-Type: ${contentType}\r\n`;
  for (const name in fields) lines += `${name}: ${fields[name] ?? ''}\r\n`;
  const text = body.length === 0 ? undefined : Buffer.from(body);
  request.respond(status, { fields: lines, ...(text && { body: text }) });
}
