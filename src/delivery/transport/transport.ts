// The transport port, whose failures say what is known of the request's fate. Policies are decorators over it.

/** Why a request did not succeed. */
export interface Failure {
  readonly message: string;
  /** The status code of an HTTP answer; without one the name of an error, such as `ECONNREFUSED` or `timeout`. */
  readonly outcome: number | string;
  /** Its first byte was written. */
  readonly begun?: boolean;
  /** True once the whole body was handed to the operating system: the server may have acted on it. */
  readonly bodyWritten: boolean;
  /** The connection had served an earlier request and broke before a byte of answer. */
  readonly staleConnection?: boolean;
}

export type TransportResponse =
  /** `isOther`: the answer is not OTLP. */
  | { readonly status: 'success'; readonly data?: Uint8Array; readonly isOther?: boolean }
  | { readonly status: 'failure'; readonly failure: Failure }
  | { readonly status: 'retryable'; readonly retryInMs?: number; readonly failure: Failure };

export interface Transport {
  /** Never rejects. Resolves by `timeoutMs` of wall-clock time, at once when it is cancelled. */
  send(
    body: Uint8Array,
    timeoutMs: number,
    cancellation?: Cancellation,
  ): Promise<TransportResponse>;
}

/** By their names in lower case. */
export type HeaderValues = Readonly<Record<string, string>>;

/**
 * Request headers for a body; the same object as long as they do not change. A rejection means they cannot be
 * made now: the request is retryable.
 */
export type HeaderSource = (body: Uint8Array) => HeaderValues | Promise<HeaderValues>;

// Ends a request from outside. An AbortController does the same with an EventTarget for each request, which
// costs more than formatting the request.

export class Cancellation {
  /** Called by `cancel`; whoever carries the request sets it, and clears it at the request's end. */
  onCancel: (() => void) | undefined;
  private cancelled = false;

  get isCancelled(): boolean {
    return this.cancelled;
  }

  cancel(): void {
    if (this.cancelled) return;
    this.cancelled = true;
    this.onCancel?.();
  }
}

// A request that may be sent a second time while the first is not answered; the first success counts.

export interface TwofoldSending {
  readonly response: Promise<TransportResponse>;
  /** Sends again, beside the one that hangs. */
  resend(): void;
  /** Ends both. */
  cancel(): void;
}

/** `send` must not reject. */
export function sendResendable(
  send: (cancellation: Cancellation) => Promise<TransportResponse>,
): TwofoldSending {
  const cancellations: Cancellation[] = [];
  const sendOnce = (): Promise<TransportResponse> => {
    const cancellation = new Cancellation();
    cancellations.push(cancellation);
    return send(cancellation);
  };
  const cancel = (): void => {
    for (const cancellation of cancellations) cancellation.cancel();
  };
  let resend: () => void = () => undefined;
  const first = sendOnce();
  const again = new Promise<undefined>((resolve) => (resend = () => resolve(undefined)));
  const awaitAnswer = async (): Promise<TransportResponse> => {
    const early = await Promise.race([first, again]);
    if (early !== undefined) return early;
    const winner = await firstSuccess(first, sendOnce());
    cancel();
    return winner;
  };
  return { response: awaitAnswer(), resend, cancel };
}

/** The first success of the two, or what failed first. */
async function firstSuccess(
  one: Promise<TransportResponse>,
  other: Promise<TransportResponse>,
): Promise<TransportResponse> {
  const response = await Promise.race([one, other]);
  if (response.status === 'success') return response;
  const responses = await Promise.all([one, other]);
  return responses.find(({ status }) => status === 'success') ?? response;
}
