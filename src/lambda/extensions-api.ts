// The Extensions API (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html):
// register, event/next, init/error, exit/error. Outcomes are values; nothing here retries.
import { readErrorBody } from './http-client';
import { parseObject } from '../telemetry/fields';
import type { ApiResponse, ApiClient } from './http-client';

const API = '/2020-01-01/extension';
/** Lambda answers registrations and reports at once; without an answer in this time the API is not there. */
const RESPONSE_TIMEOUT_MS = 2_000;

/** What register answered; members that could not be read are missing. */
export interface Registration {
  readonly extensionId: string;
  readonly accountId?: string;
  readonly functionName?: string;
  readonly functionVersion?: string;
}

export type RegisterOutcome =
  | { readonly kind: 'registered'; readonly registration: Registration }
  /** A 4xx, or a 200 without an identifier: repeating the request would change nothing. */
  | { readonly kind: 'refused'; readonly errorType: string | undefined; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string };

/** INVOKE as received; optional members may be missing (RIE) or have another form. */
export interface InvokeEvent {
  readonly eventType: 'INVOKE';
  readonly requestId: string;
  /** Epoch milliseconds at which the function times out. */
  readonly deadlineMs: number;
  readonly invokedFunctionArn?: string;
  /** The value of the X-Amzn-Trace-Id header. */
  readonly tracingValue?: string;
}

export interface ShutdownEvent {
  readonly eventType: 'SHUTDOWN';
  /** Free text: `spindown`, `timeout`, `failure`, `Timeout`, `SandboxTerminated`, ... */
  readonly shutdownReason: string;
  /** Epoch milliseconds at which Lambda sends SIGKILL. */
  readonly deadlineMs: number;
}

export type NextEvent = InvokeEvent | ShutdownEvent;

export type NextOutcome =
  | { readonly kind: 'event'; readonly event: NextEvent }
  | { readonly kind: 'failed'; readonly message: string };

export interface RegisterRequest {
  /** The extension's file name, sent as Lambda-Extension-Name. */
  readonly name: string;
  readonly events: readonly ('INVOKE' | 'SHUTDOWN')[];
}

export async function register(
  client: ApiClient,
  { name, events }: RegisterRequest,
): Promise<RegisterOutcome> {
  const response = await client.send({
    method: 'POST',
    path: `${API}/register`,
    headers: {
      'Lambda-Extension-Name': name,
      'Lambda-Extension-Accept-Feature': 'accountId',
      'Content-Type': 'application/json',
    },
    body: JSON.stringify({ events }),
    timeoutMs: RESPONSE_TIMEOUT_MS,
  });
  if (response.kind === 'failed') return response;
  if (response.status !== 200) return refusal(response);
  const identifier = response.headers.get('lambda-extension-identifier');
  if (identifier === undefined || identifier === '') {
    return {
      kind: 'refused',
      errorType: undefined,
      message: 'expected the header Lambda-Extension-Identifier, got none',
    };
  }
  return { kind: 'registered', registration: readRegistration(identifier, response.body) };
}

function refusal(response: Extract<ApiResponse, { kind: 'answered' }>): RegisterOutcome {
  const { errorType, message } = readErrorBody(response.body);
  const text = `expected status 200, got ${response.status} ${message}`;
  return response.status >= 400 && response.status < 500
    ? { kind: 'refused', errorType, message: text }
    : { kind: 'failed', message: text };
}

/** What register answered; members of an unexpected type are left out. */
export function readRegistration(extensionId: string, body: string): Registration {
  const seen = parseObject(body);
  const texts = ['accountId', 'functionName', 'functionVersion'].flatMap((name) => {
    const value = seen[name];
    return typeof value === 'string' && value !== '' ? [[name, value] as const] : [];
  });
  return { extensionId, ...Object.fromEntries(texts) };
}

/** Waits for the next event, if necessary for hours. Never rejects. */
export async function nextEvent(
  client: ApiClient,
  extensionId: string,
  onSent?: () => void,
): Promise<NextOutcome> {
  const response = await client.send({
    method: 'GET',
    path: `${API}/event/next`,
    headers: { 'Lambda-Extension-Identifier': extensionId },
    ...(onSent !== undefined && { onSent }),
  });
  if (response.kind === 'failed') return response;
  if (response.status !== 200) {
    const { message } = readErrorBody(response.body);
    return { kind: 'failed', message: `expected status 200, got ${response.status} ${message}` };
  }
  const event = readNextEvent(response.body);
  if (event !== undefined) return { kind: 'event', event };
  return {
    kind: 'failed',
    message: `expected an INVOKE or SHUTDOWN event, got ${response.body.slice(0, 200)}`,
  };
}

/** Reads an event from a body, whatever its content type; deadlineMs is NaN if it is not a number. */
function readNextEvent(body: string): NextEvent | undefined {
  const seen = parseObject(body);
  const deadlineMs = Number(seen['deadlineMs'] ?? Number.NaN);
  const text = (value: unknown): string | undefined =>
    typeof value === 'string' && value !== '' ? value : undefined;
  switch (seen['eventType']) {
    case 'INVOKE': {
      const arn = text(seen['invokedFunctionArn']);
      const tracing = seen['tracing'];
      const tracingValue =
        typeof tracing === 'object' && tracing !== null && 'value' in tracing
          ? text(tracing.value)
          : undefined;
      return {
        eventType: 'INVOKE',
        requestId: text(seen['requestId']) ?? '',
        deadlineMs,
        ...(arn !== undefined && { invokedFunctionArn: arn }),
        ...(tracingValue !== undefined && { tracingValue }),
      };
    }
    case 'SHUTDOWN':
      return {
        eventType: 'SHUTDOWN',
        shutdownReason: text(seen['shutdownReason']) ?? 'unknown',
        deadlineMs,
      };
    default:
      return undefined;
  }
}

export interface ReportedError {
  /** `Extension.Reason` by AWS's convention. */
  readonly errorType: string;
  readonly errorMessage: string;
}

/** POSTs to /init/error or /exit/error; the process is expected to exit afterwards. */
export async function reportError(
  client: ApiClient,
  extensionId: string,
  { phase, errorType, errorMessage }: ReportedError & { readonly phase: 'init' | 'exit' },
): Promise<void> {
  await client.send({
    method: 'POST',
    path: `${API}/${phase}/error`,
    headers: {
      'Lambda-Extension-Identifier': extensionId,
      'Lambda-Extension-Function-Error-Type': errorType,
      'Content-Type': 'application/json',
    },
    body: JSON.stringify({ errorType, errorMessage, stackTrace: [] }),
    timeoutMs: RESPONSE_TIMEOUT_MS,
  });
}
