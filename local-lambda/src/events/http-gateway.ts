// A server whose requests become API Gateway v2 events, and whose answers are what the function
// returned. Source: AWS "Working with AWS Lambda proxy integrations for HTTP APIs", format 2.0.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { listenOnLoopback } from '../listen-on-loopback';
import type { LoopbackServer } from '../listen-on-loopback';
import type { Invocation, InvokeOptions } from '../lambda/invocation';

const MAX_BODY_BYTES = 10 * 1024 * 1024;
const TEXT_TYPES =
  /^(text\/|application\/(json|javascript|xml|x-www-form-urlencoded)|[^;]*\+(json|xml))/i;

export interface GatewayOptions {
  readonly port: number;
  readonly accountId: string;
  readonly invoke: (event: unknown, options: InvokeOptions) => Promise<Invocation>;
}

interface ReceivedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly protocol: string;
  readonly sourceIp: string;
  readonly body: Buffer;
  readonly accountId: string;
  readonly requestId: string;
  /** Epoch milliseconds. */
  readonly atMs: number;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `16/Oct/2025:07:41:06 +0000` */
function toLogTime(atMs: number): string {
  const [date = '', time = ''] = new Date(atMs).toISOString().slice(0, 19).split('T');
  const [year = '', month = '', day = ''] = date.split('-');
  return `${day}/${MONTHS[Number(month) - 1] ?? month}/${year}:${time} +0000`;
}

/** Several values of one name are joined with commas. */
function toParameters(query: string): Record<string, string> | undefined {
  const parameters = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    const known = parameters.get(name);
    parameters.set(name, known === undefined ? value : `${known},${value}`);
  }
  return parameters.size === 0 ? undefined : Object.fromEntries(parameters);
}

function toHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const entries = Object.entries(headers).flatMap(([name, value]) =>
    name === 'cookie' || value === undefined
      ? []
      : [[name, typeof value === 'string' ? value : value.join(',')] as const],
  );
  return Object.fromEntries(entries);
}

export function toGatewayEvent(request: ReceivedRequest): Readonly<Record<string, unknown>> {
  const { method, headers, body, atMs } = request;
  const [path = '/', ...query] = request.url.split('?');
  const rawQueryString = query.join('?');
  const host = headers.host ?? 'localhost';
  const isText = TEXT_TYPES.test(headers['content-type'] ?? 'text/plain');
  const cookies = headers.cookie?.split(';').map((cookie) => cookie.trim());
  const parameters = toParameters(rawQueryString);
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: decodePath(path),
    rawQueryString,
    ...(cookies === undefined ? {} : { cookies }),
    headers: toHeaders(headers),
    ...(parameters === undefined ? {} : { queryStringParameters: parameters }),
    requestContext: {
      accountId: request.accountId,
      apiId: 'local',
      domainName: host,
      domainPrefix: host.split(/[.:]/)[0],
      http: {
        method,
        path: decodePath(path),
        protocol: request.protocol,
        sourceIp: request.sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: request.requestId,
      routeKey: '$default',
      stage: '$default',
      time: toLogTime(atMs),
      timeEpoch: atMs,
    },
    ...(body.length === 0 ? {} : { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

function decodePath(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}

export interface GatewayAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Buffer | string;
}

const INTERNAL_SERVER_ERROR: GatewayAnswer = {
  status: 500,
  headers: { 'content-type': 'application/json' },
  body: '{"message":"Internal Server Error"}',
};

/** What awslambda.HttpResponseStream writes between status and headers, as JSON, and the body. */
const PRELUDE_END = '\0'.repeat(8);

/** The streamed response of a function URL in one piece; any other result as it is. */
function joinStream(response: unknown): unknown {
  if (typeof response !== 'string') return response;
  const end = response.indexOf(PRELUDE_END);
  if (end < 0) return response;
  try {
    const prelude = JSON.parse(response.slice(0, end)) as object;
    return { statusCode: 200, ...prelude, body: response.slice(end + PRELUDE_END.length) };
  } catch {
    return response;
  }
}

/** A result without statusCode is the body itself, as JSON; an error of the function is a 500. */
export function toGatewayAnswer(
  invocation: Pick<Invocation, 'response' | 'functionError' | 'status'>,
): GatewayAnswer {
  const { functionError, status } = invocation;
  const response = joinStream(invocation.response);
  if (status !== 'success' || functionError !== undefined) return INTERNAL_SERVER_ERROR;
  const result = response as Readonly<Record<string, unknown>> | null | undefined;
  if (result?.['statusCode'] === undefined) {
    const body = typeof response === 'string' ? response : JSON.stringify(response ?? null);
    return { status: 200, headers: { 'content-type': 'application/json' }, body };
  }
  const statusCode = Number(result['statusCode']);
  if (!Number.isInteger(statusCode) || statusCode < 200 || statusCode > 599) {
    return INTERNAL_SERVER_ERROR;
  }
  const { headers = {}, cookies, body = '', isBase64Encoded } = result;
  const named = Object.entries(headers as Record<string, unknown>).map(
    ([name, value]) => [name.toLowerCase(), String(value)] as const,
  );
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return {
    status: statusCode,
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      ...Object.fromEntries(named),
      ...(Array.isArray(cookies) ? { 'set-cookie': cookies.map(String) } : {}),
    },
    body: isBase64Encoded === true ? Buffer.from(text, 'base64') : text,
  };
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return bytes > MAX_BODY_BYTES ? undefined : Buffer.concat(chunks);
}

async function answer(
  options: GatewayOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request);
  if (body === undefined) {
    response.writeHead(413, { 'content-type': 'application/json' });
    response.end('{"message":"Request Entity Too Large"}');
    return;
  }
  const event = toGatewayEvent({
    method: request.method ?? 'GET',
    url: request.url ?? '/',
    headers: request.headers,
    protocol: `HTTP/${request.httpVersion}`,
    sourceIp: request.socket.remoteAddress ?? '127.0.0.1',
    body,
    accountId: options.accountId,
    requestId: randomUUID(),
    atMs: Date.now(),
  });
  const traceHeader = request.headers['x-amzn-trace-id'];
  const invocation = await options.invoke(
    event,
    typeof traceHeader === 'string' ? { traceHeader } : {},
  );
  const { status, headers, body: content } = toGatewayAnswer(invocation);
  response.writeHead(status, headers as Record<string, string | string[]>);
  response.end(content);
}

/** Rejects when the port is taken. */
export function startHttpGateway(options: GatewayOptions): Promise<LoopbackServer> {
  const server = createServer((request, response) => {
    answer(options, request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(502, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ message: String(error) }));
    });
  });
  return listenOnLoopback(server, options.port);
}
