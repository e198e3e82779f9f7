// A decorator that hides stale keep-alive connections: a reset of a reused connection before a byte
// of answer is retried at once on another one, without back-off (RFC 9110 §9.2.2).
import type { Transport } from './transport';

/** More than the idle connections one endpoint may keep, so that the last try is a fresh one. */
const maxReconnects = 5;

/**
 * `resendable`: false for metrics, whose delta points must not be counted twice. They are sent again
 * only if the body was not written whole, so that the server cannot have acted on it.
 */
export function createReconnectingTransport(inner: Transport, resendable: boolean): Transport {
  return {
    async send(data, timeoutMillis, cancellation) {
      for (let reconnects = 0; ; reconnects += 1) {
        const response = await inner.send(data, timeoutMillis, cancellation);
        if (response.status === 'success' || reconnects >= maxReconnects) return response;
        const { staleConnection, bodyWritten } = response.error.detail;
        if (staleConnection !== true || (bodyWritten && !resendable)) return response;
        if (cancellation?.isCancelled === true) return response;
      }
    },
    shutdown: () => inner.shutdown(),
  };
}
