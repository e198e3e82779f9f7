// Requests to the Lambda APIs on AWS_LAMBDA_RUNTIME_API. Every outcome is a value. There is no timeout
// unless one is asked for: the process may be frozen for hours inside GET /event/next.
import { Agent, request } from 'node:http';
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Milliseconds until the request is given up; none: never. */
  readonly timeoutMs?: number;
  /** Called when the request was handed to the operating system. */
  readonly onSent?: () => void;
}

export type ApiAnswer =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly headers: IncomingHttpHeaders;
      readonly body: string;
    }
  | { readonly kind: 'failed'; readonly message: string };

export interface ApiClient {
  /** Never rejects. */
  send(request: ApiRequest): Promise<ApiAnswer>;
  close(): void;
}

interface Address {
  readonly host: string;
  readonly port: number;
}

const MAX_ANSWER_BYTES = 1_048_576;

/** `runtimeApi`: `host:port`, `[::1]:port` or a host alone, as AWS_LAMBDA_RUNTIME_API has it. */
export function createApiClient(runtimeApi: string): ApiClient {
  const address = parseAddress(runtimeApi);
  const agent = new Agent({ keepAlive: true });
  return {
    async send(apiRequest) {
      if (address === undefined) {
        return {
          kind: 'failed',
          message: `AWS_LAMBDA_RUNTIME_API: expected host:port, got '${runtimeApi}'`,
        };
      }
      for (;;) {
        const answer = await sendOnce(apiRequest, address, agent);
        // The server closed a kept connection between two requests: the next one is another.
        if (answer !== 'stale') return answer;
      }
    },
    close: () => agent.destroy(),
  };
}

function parseAddress(runtimeApi: string): Address | undefined {
  try {
    const { hostname, port } = new URL(`http://${runtimeApi.replace(/^http:\/\//, '')}`);
    return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? 80 : Number(port) };
  } catch {
    return undefined;
  }
}

function sendOnce(
  apiRequest: ApiRequest,
  { host, port }: Address,
  agent: Agent,
): Promise<ApiAnswer | 'stale'> {
  const { method, path, headers = {}, body, timeoutMs, onSent } = apiRequest;
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    let answering = false;
    const finish = (answer: ApiAnswer | 'stale'): void => {
      clearTimeout(timer);
      resolve(answer);
    };
    const outgoing = request({
      host,
      port,
      method,
      path,
      agent,
      headers:
        body === undefined ? headers : { ...headers, 'Content-Length': Buffer.byteLength(body) },
    });
    outgoing.on('error', (error) =>
      finish(!answering && isStale(outgoing, error) ? 'stale' : failed(error)),
    );
    outgoing.on('response', (response) => {
      answering = true;
      readAnswer(response).then(finish, (error: unknown) => finish(failed(error)));
    });
    if (onSent !== undefined) outgoing.on('finish', onSent);
    if (timeoutMs !== undefined) {
      timer = setTimeout(
        () => outgoing.destroy(new Error(`no answer within ${timeoutMs} ms`)),
        timeoutMs,
      );
    }
    outgoing.end(body);
  });
}

function isStale(outgoing: ClientRequest, error: NodeJS.ErrnoException): boolean {
  return outgoing.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}

function failed(error: unknown): ApiAnswer {
  return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
}

/** By events: the first async iterator of a process costs a millisecond before the first poll. */
function readAnswer(response: IncomingMessage): Promise<ApiAnswer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  return new Promise((resolve, reject) => {
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes <= MAX_ANSWER_BYTES) return;
      const problem = `expected an answer of at most ${MAX_ANSWER_BYTES} bytes, got more`;
      response.destroy(new Error(problem));
    });
    response.on('error', reject);
    response.on('end', () => {
      const { statusCode: status = 0, headers } = response;
      resolve({ kind: 'answered', status, headers, body: Buffer.concat(chunks).toString('utf8') });
    });
  });
}
