// An OTLP/HTTP receiver for the demo, tests and users: POST /v1/{traces,metrics,logs} in protobuf or
// JSON, plain or gzip. It decodes with its own schema, keeps everything, and on demand misbehaves.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Signal } from './signal';
import type { BodyEncoding, ScriptedAnswer } from './answer';
import { outcomeOf, sendAnswer, SUCCESS } from './answer';
import type { AcceptedRequests, ReceivedRequest, RefusedRequest } from './arrivals';
import { Arrivals } from './arrivals';
import { tryDecodeOtlp, tryDecodeOtlpJson } from './decode';
import { readBody } from './request-body';

/** An export request before its answer. */
type Unanswered = WithoutOutcome<ReceivedRequest>;
type WithoutOutcome<R> = R extends ReceivedRequest ? Omit<R, 'outcome'> : never;

/** The head of an export request, before its body is read. */
interface RequestHead {
  readonly signal: Signal;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

export interface OtlpReceiverOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free one. */
  readonly port?: number;
  /** Larger bodies, compressed or not, are answered with 413. Default 64 MiB. */
  readonly maxBodyBytes?: number;
  /** Answer to a request that was read; undefined is success. */
  readonly respond?: (request: Unanswered) => ScriptedAnswer | undefined;
  /** Called with each request that was answered with 200. */
  readonly onAccepted?: (request: ReceivedRequest) => void;
  /** Answer before the body is read; undefined reads on. Such requests are not kept. */
  readonly respondEarly?: (head: RequestHead) => ScriptedAnswer | undefined;
}

export interface OtlpReceiver {
  /** Base URL, as for `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly url: string;
  readonly port: number;
  /** Every decodable export request, in order of arrival, whatever its outcome. */
  readonly requests: readonly ReceivedRequest[];
  /** Everything else that arrived. */
  readonly refused: readonly RefusedRequest[];
  /** OTLP of the requests answered with 200; a snapshot. */
  readonly accepted: AcceptedRequests;
  /** Connections accepted since the start. */
  readonly connections: number;
  /** Changes the script from the next request on. */
  respondWith(respond: OtlpReceiverOptions['respond']): void;
  /** Resolves when the predicate holds; rejects with what did arrive after `timeoutMs`. */
  waitFor(predicate: (receiver: OtlpReceiver) => boolean, timeoutMs: number): Promise<void>;
  /** Stops listening and breaks every connection. Idempotent. */
  close(): Promise<void>;
}

interface State {
  readonly arrivals: Arrivals;
  readonly timers: Set<NodeJS.Timeout>;
  /** Number of each open connection. */
  readonly sockets: Map<Socket, number>;
  readonly maxBodyBytes: number;
  readonly respondEarly: OtlpReceiverOptions['respondEarly'];
  readonly onAccepted: OtlpReceiverOptions['onAccepted'];
  respond: OtlpReceiverOptions['respond'];
  connections: number;
}

const DEFAULT_MAX_BODY_BYTES = 64 * 1024 * 1024;

export async function startOtlpReceiver(options: OtlpReceiverOptions = {}): Promise<OtlpReceiver> {
  const { host = '127.0.0.1', port = 0, maxBodyBytes = DEFAULT_MAX_BODY_BYTES } = options;
  const state: State = {
    arrivals: new Arrivals(),
    timers: new Set(),
    sockets: new Map(),
    maxBodyBytes,
    respondEarly: options.respondEarly,
    onAccepted: options.onAccepted,
    respond: options.respond,
    connections: 0,
  };
  const server = createServer((request, response) => void handle(request, response, state));
  // A thawed client may come back on a connection that has been idle for long; only the client closes it.
  server.keepAliveTimeout = 0;
  server.on('connection', (socket) => {
    state.connections += 1;
    state.sockets.set(socket, state.connections);
    // Resets are expected here, and there is no request left to report them to.
    socket.on('error', () => undefined);
    socket.on('close', () => state.sockets.delete(socket));
  });
  server.listen(port, host);
  await once(server, 'listening');
  const bound = server.address() as AddressInfo;
  const receiver: OtlpReceiver = {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound.port}`,
    port: bound.port,
    requests: state.arrivals.requests,
    refused: state.arrivals.refused,
    get accepted() {
      return state.arrivals.accepted;
    },
    get connections() {
      return state.connections;
    },
    respondWith: (respond) => {
      state.respond = respond;
    },
    waitFor: (predicate, timeoutMs) => state.arrivals.waitFor(() => predicate(receiver), timeoutMs),
    close: async () => {
      for (const timer of state.timers) clearTimeout(timer);
      const closed = server.listening ? once(server, 'close') : Promise.resolve();
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return receiver;
}

const SIGNAL_OF_PATH: Readonly<Record<string, Signal>> = {
  '/v1/traces': 'traces',
  '/v1/metrics': 'metrics',
  '/v1/logs': 'logs',
};

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  state: State,
): Promise<void> {
  const path = new URL(request.url ?? '/', 'http://receiver').pathname;
  const { method = '', headers } = request;
  // A base path, as gateways have it, is fine: what counts is how it ends.
  const signal = SIGNAL_OF_PATH[path.slice(path.lastIndexOf('/v1/'))];
  const encoding = encodingOf(headers['content-type'] ?? '');
  const answer = await toAnswer(request, { signal, encoding, path }, state).catch(
    (error: unknown): Refusal => ({ kind: 'refusal', status: 500, reason: String(error) }),
  );
  const to = { response, signal: signal ?? 'traces', encoding: encoding ?? 'json' } as const;
  if (answer.kind !== 'refusal') {
    sendAnswer(answer, { ...to, timers: state.timers });
    return;
  }
  const { status, reason } = answer;
  state.arrivals.refuse({ arrivedAtMs: Date.now(), method, path, headers, status, reason });
  if (status === 0) return;
  // The rest of an unread body would be taken for the next request.
  const close = request.complete ? {} : { headers: { connection: 'close' } };
  const scripted = { kind: 'status', status, message: reason, ...close } as const;
  sendAnswer(scripted, { ...to, timers: state.timers });
}

/** `status` 0 means that the client is gone. */
interface Refusal {
  readonly kind: 'refusal';
  readonly status: number;
  readonly reason: string;
}

interface Target {
  readonly signal: Signal | undefined;
  readonly encoding: BodyEncoding | undefined;
  readonly path: string;
}

async function toAnswer(
  request: IncomingMessage,
  { signal, encoding, path }: Target,
  state: State,
): Promise<ScriptedAnswer | Refusal> {
  const { method = '', headers } = request;
  const refusal = (status: number, reason: string): Refusal => ({
    kind: 'refusal',
    status,
    reason,
  });
  if (signal === undefined)
    return refusal(404, `path: expected /v1/traces, /v1/metrics or /v1/logs, got ${path}`);
  if (method !== 'POST') return refusal(405, `method: expected POST, got ${method}`);
  if (encoding === undefined)
    return refusal(
      415,
      `content-type: expected application/x-protobuf or application/json, got ${headers['content-type'] ?? 'none'}`,
    );
  const early = state.respondEarly?.({ signal, path, headers });
  if (early !== undefined) return early;
  const read = await readBody(request, state.maxBodyBytes);
  if (!read.ok) return refusal(read.status, read.reason);
  const { body, rawBody } = read;
  const decoded =
    encoding === 'json' ? tryDecodeOtlpJson(signal, body) : tryDecodeOtlp(signal, body);
  if (!decoded.ok) return refusal(400, decoded.reason);
  const { otlp, unknownFields } = decoded;
  const connection = state.sockets.get(request.socket) ?? 0;
  const wire = { path, headers, rawBody, body, encoding, connection, arrivedAtMs: Date.now() };
  // The decoder's overload ties `otlp` to `signal`, which a union of both cannot express.
  const unanswered = { ...wire, signal, otlp, unknownFields } as Unanswered;
  const scripted = state.respond?.(unanswered) ?? SUCCESS;
  const received = { ...unanswered, outcome: outcomeOf(scripted) };
  state.arrivals.add(received);
  if (received.outcome === 200) state.onAccepted?.(received);
  return scripted;
}

function encodingOf(contentType: string): BodyEncoding | undefined {
  const mediaType = contentType.split(';')[0]?.trim().toLowerCase();
  if (mediaType === 'application/x-protobuf') return 'protobuf';
  return mediaType === 'application/json' ? 'json' : undefined;
}
