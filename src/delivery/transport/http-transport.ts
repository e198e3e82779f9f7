// OTLP/HTTP: one POST per send, with Content-Length (API Gateway and SigV4 refuse chunked bodies), over
// connections that survive freeze and thaw. Compression, retries and breakers are decorators or live above.
import type { Connections } from '../../http/connections';
import type { RequestHead } from '../../http/message-head';
import { RepeatedHead } from '../../http/message-head';
import type { SignalConfiguration } from '../settings/configuration';
import { maxIdleMs } from './socket-address';
import { runExchange } from './http-exchange';
import { proxyAuthorization } from './proxy-authorization';
import type { Clock, Headers, HeaderSource, Transport, TransportResponse } from './transport';
import { TransportError } from './transport';

export interface HttpTransportOptions {
  readonly configuration: Pick<SignalConfiguration, 'url' | 'proxyUrl'>;
  readonly headers: HeaderSource;
  /** The connections of the endpoint; called for every request. */
  readonly connect: () => Connections | Promise<Connections>;
  readonly clock: Clock;
  /** Requests must not be sent twice (metrics). */
  readonly once?: boolean;
}

export function createHttpTransport(options: HttpTransportOptions): Transport {
  const { configuration, clock } = options;
  const target = toTarget(configuration);
  const withHeaders = (headers: Headers) => {
    const fields: Record<string, string | number> = { ...target.fields, ...headers };
    // The signer signs a Content-Length and adds it; the head writes the same value.
    delete fields['content-length'];
    return { headers, head: new RepeatedHead({ ...target, fields }) };
  };
  let current = withHeaders({});
  return {
    async send(body, timeoutMs, cancellation) {
      const startMs = clock.now();
      let headers: Headers;
      try {
        const made = options.headers(body);
        headers = made instanceof Promise ? await made : made;
      } catch (error) {
        return headersUnavailable(error);
      }
      const opened = options.connect();
      const connections = opened instanceof Promise ? await opened : opened;
      connections.discardIdle(maxIdleMs);
      if (headers !== current.headers) current = withHeaders(headers);
      return runExchange({
        connections,
        head: current.head,
        body,
        timeoutMs: Math.max(timeoutMs - (clock.now() - startMs), 1),
        clock,
        once: options.once === true,
        cancellation,
      });
    },
    shutdown: () => undefined,
  };
}

function headersUnavailable(error: unknown): TransportResponse {
  const message = error instanceof Error ? error.message : String(error);
  const detail = { outcome: 'headers_unavailable', bodyWritten: false };
  return { status: 'retryable', error: new TransportError(message, detail) };
}

/** Plain http goes to the proxy itself, with the target in absolute form (RFC 9112 §3.2.2). */
function toTarget({ url, proxyUrl }: HttpTransportOptions['configuration']): RequestHead {
  const { host, pathname, search, href, protocol } = new URL(url);
  const direct = { method: 'POST', target: `${pathname}${search}`, fields: { host } };
  if (proxyUrl === undefined || protocol === 'https:') return direct;
  const authorization = proxyAuthorization(new URL(proxyUrl));
  return { ...direct, target: href.replace(/#.*$/s, ''), fields: { host, ...authorization } };
}
