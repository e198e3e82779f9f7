// Where the function's own OpenTelemetry SDK hands its telemetry over: OTLP/HTTP on both loopback addresses, and on
// nothing else; a connection that begins as gRPC does is grpc-receiver.ts's. A request is answered in the turn that
// completes its body, whatever the endpoint does; no header beyond type and encoding is looked at.
// Source: OTLP specification 1.11, "OTLP/HTTP"
import type { Diagnostics } from '../diagnostics';
import { startHttpServer } from '../http/server';
import type { HttpServerOptions, ReceivedRequest } from '../http/served-connection';
import type { HttpServer } from '../http/server';
import { inflate } from '../node/compression';
import {
  acceptPartly,
  openExchange,
  refuseGzip,
  refuseOversize,
  takeBody,
} from '../relay/otlp-exchange';
import type { OtlpAnswer, OtlpRequest, Encoding } from '../relay/otlp-exchange';
import type * as Grpc from './grpc-receiver';
import { INFLATION } from './received-otlp';
import type { OtlpReceiverOptions } from './received-otlp';
import { MAX_BODY_BYTES } from './telemetry-listener';

export interface OtlpReceiver {
  close(): void;
}

const HOSTS = ['127.0.0.1', '::1'];
/** The machine has no such address: IPv6 is off. */
const NO_ADDRESS = /\b(?:EADDRNOTAVAIL|EAFNOSUPPORT)\b/;

/** Loads what speaks gRPC, also ahead of the connection that needs it. */
export async function loadGrpc(): Promise<typeof Grpc> {
  return import('./grpc-receiver');
}

/** Never rejects: an address that is taken costs one warning, and the others serve. */
export async function startOtlpReceiver(options: OtlpReceiverOptions): Promise<OtlpReceiver> {
  const { ports, budget, diagnostics } = options;
  let hasWarned = false;
  const server: HttpServerOptions = {
    maxBodyBytes: MAX_BODY_BYTES,
    budget,
    usesReserve: true,
    onRequest: (request) => receive(request, options),
    onOversize: (request) => {
      options.onRefused();
      const { encoding } = headOf(request);
      answer(request, refuseOversize(MAX_BODY_BYTES, encoding));
    },
    onHttp2: (socket, first) => {
      loadGrpc().then(
        ({ serveGrpc }) => serveGrpc(socket, first, options),
        (error: unknown) => {
          socket.destroy();
          if (hasWarned) return;
          hasWarned = true;
          diagnostics.warn(
            `OTLP receiver: gRPC could not be loaded (${String(error)}); HTTP is taken`,
          );
        },
      );
    },
    onError: ({ message }) =>
      diagnostics.error(`OTLP receiver: ${message}; the function's own telemetry may be missing`),
  };
  const addresses = ports.flatMap((port) => HOSTS.map((host) => ({ host, port })));
  const bound = await Promise.allSettled(
    addresses.map((address) => startHttpServer(server, address)),
  );
  warnOfTaken(bound, diagnostics);
  return {
    close: () => {
      for (const one of bound) if (one.status === 'fulfilled') one.value.close();
    },
  };
}

function warnOfTaken(
  bound: readonly PromiseSettledResult<HttpServer>[],
  diagnostics: Diagnostics,
): void {
  const reasons = bound.flatMap((one) => {
    const reason = one.status === 'rejected' ? String(one.reason) : '';
    return reason === '' || NO_ADDRESS.test(reason) ? [] : [reason];
  });
  if (reasons.length === 0) return;
  const serves = bound.some(({ status }) => status === 'fulfilled');
  const consequence = serves
    ? 'the other addresses serve'
    : "the function's own telemetry is not received";
  diagnostics.warn(`OTLP receiver: expected free ports, got ${reasons.join(', ')}; ${consequence}`);
}

function headOf({ method, target, fields }: ReceivedRequest): {
  readonly opened: ReturnType<typeof openExchange>;
  readonly encoding: Encoding | undefined;
} {
  const contentType = fields.get('content-type');
  const contentEncoding = fields.get('content-encoding');
  const opened = openExchange({ method, target, contentType, contentEncoding });
  return { opened, encoding: opened.kind === 'request' ? opened.request.encoding : undefined };
}

function receive(request: ReceivedRequest, options: OtlpReceiverOptions): void {
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
      const { encoding } = taken;
      const rejected = onBody({ signal, encoding, bytes: body });
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
