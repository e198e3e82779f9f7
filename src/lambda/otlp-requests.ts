// What the receiver answers to a request over HTTP, and what it hands on. Loaded beside the pipeline, or when the first
// request comes: what is loaded before the first poll is waited for by every cold start.
// Source: OTLP specification 1.11, "OTLP/HTTP"
import type { ReceivedRequest } from '../http/served-connection';
import { inflate } from '../node/compression';
import {
  acceptPartly,
  openExchange,
  refuseGzip,
  refuseOversize,
  takeBody,
} from '../relay/otlp-exchange';
import type { OtlpAnswer, OtlpRequest, Encoding } from '../relay/otlp-exchange';
import { INFLATION } from './received-otlp';
import type { OtlpReceiverOptions } from './received-otlp';
import { MAX_BODY_BYTES } from './telemetry-listener';

function headOf({ method, target, fields }: ReceivedRequest): {
  readonly opened: ReturnType<typeof openExchange>;
  readonly encoding: Encoding | undefined;
} {
  const contentType = fields.get('content-type');
  const contentEncoding = fields.get('content-encoding');
  const opened = openExchange({ method, target, contentType, contentEncoding });
  return { opened, encoding: opened.kind === 'request' ? opened.request.encoding : undefined };
}

/** Larger than may be held. */
export function receiveOversize(request: ReceivedRequest, options: OtlpReceiverOptions): void {
  options.onRefused();
  const { encoding } = headOf(request);
  answer(request, refuseOversize(MAX_BODY_BYTES, encoding));
}

export function receive(request: ReceivedRequest, options: OtlpReceiverOptions): void {
  const { opened } = headOf(request);
  if (opened.kind === 'refused') {
    options.onRefused();
    answer(request, opened.answer);
  } else if (opened.request.isGzip && request.body.length > 0) {
    void inflateAndTake(request, opened.request, options);
  } else {
    take(request, opened.request, { ...options, body: request.body });
  }
}

async function inflateAndTake(
  request: ReceivedRequest,
  otlp: OtlpRequest,
  options: OtlpReceiverOptions,
): Promise<void> {
  const body = await inflate(request.body, INFLATION);
  if (body !== 'too large' && body !== 'no gzip') {
    take(request, otlp, { ...options, body });
    return;
  }
  options.onRefused();
  const { encoding } = otlp;
  const isLarge = body === 'too large';
  answer(request, isLarge ? refuseOversize(MAX_BODY_BYTES, encoding) : refuseGzip(encoding));
}

function take(
  request: ReceivedRequest,
  otlp: OtlpRequest,
  { body, onBody, onRefused }: OtlpReceiverOptions & { readonly body: Buffer },
): void {
  const taken = takeBody(otlp, body);
  let reply = taken.answer;
  try {
    if (taken.kind === 'refused') onRefused();
    else if (taken.items !== 0) {
      const { signal } = otlp;
      const { encoding, items } = taken;
      const rejected = onBody({ signal, encoding, bytes: body, items });
      if (rejected > 0) reply = acceptPartly(signal, rejected, encoding);
    }
  } finally {
    answer(request, reply);
  }
}

function answer(request: ReceivedRequest, { status, contentType, body, fields }: OtlpAnswer): void {
  const lines = Object.entries({ 'Content-Type': contentType, ...fields }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  request.answer(status, { fields: lines.join(''), body: Buffer.from(body) });
}
