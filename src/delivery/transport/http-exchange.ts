// One request and its answer, bounded in time by the wall clock, which a freeze does not stop, and in
// memory; knows whether the server can have acted on a request that broke.
import type { Connections } from '../../http/connections';
import { NOT_HTTP } from '../../http/exchange';
import type { AnswerListener, Exchange } from '../../http/exchange';
import type { HeaderFields, RepeatedHead } from '../../http/message-head';
import { setAlarm } from '../../node/alarms';
import { classifyAnswer } from '../policy/classify-answer';
import type { Cancellation } from './cancellation';
import type { Clock, TransportResponse } from './transport';
import { TransportError } from './transport';
import { hearSockets } from '../policy/wait';

export interface HttpRequest {
  readonly connections: Connections;
  /** Without its Content-Length. */
  readonly head: Pick<RepeatedHead, 'format'>;
  readonly body: Uint8Array;
  readonly timeoutMs: number;
  readonly cancellation?: Cancellation | undefined;
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
export function runExchange(request: HttpRequest): Promise<TransportResponse> {
  return new Promise((resolve) => {
    let head: string;
    try {
      head = request.head.format(request.body.length);
    } catch (error) {
      resolve({ status: 'failure', error: toTransportError(error as Error, false) });
      return;
    }
    const { cancellation, body, once, connections, timeoutMs } = request;
    if (cancellation?.isCancelled === true) {
      resolve({ status: 'retryable', error: toTransportError(noAnswer(timeoutMs), false) });
      return;
    }
    const answer = new Answer(request, (response) => {
      cancelTimer();
      if (cancellation !== undefined) cancellation.onCancel = undefined;
      resolve(response);
    });
    const expire = (): void => answer.expire();
    const cancelTimer = armDeadline(request, expire);
    answer.exchange = connections.start(
      { head, body, beforeWrite: once === true ? hearSockets : undefined },
      answer,
    );
    if (cancellation !== undefined) cancellation.onCancel = expire;
  });
}

/** Settles with the first outcome of its request. */
class Answer implements AnswerListener {
  exchange: Exchange | undefined;
  private status = 0;
  private fields: HeaderFields | undefined;
  private chunks: Buffer[] = [];
  private bytes = 0;
  private isOver = false;
  private bodyTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly request: Pick<HttpRequest, 'clock' | 'timeoutMs'>,
    private readonly settle: (response: TransportResponse) => void,
  ) {}

  onHead(status: number, fields: HeaderFields): void {
    this.status = status;
    this.fields = fields;
    // Mostly the whole answer is there: then the end is heard before this runs.
    queueMicrotask(() => this.awaitBody());
  }

  private awaitBody(): void {
    if (this.isOver) return;
    this.bodyTimer = setTimeout(() => this.cutShort(), answerBodyWaitMs).unref();
  }

  onData(chunk: Buffer): void {
    this.bytes += chunk.length;
    if (this.bytes > maxAnswerBytes) this.cutShort();
    else this.chunks.push(chunk);
  }

  onEnd(): void {
    const [first] = this.chunks;
    const isWhole = first !== undefined && this.chunks.length === 1;
    this.answered(isWhole ? first : Buffer.concat(this.chunks));
  }

  onError(error: NodeJS.ErrnoException): void {
    if (this.fields !== undefined) {
      this.answered(new Uint8Array());
      return;
    }
    const { reused = false, written = false } = this.exchange ?? {};
    const stale = reused && staleConnectionCodes.has(error.code ?? '');
    const status = error.code === NOT_HTTP ? 'failure' : 'retryable';
    this.settle({ status, error: toTransportError(error, written, stale) });
  }

  /** The time is over. */
  expire(): void {
    this.exchange?.destroy(noAnswer(this.request.timeoutMs));
  }

  /** What matters of the answer is known. */
  private cutShort(): void {
    this.exchange?.destroy(new Error('the answer is too long'));
  }

  private answered(body: Uint8Array): void {
    this.isOver = true;
    clearTimeout(this.bodyTimer);
    const retryAfter = this.fields?.get('retry-after');
    const location = this.fields?.get('location');
    this.settle(
      classifyAnswer(
        {
          statusCode: this.status,
          body,
          ...(retryAfter !== undefined && { retryAfter }),
          ...(location !== undefined && { location }),
        },
        this.request.clock.now(),
      ),
    );
  }
}

function noAnswer(timeoutMs: number): NodeJS.ErrnoException {
  return Object.assign(new Error(`no answer within ${timeoutMs} ms`), { code: 'timeout' });
}

/**
 * Runs `expire` once the wall clock has passed the deadline. After a thaw the timer fires before the
 * sockets are read: one more turn of the event loop lets an answer that came in meanwhile be heard.
 */
function armDeadline({ clock, timeoutMs }: HttpRequest, expire: () => void): () => void {
  const deadlineMs = clock.now() + timeoutMs;
  let immediate: NodeJS.Immediate | undefined;
  const check = (): void => {
    const leftMs = deadlineMs - clock.now();
    if (leftMs > 0) cancelAlarm = setAlarm(check, leftMs);
    else immediate = setImmediate(() => (immediate = setImmediate(expire)));
  };
  let cancelAlarm = setAlarm(check, timeoutMs);
  return () => {
    cancelAlarm();
    clearImmediate(immediate);
  };
}

function toTransportError(
  { code, message }: NodeJS.ErrnoException,
  bodyWritten: boolean,
  stale = false,
): TransportError {
  const text = message === '' ? (code ?? 'connection failed') : message;
  return new TransportError(text, {
    outcome: code ?? 'connection_error',
    bodyWritten,
    ...(stale && { staleConnection: true }),
  });
}
