// One request and its answer on node:http. Bounded in time by the wall clock, which a freeze does
// not stop, and in memory; knows whether the server can have acted on a request that broke.
import type { ClientRequest, IncomingMessage, RequestOptions, request } from 'node:http';
import { classifyAnswer } from './classify-answer';
import type { Clock, TransportResponse } from './transport';
import { TransportError } from './transport';
import { hearSockets } from './wait';

export interface Exchange {
  /** `request` of node:http or node:https. */
  readonly request: typeof request;
  readonly options: RequestOptions;
  readonly body: Uint8Array;
  readonly timeoutMs: number;
  readonly abort?: AbortSignal;
  /**
   * Not to be sent twice: nothing is written before the connection is there and has been heard, so that
   * one that ended during a freeze does not leave the request's fate in doubt.
   */
  readonly once?: boolean;
  readonly clock: Clock;
}

/** An answer's body is only a note about partial success or the cause of a refusal. */
const maxAnswerBytes = 64 * 1024;
/** With the status the fate is known; a body that drips after it is not waited for any longer. */
const answerBodyWaitMs = 150;
const staleConnectionCodes = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED']);

/** Sends and awaits the answer. Never rejects; resolves once, whatever the connection does later. */
export function runExchange(exchange: Exchange): Promise<TransportResponse> {
  return new Promise((resolve) => {
    let request: ClientRequest;
    try {
      request = exchange.request(exchange.options);
    } catch (error) {
      resolve({ status: 'failure', error: toTransportError(error, false) });
      return;
    }
    let expire: () => void = () => undefined;
    const cancelTimer = armDeadline(exchange, () => expire());
    const onAbort = (): void => expire();
    expire = observe(request, exchange, (response) => {
      cancelTimer();
      exchange.abort?.removeEventListener('abort', onAbort);
      resolve(response);
    });
    exchange.abort?.addEventListener('abort', onAbort);
    if (exchange.abort?.aborted === true) expire();
    else if (exchange.once === true) endWhenHeard(request, exchange.body);
    else request.end(exchange.body);
  });
}

function endWhenHeard(request: ClientRequest, body: Uint8Array): void {
  const end = async (): Promise<void> => {
    await hearSockets();
    if (!request.destroyed) request.end(body);
  };
  request.once('socket', (socket) => {
    if (socket.connecting) socket.once('connect', () => void end());
    else void end();
  });
}

/** Settles with the first outcome of the request; returns what ends it at once for lack of time. */
function observe(
  request: ClientRequest,
  { clock, timeoutMs }: Exchange,
  settle: (response: TransportResponse) => void,
): () => void {
  let bodyWritten = false;
  let answer: IncomingMessage | undefined;
  request.on('finish', () => (bodyWritten = true));
  request.on('response', (response) => {
    answer = response;
    readAnswer(response, (body) => settle(toResponse(response, body, clock)));
  });
  request.on('error', (error: NodeJS.ErrnoException) => {
    if (answer !== undefined) return;
    const stale = request.reusedSocket && staleConnectionCodes.has(error.code ?? '');
    const failure = toTransportError(error, bodyWritten, stale);
    const isNoHttpAnswer = error.code?.startsWith('HPE_') === true;
    settle({ status: isNoHttpAnswer ? 'failure' : 'retryable', error: failure });
  });
  return () => {
    if (answer === undefined) {
      const detail = { outcome: 'timeout', bodyWritten };
      settle({
        status: 'retryable',
        error: new TransportError(`no answer within ${timeoutMs} ms`, detail),
      });
    }
    request.destroy();
    answer?.destroy();
  };
}

/** Calls back (a second time without effect) with what came of the body by its end, its break, its bound or its time. */
function readAnswer(response: IncomingMessage, done: (body: Uint8Array) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const cutShort = (): void => void response.destroy();
  const timer = setTimeout(cutShort, answerBodyWaitMs).unref();
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxAnswerBytes) cutShort();
    else chunks.push(chunk);
  });
  response.on('error', () => undefined);
  const finish = (): void => {
    clearTimeout(timer);
    done(response.complete ? Buffer.concat(chunks) : new Uint8Array());
  };
  response.on('end', finish);
  response.on('close', finish);
}

function toResponse(
  { statusCode = 0, headers }: IncomingMessage,
  body: Uint8Array,
  clock: Clock,
): TransportResponse {
  const retryAfter = headers['retry-after'];
  const { location } = headers;
  return classifyAnswer(
    {
      statusCode,
      body,
      ...(retryAfter !== undefined && { retryAfter }),
      ...(location !== undefined && { location }),
    },
    clock.now(),
  );
}

/**
 * Runs `expire` once the wall clock has passed the deadline. After a thaw the timer fires before the
 * sockets are read: one more turn of the event loop lets an answer that came in meanwhile be heard.
 */
function armDeadline({ clock, timeoutMs }: Exchange, expire: () => void): () => void {
  const deadlineMs = clock.now() + timeoutMs;
  let immediate: NodeJS.Immediate | undefined;
  const check = (): void => {
    const leftMs = deadlineMs - clock.now();
    if (leftMs > 0) timer = setTimeout(check, leftMs).unref();
    else immediate = setImmediate(() => (immediate = setImmediate(expire)));
  };
  let timer = setTimeout(check, timeoutMs).unref();
  return () => {
    clearTimeout(timer);
    clearImmediate(immediate);
  };
}

function toTransportError(error: unknown, bodyWritten: boolean, stale = false): TransportError {
  const { code, message } = error as NodeJS.ErrnoException;
  const text = message === '' ? (code ?? 'connection failed') : message;
  return new TransportError(text, {
    outcome: code ?? 'connection_error',
    bodyWritten,
    ...(stale && { staleConnection: true }),
  });
}
