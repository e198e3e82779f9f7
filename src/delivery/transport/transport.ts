// The transport port. A failure says what is known about the request's fate. Policies are decorators of this port.

/** Why a request did not succeed. */
export interface Failure {
  readonly message: string;
  /**
   * The status code of an HTTP response; without an answer, the name of an error
   * such as `ECONNREFUSED` or `timeout`.
   */
  readonly outcome: number | string;
  /** The first byte was written. */
  readonly begun?: boolean;
  /** The whole body was handed to the operating system, so the server may have acted on it. */
  readonly bodyWritten: boolean;
  /** The connection had served an earlier request and broke before the first byte of the answer. */
  readonly staleConnection?: boolean;
}

export type SendResult =
  /** `isOther`: the answer is not OTLP. */
  | { readonly status: 'success'; readonly data?: Uint8Array; readonly isOther?: boolean }
  | { readonly status: 'failure'; readonly failure: Failure }
  | { readonly status: 'retryable'; readonly retryInMs?: number; readonly failure: Failure };

export interface Transport {
  /** Never rejects. Resolves within `timeoutMs` of wall-clock time, and at once when it is cancelled. */
  send(body: Uint8Array, timeoutMs: number, cancellation?: Cancellation): Promise<SendResult>;
}

/** Keyed by lower-case names. */
export type HeaderValues = Readonly<Record<string, string>>;

/**
 * Returns the request headers for a body; the same object as long as they do not change. Rejects if they cannot be made
 * now; then the request can be retried.
 */
export type HeaderSource = (body: Uint8Array) => HeaderValues | Promise<HeaderValues>;

/**
 * Ends a request from outside. An AbortController would do the same, but its EventTarget costs more for each request
 * than formatting it.
 */
export class Cancellation {
  /** Called by `cancel`. Whoever runs the request sets it, and clears it at the end of the request. */
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

export interface TwofoldSending {
  readonly result: Promise<SendResult>;
  /** Sends the request again while the first still hangs. */
  resend(): void;
  /** Ends both requests. */
  cancel(): void;
}

/**
 * Sends a request that may be sent a second time while the first is still unanswered; the first success counts. `send`
 * must not reject.
 */
export function sendResendable(
  send: (cancellation: Cancellation) => Promise<SendResult>,
): TwofoldSending {
  const cancellations: Cancellation[] = [];
  const sendOnce = (): Promise<SendResult> => {
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
  const awaitResult = async (): Promise<SendResult> => {
    const early = await Promise.race([first, again]);
    if (early !== undefined) return early;
    const winner = await firstSuccess(first, sendOnce());
    cancel();
    return winner;
  };
  return { result: awaitResult(), resend, cancel };
}

/** The first success of the two, or else the first failure. */
async function firstSuccess(
  one: Promise<SendResult>,
  other: Promise<SendResult>,
): Promise<SendResult> {
  const result = await Promise.race([one, other]);
  if (result.status === 'success') return result;
  const results = await Promise.all([one, other]);
  return results.find(({ status }) => status === 'success') ?? result;
}
