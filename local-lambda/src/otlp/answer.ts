// What the receiver says to an export: OTLP/HTTP's own answers, and scripted faults for tests of
// clients. Source: OTLP spec 1.11, "OTLP/HTTP Response".
import type { ServerResponse } from 'node:http';
import type { Signal } from './signal';
import { encodeOtlpMessage } from './decode';

export type BodyEncoding = 'protobuf' | 'json';

export type ScriptedAnswer =
  /** Status and body; without `body`, OTLP's own (empty success, or a google.rpc.Status). */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string | Uint8Array;
      readonly message?: string;
    }
  /** 200, but `rejected` items were not taken. 0 with a message is a warning. */
  | { readonly kind: 'partial-success'; readonly rejected: number; readonly message: string }
  /** Never answers; the connection stays open. */
  | { readonly kind: 'hang' }
  /** The connection breaks with RST. */
  | { readonly kind: 'reset' }
  /** The connection breaks with RST in the middle of a 200 answer. */
  | { readonly kind: 'reset-in-answer' }
  /** Waits, then gives `then` (by default success). */
  | { readonly kind: 'slow'; readonly delayMs: number; readonly then?: ScriptedAnswer }
  /** A 200 answer that comes byte by byte and never ends, from its head or only its body on. */
  | { readonly kind: 'slow-loris'; readonly part: 'head' | 'body'; readonly byteEveryMs: number };

/** What became of a request: `hung`, `reset`, or the status it was answered with. */
export type Outcome = 'hung' | 'reset' | number;

export const SUCCESS: ScriptedAnswer = { kind: 'status', status: 200 };

export function outcomeOf(answer: ScriptedAnswer): Outcome {
  switch (answer.kind) {
    case 'status':
      return answer.status;
    case 'partial-success':
      return 200;
    case 'hang':
      return 'hung';
    case 'slow-loris':
      return answer.part === 'body' ? 200 : 'hung';
    case 'reset':
    case 'reset-in-answer':
      return 'reset';
    case 'slow':
      return outcomeOf(answer.then ?? SUCCESS);
  }
}

export interface AnswerTo {
  readonly response: ServerResponse;
  readonly signal: Signal;
  readonly encoding: BodyEncoding;
  /** Timers of slow answers, so that the receiver can be closed at once. */
  readonly timers: Set<NodeJS.Timeout>;
}

export function sendAnswer(answer: ScriptedAnswer, to: AnswerTo): void {
  const { response, signal } = to;
  switch (answer.kind) {
    case 'status':
      sendStatus(answer, to);
      return;
    case 'partial-success': {
      const { message, rejected } = PARTIAL_SUCCESS_NAMES[signal];
      const partialSuccess = { [rejected]: answer.rejected, errorMessage: answer.message };
      send(to, { status: 200, message, value: { partialSuccess } });
      return;
    }
    case 'hang':
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'reset-in-answer':
      response.writeHead(200, { 'content-type': mediaType(to.encoding), 'content-length': 1000 });
      response.write('{', () => response.socket?.resetAndDestroy());
      return;
    case 'slow': {
      const timer = setTimeout(() => {
        to.timers.delete(timer);
        sendAnswer(answer.then ?? SUCCESS, to);
      }, answer.delayMs);
      to.timers.add(timer);
      return;
    }
    case 'slow-loris':
      dribble(answer, to);
  }
}

function dribble(
  { part, byteEveryMs }: Extract<ScriptedAnswer, { kind: 'slow-loris' }>,
  { response, encoding, timers }: AnswerTo,
): void {
  const { socket } = response;
  if (part === 'body') {
    response.writeHead(200, { 'content-type': mediaType(encoding), 'content-length': 1_000_000 });
    response.flushHeaders();
  } else {
    socket?.write('HTTP/1.1 200 OK\r\nX-Padding: ');
  }
  const timer = setInterval(() => socket?.write('.'), byteEveryMs);
  timers.add(timer);
  socket?.once('close', () => {
    clearInterval(timer);
    timers.delete(timer);
  });
}

const PARTIAL_SUCCESS_NAMES = {
  traces: { message: 'ExportTraceServiceResponse', rejected: 'rejectedSpans' },
  metrics: { message: 'ExportMetricsServiceResponse', rejected: 'rejectedDataPoints' },
  logs: { message: 'ExportLogsServiceResponse', rejected: 'rejectedLogRecords' },
} as const;

function sendStatus(answer: Extract<ScriptedAnswer, { kind: 'status' }>, to: AnswerTo): void {
  const { status, headers = {} } = answer;
  if (answer.body !== undefined) {
    to.response.writeHead(status, headers).end(answer.body);
    return;
  }
  if (status >= 200 && status < 300) {
    const { message } = PARTIAL_SUCCESS_NAMES[to.signal];
    send(to, { status, headers, message, value: {} });
    return;
  }
  const value = { message: answer.message ?? `scripted answer ${status}` };
  send(to, { status, headers, message: 'RpcStatus', value });
}

interface AnswerMessage {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly message: string;
  readonly value: Record<string, unknown>;
}

function send({ response, encoding }: AnswerTo, answer: AnswerMessage): void {
  const { status, headers = {}, message, value } = answer;
  const body =
    encoding === 'json' ? JSON.stringify(value, toJsonInteger) : encodeOtlpMessage(message, value);
  response.writeHead(status, {
    'content-type': mediaType(encoding),
    'content-length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

/** proto3 JSON writes 64-bit integers, here the `rejected…` counts, as strings. */
function toJsonInteger(key: string, value: unknown): unknown {
  return key.startsWith('rejected') ? String(value) : value;
}

function mediaType(encoding: BodyEncoding): string {
  return encoding === 'json' ? 'application/json' : 'application/x-protobuf';
}
