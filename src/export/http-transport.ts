// OTLP/HTTP: one POST per send, with Content-Length (API Gateway and SigV4 refuse chunked bodies), over
// connections that survive freeze and thaw. Compression, retries and breakers are decorators or live above.
import type { Connections } from '../http/connections';
import type { RequestHead } from '../http/message-head';
import type { SignalConfiguration } from './configuration';
import { maxIdleMs } from './socket-address';
import { runExchange } from './http-exchange';
import { proxyAuthorization } from './proxy-authorization';
import type { Clock, HeaderSource, Transport } from './transport';
import { TransportError } from './transport';

export interface HttpTransportOptions {
  readonly configuration: Pick<SignalConfiguration, 'url' | 'proxyUrl'>;
  readonly headers: HeaderSource;
  /** Resolves to the connections of the endpoint; called for every request. */
  readonly connect: () => Promise<Connections>;
  readonly clock: Clock;
  /** Requests must not be sent twice (metrics). */
  readonly once?: boolean;
}

export function createHttpTransport(options: HttpTransportOptions): Transport {
  const { configuration, clock } = options;
  const target = toTarget(configuration);
  return {
    async send(body, timeoutMs, abort) {
      const startMs = clock.now();
      const headers = await settleHeaders(options.headers, body);
      if (headers instanceof TransportError) return { status: 'retryable', error: headers };
      const connections = await options.connect();
      connections.discardIdle(maxIdleMs);
      const fields = { ...target.fields, ...headers, 'content-length': body.byteLength };
      return runExchange({
        connections,
        head: { ...target, fields },
        body,
        timeoutMs: Math.max(timeoutMs - (clock.now() - startMs), 1),
        clock,
        ...(options.once === true && { once: true }),
        ...(abort !== undefined && { abort }),
      });
    },
    shutdown: () => undefined,
  };
}

async function settleHeaders(
  source: HeaderSource,
  body: Uint8Array,
): Promise<Readonly<Record<string, string>> | TransportError> {
  try {
    return await source(body);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return new TransportError(message, { outcome: 'headers_unavailable', bodyWritten: false });
  }
}

/** Plain http goes to the proxy itself, with the target in absolute form (RFC 9112 §3.2.2). */
function toTarget({ url, proxyUrl }: HttpTransportOptions['configuration']): RequestHead {
  const { host, pathname, search, href, protocol } = new URL(url);
  const direct = { method: 'POST', target: `${pathname}${search}`, fields: { host } };
  if (proxyUrl === undefined || protocol === 'https:') return direct;
  const authorization = proxyAuthorization(new URL(proxyUrl));
  return { ...direct, target: href.replace(/#.*$/s, ''), fields: { host, ...authorization } };
}
