// A request that may be sent a second time while the first is not answered; the first success counts.
import { Cancellation } from './cancellation';
import type { TransportResponse } from './transport';

export interface TwofoldSending {
  readonly response: Promise<TransportResponse>;
  /** Sends again, beside the one that hangs. */
  resend(): void;
  /** Ends both. */
  cancel(): void;
}

/** `send` must not reject. */
export function sendTwice(
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
