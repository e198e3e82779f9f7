// OTLP/HTTP: one POST for each send, with Content-Length (API Gateway and SigV4 refuse chunked bodies), on connections
// that survive freeze and thaw. Compression, retries and breakers are decorators or belong to the layers above.
import type { Connections } from '../../http/connections';
import type { RequestHead, HeaderFields } from '../../http/message-head';
import { RepeatedHead } from '../../http/message-head';
import type { SignalConfiguration } from '../settings/configuration';
import { MAX_IDLE_MS } from './connection-pool';
import { proxyAuthorization } from './proxy';
import type {
  Failure,
  HeaderValues,
  HeaderSource,
  Transport,
  SendResult,
  Cancellation,
} from './transport';
import { NOT_HTTP, ResponseBody } from '../../http/exchange';
import type { ResponseListener, Exchange } from '../../http/exchange';
import { setAlarm, hearSockets } from '../../node/clock';
import type { WallClock } from '../../node/clock';
import { inflate } from '../../node/compression';
import type { Secrets } from '../../secrets';
import { defined } from '../../telemetry/fields';
import { toSendResult } from '../policy/verdict';
import type { HttpResponse } from '../policy/verdict';

export type RequestConnections = Pick<Connections, 'discardIdle' | 'start'>;

export interface HttpTransportOptions {
  readonly configuration: Pick<SignalConfiguration, 'url' | 'proxyUrl'>;
  readonly headers: HeaderSource;
  /** Returns the connections to the endpoint; called for every request. */
  readonly connect: () => RequestConnections | Promise<RequestConnections>;
  readonly clock: WallClock;
  /** What must not be quoted if the endpoint echoes it. */
  readonly secrets: Secrets;
  /** Requests must not be sent twice (metrics). */
  readonly once?: boolean;
}

export function createHttpTransport(options: HttpTransportOptions): Transport {
  const { configuration, clock, secrets } = options;
  const target = toTarget(configuration);
  const withHeaders = (headers: HeaderValues) => {
    const fields: Record<string, string | number> = { ...target.fields, ...headers };
    // The signer signs and adds a Content-Length; the head writes the same value.
    delete fields['content-length'];
    return { headers, head: new RepeatedHead({ ...target, fields }) };
  };
  let current = withHeaders({});
  return {
    async send(body, timeoutMs, cancellation) {
      const startMs = clock.now();
      let headers: HeaderValues;
      try {
        const made = options.headers(body);
        headers = made instanceof Promise ? await made : made;
      } catch (error) {
        return headersUnavailable(error);
      }
      const opened = options.connect();
      const connections = opened instanceof Promise ? await opened : opened;
      connections.discardIdle(MAX_IDLE_MS);
      if (headers !== current.headers) current = withHeaders(headers);
      return runExchange({
        connections,
        head: current.head,
        body,
        timeoutMs: Math.max(timeoutMs - (clock.now() - startMs), 1),
        clock,
        secrets,
        once: options.once === true,
        cancellation,
      });
    },
  };
}

function headersUnavailable(error: unknown): SendResult {
  const message = error instanceof Error ? error.message : String(error);
  const failure = { message, outcome: 'headers_unavailable', bodyWritten: false };
  return { status: 'retryable', failure };
}

/** A plain http request is sent to the proxy itself, with its target in absolute form (RFC 9112 §3.2.2). */
function toTarget({ url, proxyUrl }: HttpTransportOptions['configuration']): RequestHead {
  const { host, pathname, search, href, protocol } = new URL(url);
  const direct = { method: 'POST', target: `${pathname}${search}`, fields: { host } };
  if (proxyUrl === undefined || protocol === 'https:') return direct;
  const authorization = proxyAuthorization(new URL(proxyUrl));
  return { ...direct, target: href.replace(/#.*$/s, ''), fields: { host, ...authorization } };
}

interface HttpRequest {
  readonly connections: RequestConnections;
  /** Does not contain a Content-Length. */
  readonly head: Pick<RepeatedHead, 'format'>;
  readonly body: Uint8Array;
  readonly timeoutMs: number;
  readonly cancellation?: Cancellation | undefined;
  /**
   * The request must not be sent twice. Nothing is written before the connection is open and has been read from, so
   * that the request's fate is not in doubt if the connection ended during a freeze.
   */
  readonly once?: boolean;
  readonly clock: WallClock;
  readonly secrets: Secrets;
}

/** The body of an answer only says why items were rejected. */
const MAX_RESPONSE_BYTES = 64 * 1024;
/** The status decides the request's fate; a body that arrives slowly after it is not waited for any longer. */
const RESPONSE_BODY_WAIT_MS = 150;
const GIVEN_UP = 'no answer in the time that was left';
const STALE_CONNECTION_CODES = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED']);

/**
 * Sends a request and waits for the answer, bounded in memory and in time. The time is that of the wall clock, which a
 * freeze does not stop. A failure says whether the server can have acted on the request. Never rejects; resolves once,
 * whatever the connection does later.
 */
export function runExchange(request: HttpRequest): Promise<SendResult> {
  return new Promise((resolve) => {
    let head: string;
    try {
      head = request.head.format(request.body.length);
    } catch (error) {
      resolve({ status: 'failure', failure: toFailure(error as Error) });
      return;
    }
    const { cancellation, body, once, connections, timeoutMs } = request;
    if (cancellation?.isCancelled === true) {
      resolve({ status: 'retryable', failure: toFailure(noResponse(GIVEN_UP)) });
      return;
    }
    const response = new ReceivedResponse(request, (result) => {
      cancelTimer();
      if (cancellation !== undefined) cancellation.onCancel = undefined;
      resolve(result);
    });
    const cancelTimer = armDeadline(request, () =>
      response.end(`no answer within ${timeoutMs} ms`),
    );
    response.exchange = connections.start(
      { head, body, beforeWrite: once === true ? hearSockets : undefined },
      response,
    );
    if (cancellation !== undefined) cancellation.onCancel = () => response.end(GIVEN_UP);
  });
}

class ReceivedResponse implements ResponseListener {
  exchange: Exchange | undefined;
  private status = 0;
  private fields: HeaderFields | undefined;
  private readonly body = new ResponseBody(MAX_RESPONSE_BYTES);
  private isOver = false;
  private bodyTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly request: Pick<HttpRequest, 'clock' | 'secrets'>,
    private readonly resolve: (result: SendResult) => void,
  ) {}

  onHead(status: number, fields: HeaderFields): void {
    this.status = status;
    this.fields = fields;
    // The whole answer has usually arrived, and then its end is seen before this runs.
    queueMicrotask(() => this.awaitBody());
  }

  private awaitBody(): void {
    if (this.isOver) return;
    this.bodyTimer = setTimeout(() => this.cutShort(), RESPONSE_BODY_WAIT_MS).unref();
  }

  onData(chunk: Buffer): void {
    if (!this.body.add(chunk)) this.cutShort();
  }

  onEnd(): void {
    this.answered(true);
  }

  onError(error: NodeJS.ErrnoException): void {
    if (this.fields !== undefined) {
      this.answered(false);
      return;
    }
    const { reused = false, written = false, begun = false } = this.exchange ?? {};
    const stale = reused && STALE_CONNECTION_CODES.has(error.code ?? '');
    const status = error.code === NOT_HTTP ? 'failure' : 'retryable';
    this.resolve({ status, failure: toFailure(error, { written, begun, stale }) });
  }

  /** To be called when the answer is no longer waited for. */
  end(reason: string): void {
    this.exchange?.destroy(noResponse(reason));
  }

  /** Ends the exchange once everything that matters of the answer is known. */
  private cutShort(): void {
    this.exchange?.destroy(new Error('the answer is too long'));
  }

  private answered(isWhole: boolean): void {
    this.isOver = true;
    clearTimeout(this.bodyTimer);
    const body = this.body.complete();
    const isPacked = /\bgzip\b/i.test(this.fields?.get('content-encoding') ?? '');
    if (!isPacked) this.classify(isWhole ? 'whole' : 'part', body);
    else {
      void inflate(body, { maxBytes: MAX_RESPONSE_BYTES }).then((plain) => {
        if (typeof plain === 'string') this.classify('unreadable', new Uint8Array());
        else this.classify('whole', plain);
      });
    }
  }

  private classify(state: HttpResponse['state'], body: Uint8Array): void {
    const fields = {
      retryAfter: this.fields?.get('retry-after'),
      location: this.fields?.get('location'),
      contentType: this.fields?.get('content-type'),
    };
    const response: HttpResponse = {
      statusCode: this.status,
      body,
      state: this.body.isTooLarge ? 'unreadable' : state,
      isReused: this.exchange?.reused ?? false,
      ...defined(fields),
    };
    const { clock, secrets } = this.request;
    this.resolve(toSendResult(response, { nowMs: clock.now(), secrets }));
  }
}

function noResponse(reason: string): NodeJS.ErrnoException {
  return Object.assign(new Error(reason), { code: 'timeout' });
}

/**
 * Calls `expire` once the process has run for this long. The wall clock may be set back, and time that a freeze took is
 * noticed by the next flush. After a thaw the timer fires before sockets are read, so one more turn of the event loop
 * lets an answer that has arrived in the meantime be read.
 */
function armDeadline({ timeoutMs }: HttpRequest, expire: () => void): () => void {
  let immediate: NodeJS.Immediate | undefined;
  const cancelAlarm = setAlarm(() => {
    immediate = setImmediate(() => (immediate = setImmediate(expire)));
  }, timeoutMs);
  return () => {
    cancelAlarm();
    clearImmediate(immediate);
  };
}

function toFailure(
  { code, message }: NodeJS.ErrnoException,
  { written = false, begun = false, stale = false } = {},
): Failure {
  return {
    message: message === '' ? (code ?? 'connection failed') : message,
    outcome: code ?? 'connection_error',
    bodyWritten: written,
    begun,
    ...(stale && { staleConnection: true }),
  };
}
