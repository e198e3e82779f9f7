// Requests to the Lambda APIs on AWS_LAMBDA_RUNTIME_API. Every outcome is a value. There is no timeout unless the
// caller sets one, because the process may be frozen for hours inside GET /event/next.
import { Connections } from '../http/connections';
import { ResponseBody } from '../http/exchange';
import type { Exchange, WireRequest } from '../http/exchange';
import { formatHead } from '../http/message-head';
import { openPlainSocket, toAddress } from '../node/sockets';
import type { HeaderFields } from '../http/message-head';
import { parseObject } from '../telemetry/fields';

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Milliseconds after which the request is given up; by default never. */
  readonly timeoutMs?: number;
  /** Called when the request has been handed to the operating system. */
  readonly onSent?: () => void;
}

export type ApiResponse =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly headers: HeaderFields;
      readonly body: string;
    }
  | { readonly kind: 'failed'; readonly message: string };

export interface ApiClient {
  /** Never rejects. */
  send(request: ApiRequest): Promise<ApiResponse>;
  close(): void;
}

const MAX_RESPONSE_BYTES = 1_048_576;
const STALE_CODES = new Set(['ECONNRESET', 'EPIPE']);

/** `runtimeApi`: `host:port`, `[::1]:port` or a host alone, in the form of AWS_LAMBDA_RUNTIME_API. */
export function createApiClient(runtimeApi: string): ApiClient {
  const url = `http://${runtimeApi.replace(/^http:\/\//, '')}`;
  const authority = URL.canParse(url) ? new URL(url).host : undefined;
  const connections = new Connections({
    open: () => openPlainSocket(toAddress(url)),
    now: Date.now,
  });
  return {
    async send(request) {
      if (authority === undefined) {
        return failed(`AWS_LAMBDA_RUNTIME_API: expected host:port, got '${runtimeApi}'`);
      }
      for (;;) {
        let response: ApiResponse | 'stale';
        try {
          response = await sendOnce(request, authority, connections);
        } catch (error) {
          return failed(String(error));
        }
        // The server closed the kept connection between two requests; the next attempt uses another one.
        if (response !== 'stale') return response;
      }
    },
    close: () => connections.close(),
  };
}

async function sendOnce(
  request: ApiRequest,
  authority: string,
  connections: Connections,
): Promise<ApiResponse | 'stale'> {
  const { timeoutMs, onSent } = request;
  return new Promise((resolve) => {
    let status = 0;
    let headers: HeaderFields = new Map();
    const received = new ResponseBody(MAX_RESPONSE_BYTES);
    const finish = (outcome: ApiResponse | 'stale'): void => {
      clearTimeout(timer);
      resolve(outcome);
    };
    const exchange: Exchange = connections.start(toWireRequest(request, authority), {
      onHead: (...seen) => ([status, headers] = seen),
      onData: (chunk) => {
        if (received.add(chunk)) return;
        const problem = `expected an answer of at most ${MAX_RESPONSE_BYTES} bytes, got more`;
        exchange.destroy(new Error(problem));
      },
      onEnd: () => {
        const body = received.complete().toString('utf8');
        finish({ kind: 'answered', status, headers, body });
      },
      onError: ({ code = '', message }) => {
        const isStale = exchange.reused && status === 0 && STALE_CODES.has(code);
        finish(isStale ? 'stale' : failed(message));
      },
      ...(onSent !== undefined && { onWritten: onSent }),
    });
    const giveUp = (): void => exchange.destroy(new Error(`no answer within ${timeoutMs} ms`));
    const timer = timeoutMs === undefined ? undefined : setTimeout(giveUp, timeoutMs);
  });
}

function toWireRequest(
  { method, path, headers, body }: ApiRequest,
  authority: string,
): WireRequest {
  const bytes = body === undefined ? undefined : Buffer.from(body);
  const fields = { Host: authority, ...headers };
  const head = formatHead({
    method,
    target: path,
    fields: bytes === undefined ? fields : { ...fields, 'Content-Length': bytes.length },
  });
  return { head, body: bytes };
}

function failed(message: string): ApiResponse {
  return { kind: 'failed', message };
}

/**
 * An error of the Lambda APIs: documented as {"errorType","errorMessage"}, in practice also malformed JSON or plain
 * text.
 */
export interface ApiError {
  readonly errorType: string | undefined;
  /** The body's errorMessage, or else its text, cut to a bounded length. */
  readonly message: string;
}

const MAX_MESSAGE_LENGTH = 500;

export function readErrorBody(body: string): ApiError {
  const { errorType, errorMessage } = parseObject(body);
  return {
    errorType: typeof errorType === 'string' ? errorType : undefined,
    message: (typeof errorMessage === 'string' ? errorMessage : body).slice(0, MAX_MESSAGE_LENGTH),
  };
}
