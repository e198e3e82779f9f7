// A decorator that sends again at once, without back-off, what was no fault of the request: a reused connection that
// the server ended before it answered (RFC 9110 §9.2.2), or said so with 408; and, once, what was refused for
// credentials that have been rotated meanwhile.
import { toStatusCode } from '../policy/verdict';
import type { FailureDetail, Transport } from './transport';

/** More than the idle connections one endpoint may keep, so that the last try is a fresh one. */
const MAX_RECONNECTS = 5;

export interface ReconnectingOptions {
  /**
   * False for metrics, whose delta points must not be counted twice. They are sent again only if the server cannot
   * have acted on them.
   */
  readonly resendable: boolean;
  /** True: the credentials were read again. */
  readonly renewSecrets: () => Promise<boolean>;
}

export function createReconnectingTransport(
  inner: Transport,
  { resendable, renewSecrets }: ReconnectingOptions,
): Transport {
  const mayReconnect = ({ staleConnection, bodyWritten, outcome }: FailureDetail): boolean => {
    const isUnsure = bodyWritten && toStatusCode(outcome) === undefined;
    return staleConnection === true && (resendable || !isUnsure);
  };
  return {
    async send(data, timeoutMillis, cancellation) {
      let isRenewed = false;
      for (let reconnects = 0; ; reconnects += 1) {
        const response = await inner.send(data, timeoutMillis, cancellation);
        if (response.status === 'success' || cancellation?.isCancelled === true) return response;
        const { detail } = response.error;
        const isRefused = detail.outcome === '401' || detail.outcome === '403';
        if (isRefused && !isRenewed) {
          isRenewed = true;
          if (!(await renewSecrets())) return response;
        } else if (reconnects >= MAX_RECONNECTS || !mayReconnect(detail)) {
          return response;
        }
      }
    },
    shutdown: () => inner.shutdown(),
  };
}
