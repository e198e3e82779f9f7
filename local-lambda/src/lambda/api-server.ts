// The HTTP server behind AWS_LAMBDA_RUNTIME_API: routes to the Extensions, Telemetry and Runtime
// API. On loopback, any free port; bodies are bounded; polls have no time limit.
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { preciseNowMs } from './clock';
import type { ExtensionsApi } from './extensions-api';
import type { RuntimeApi } from './runtime-api';
import { errorAnswer, jsonAnswer } from './telemetry-api';
import type { ApiAnswer, TelemetryApi } from './telemetry-api';

export interface ApiServer {
  /** `127.0.0.1:port`. */
  readonly address: string;
  close(): Promise<void>;
}

export interface ApiServerOptions {
  readonly extensionsApi: ExtensionsApi;
  readonly telemetryApi: TelemetryApi;
  readonly runtimeApi: RuntimeApi;
}

const MAX_BODY_BYTES = 32 * 1024 * 1024;
const INVOCATION = /^\/2018-06-01\/runtime\/invocation\/([^/]+)\/(response|error)$/;

function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_BODY_BYTES) request.destroy();
      else chunks.push(chunk);
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('close', () => resolve(undefined));
    request.on('error', () => resolve(undefined));
  });
}

function reply(response: ServerResponse, answer: ApiAnswer | undefined): void {
  if (answer === undefined || response.headersSent) return;
  response.writeHead(answer.status, { 'Content-Type': answer.contentType, ...answer.headers });
  response.end(answer.body);
}

/** Handles requests that have no body to wait for; undefined for all others. */
function takePoll(
  { extensionsApi, runtimeApi }: ApiServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  switch (`${request.method ?? ''} ${request.url ?? ''}`) {
    case 'GET /2020-01-01/extension/event/next':
      reply(response, extensionsApi.next(request, response));
      return true;
    case 'GET /2018-06-01/runtime/invocation/next':
      runtimeApi.next(response);
      return true;
    case 'GET /2018-06-01/runtime/restore/next':
      runtimeApi.restoreNext(response);
      return true;
    case 'GET /2018-06-01/ping':
      reply(response, { status: 200, body: 'pong', contentType: 'text/plain' });
      return true;
    default:
      return false;
  }
}

function subscribe(options: ApiServerOptions, request: IncomingMessage, body: string): ApiAnswer {
  const extension = options.extensionsApi.identify(request);
  if ('status' in extension) return extension;
  if (extension.state !== 'Registered') {
    const message = 'Telemetry API subscription is closed';
    return errorAnswer(403, 'Telemetry.SubscriptionClosed', message);
  }
  const answer = options.telemetryApi.subscribe(extension.name, body);
  if (answer.status === 200) extension.subscribedAtMs ??= preciseNowMs();
  return answer;
}

function answerBody(options: ApiServerOptions, request: IncomingMessage, body: Buffer): ApiAnswer {
  const { extensionsApi, runtimeApi } = options;
  switch (`${request.method ?? ''} ${request.url ?? ''}`) {
    case 'POST /2020-01-01/extension/register':
      return extensionsApi.register(request, body.toString('utf8'));
    case 'POST /2020-01-01/extension/init/error':
      return extensionsApi.reportError(request, 'init');
    case 'POST /2020-01-01/extension/exit/error':
      return extensionsApi.reportError(request, 'exit');
    case 'PUT /2022-07-01/telemetry':
      return subscribe(options, request, body.toString('utf8'));
    case 'PUT /2020-08-15/logs':
      return errorAnswer(202, 'Logs.NotSupported', 'Logs API is not supported');
    case 'POST /2018-06-01/runtime/init/error':
      return runtimeApi.initError(request, body.toString('utf8'));
    case 'POST /2018-06-01/runtime/restore/error':
      return runtimeApi.initError(request, body.toString('utf8'));
    default:
      return jsonAnswer(404, { errorMessage: 'Not Found', errorType: 'NotFound' });
  }
}

async function handle(
  options: ApiServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (takePoll(options, request, response)) return;
  const startedAtMs = preciseNowMs();
  const body = await readBody(request);
  if (body === undefined) return;
  const [, requestId, kind] = INVOCATION.exec(request.url ?? '') ?? [];
  if (request.method === 'POST' && requestId !== undefined) {
    const received = { requestId: decodeURIComponent(requestId), body, startedAtMs };
    const result = kind === 'error' ? 'error' : 'response';
    reply(response, options.runtimeApi.finish(request, result, received));
    return;
  }
  reply(response, answerBody(options, request, body));
}

export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const server = createServer((request, response) => {
    handle(options, request, response).catch((error: unknown) => {
      reply(response, errorAnswer(500, 'InternalServerError', String(error)));
    });
  });
  // Extensions and runtimes stay in their polls for a long time, and frozen ones do not answer for hours.
  server.requestTimeout = 0;
  server.headersTimeout = 0;
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
