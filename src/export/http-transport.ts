// OTLP/HTTP on node:http: one POST per send, with Content-Length (API Gateway and SigV4 refuse
// chunked bodies), over connections that survive freeze and thaw. Compression, retries and breakers
// are decorators or live above.
import type { RequestOptions } from 'node:http';
import type { SignalConfiguration } from './configuration';
import type { Connections } from './connection-pool';
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
  return {
    async send(body, timeoutMs, abort) {
      const startMs = clock.now();
      const headers = await settleHeaders(options.headers, body);
      if (headers instanceof TransportError) return { status: 'retryable', error: headers };
      const connections = await options.connect();
      connections.discardStale();
      return runExchange({
        request: connections.request,
        options: {
          ...toRequestOptions(configuration, headers, body),
          agent: connections.agent,
        },
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

function toRequestOptions(
  { url, proxyUrl }: HttpTransportOptions['configuration'],
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
): RequestOptions & { headers: Record<string, string | number> } {
  const target = new URL(url);
  const options = {
    method: 'POST',
    hostname: target.hostname.replace(/^\[|\]$/g, ''),
    port: target.port === '' ? undefined : target.port,
    path: `${target.pathname}${target.search}`,
    headers: { ...headers, host: target.host, 'content-length': body.byteLength },
  };
  if (proxyUrl === undefined || target.protocol === 'https:') return options;
  const proxy = new URL(proxyUrl);
  return {
    ...options,
    ...absoluteForm(target, proxy),
    headers: { ...options.headers, ...proxyAuthorization(proxy) },
  };
}

/** Plain http goes to the proxy itself, with the target in absolute form (RFC 9112 §3.2.2). */
function absoluteForm(target: URL, proxy: URL): RequestOptions {
  return {
    hostname: proxy.hostname.replace(/^\[|\]$/g, ''),
    port: proxy.port === '' ? undefined : proxy.port,
    path: target.href,
  };
}
