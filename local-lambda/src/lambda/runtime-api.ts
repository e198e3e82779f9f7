// Runtime API 2018-06-01: invocation/next, response, error, init/error, restore/next. One invocation
// at a time on demand; on Managed Instances as many as the runtime keeps polls open.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { preciseNowMs } from './clock';
import { errorAnswer, jsonAnswer } from './telemetry-api';
import type { ApiAnswer } from './telemetry-api';

/** One invocation as the runtime sees it, and its result. */
export interface RuntimeInvocation {
  readonly requestId: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: string;
  result: RuntimeResult | undefined;
  /** It has timed out or been given up, so a late answer is refused with 410. */
  abandoned: boolean;
  /** The runtime asked for the next invocation after it answered this one. */
  runtimeReadyAtMs: number | undefined;
}

export interface RuntimeResult {
  readonly kind: 'response' | 'error';
  readonly body: string;
  /** Lambda-Runtime-Function-Error-Type, from the header or the trailer. */
  readonly errorType: string | undefined;
  readonly producedBytes: number;
  /** The response's headers arrived; responseLatency ends, responseDuration begins. */
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly tooLarge: boolean;
  /** The error object, as JSON, of a stream that failed after its first byte, which is sent as a trailer. */
  readonly brokenOffBy: string | undefined;
}

interface RuntimeInitError {
  readonly errorType: string;
  readonly body: string;
}

export interface RuntimeApi {
  next(response: ServerResponse): void;
  restoreNext(response: ServerResponse): void;
  /** `startedAtMs`: when the request's headers arrived. */
  finish(
    request: IncomingMessage,
    kind: RuntimeResult['kind'],
    received: { readonly requestId: string; readonly body: Buffer; readonly startedAtMs: number },
  ): ApiAnswer;
  initError(request: IncomingMessage, body: string): ApiAnswer;
  /** Gives an invocation to the oldest open poll; false if there is none. */
  dispatch(invocation: RuntimeInvocation): boolean;
  /** The sandbox was restored: answers restore/next. */
  restored(): void;
  readonly idlePolls: number;
  /** The runtime has finished init: it has polled for an invocation or for the restore. */
  readonly ready: boolean;
  readonly waitsForRestore: boolean;
  readonly failedInit: RuntimeInitError | undefined;
  /** Forgets everything because the runtime's process is gone. */
  reset(): void;
}

/** The largest synchronous response: 6 MiB and some room, as in the service. */
const MAX_RESPONSE_BYTES = 6 * 1024 * 1024 + 100;

const VALID_ERROR_TYPE = /^(Runtime|Function)\.[A-Z][A-Za-z]+$/;

const ERROR_TYPE = 'lambda-runtime-function-error-type';

function errorTypeOf({ headers, trailers }: IncomingMessage): string | undefined {
  const value = headers[ERROR_TYPE] ?? trailers[ERROR_TYPE];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Source: AWS "Building a custom runtime", response streaming: type, and body in base64. */
function readErrorTrailer({ trailers }: IncomingMessage): string | undefined {
  const errorType = trailers[ERROR_TYPE];
  if (errorType === undefined) return undefined;
  const body = trailers['lambda-runtime-function-error-body'];
  return body === undefined
    ? JSON.stringify({ errorType })
    : Buffer.from(body, 'base64').toString('utf8');
}

/** RIE: an error type of the right form is kept, any other becomes (Runtime|Function).Unknown. */
export function toPlatformErrorType(errorType: string | undefined): string {
  if (errorType !== undefined && VALID_ERROR_TYPE.test(errorType)) return errorType;
  return errorType?.startsWith('Function.') === true ? 'Function.Unknown' : 'Runtime.Unknown';
}

export function createRuntimeApi(onChange: () => void): RuntimeApi {
  let polls: ServerResponse[] = [];
  let restorePoll: ServerResponse | undefined;
  let answered: RuntimeInvocation[] = [];
  const running = new Map<string, RuntimeInvocation>();
  let ready = false;
  let failedInit: RuntimeInitError | undefined;

  const refuse = (requestId: string): ApiAnswer | undefined => {
    const found = running.get(requestId);
    if (found === undefined || found.result !== undefined) {
      return errorAnswer(400, 'InvalidRequestID', 'Invalid request ID');
    }
    if (!found.abandoned) return undefined;
    running.delete(requestId);
    return errorAnswer(410, 'Runtime.InvokeTimeout', 'Invoke timeout');
  };

  return {
    next(response) {
      ready = true;
      const atMs = preciseNowMs();
      const oldest = answered.shift();
      if (oldest !== undefined) oldest.runtimeReadyAtMs = atMs;
      polls.push(response);
      response.on('close', () => {
        polls = polls.filter((poll) => poll !== response);
      });
      onChange();
    },
    restoreNext(response) {
      ready = true;
      restorePoll = response;
      onChange();
    },
    finish(request, kind, { requestId, body, startedAtMs }) {
      const refusal = refuse(requestId);
      if (refusal !== undefined) return refusal;
      const invocation = running.get(requestId);
      if (invocation === undefined) return jsonAnswer(202, { status: 'OK' });
      const tooLarge = kind === 'response' && body.length > MAX_RESPONSE_BYTES;
      invocation.result = {
        kind,
        body: tooLarge ? '' : body.toString('utf8'),
        errorType: errorTypeOf(request),
        producedBytes: kind === 'response' ? body.length : 0,
        startedAtMs,
        endedAtMs: preciseNowMs(),
        tooLarge,
        brokenOffBy: readErrorTrailer(request),
      };
      running.delete(requestId);
      answered.push(invocation);
      onChange();
      if (!tooLarge) return jsonAnswer(202, { status: 'OK' });
      const message = `Exceeded maximum allowed payload size (${MAX_RESPONSE_BYTES} bytes).`;
      return errorAnswer(413, 'RequestEntityTooLarge', message);
    },
    initError(request, body) {
      failedInit ??= { errorType: toPlatformErrorType(errorTypeOf(request)), body };
      onChange();
      return jsonAnswer(202, { status: 'OK' });
    },
    dispatch(invocation) {
      const poll = polls.shift();
      if (poll === undefined) return false;
      running.set(invocation.requestId, invocation);
      poll.writeHead(200, { 'Content-Type': 'application/json', ...invocation.headers });
      poll.end(invocation.payload);
      return true;
    },
    restored() {
      restorePoll?.writeHead(200).end();
      restorePoll = undefined;
    },
    get idlePolls() {
      return polls.length;
    },
    get ready() {
      return ready;
    },
    get waitsForRestore() {
      return restorePoll !== undefined;
    },
    get failedInit() {
      return failedInit;
    },
    reset() {
      for (const poll of [...polls, restorePoll]) poll?.destroy();
      polls = [];
      restorePoll = undefined;
      answered = [];
      running.clear();
      ready = false;
      failedInit = undefined;
    },
  };
}
