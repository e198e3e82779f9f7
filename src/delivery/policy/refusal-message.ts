// One line a user can act on, for each way an endpoint refuses or fails. No credentials: URLs are
// shown without query and user information.
import { NOT_HTTP } from '../../http/exchange';
import { describeUrl } from '../settings/endpoint';
import type { Signal } from '../delivery';
import { toStatusCode } from './verdict';

export interface Trouble {
  readonly signal: Signal;
  readonly url: string;
  readonly outcome: string;
  readonly message: string;
  /** The endpoint has never answered. */
  readonly isNew: boolean;
  /** What happens now, e.g. `3 items dropped`. */
  readonly consequence: string;
}

export function describeTrouble(trouble: Trouble): string {
  const { signal, url, outcome, message, consequence } = trouble;
  const hint = schemeHint(trouble) ?? hintFor(outcome, signal);
  const advice = hint === undefined ? '' : ` (${hint})`;
  return `${signal} export to ${describeUrl(url)} failed: ${message}${advice}; ${consequence}`;
}

const HANDSHAKE = /speak TLS|TLS handshake/;
const ASKS_FOR_TLS = /got TLS$|\bHTTPS\b/;

/** A port that speaks TLS asked without, or the other way round. */
function schemeHint({ url, message, outcome, isNew }: Trouble): string | undefined {
  const { protocol, hostname, port } = new URL(url);
  if (protocol === 'https:') {
    if (!HANDSHAKE.test(message)) return undefined;
    return `no TLS at this port? then http://${hostname}:${port === '' ? 443 : port}`;
  }
  const isClosed = isNew && outcome === 'ECONNRESET';
  if (!isClosed && !ASKS_FOR_TLS.test(message)) return undefined;
  return `TLS at this port? then https://${hostname}:${port === '' ? 80 : port}`;
}

function hintFor(outcome: string, signal: Signal): string | undefined {
  if (outcome === NOT_HTTP) return 'not an HTTP answer; an OTLP/gRPC port, such as 4317?';
  if (/CERT|TLS|SSL|SIGNATURE|ISSUER/.test(outcome)) {
    return 'TLS: see OTEL_EXPORTER_OTLP_CERTIFICATE and NODE_EXTRA_CA_CERTS';
  }
  const statusCode = toStatusCode(outcome);
  if (statusCode === undefined) return undefined;
  if (statusCode === 401 || statusCode === 403) return 'see OTEL_EXPORTER_OTLP_HEADERS';
  if (statusCode === 404 || statusCode === 405) {
    return `wrong path, or a back end that takes no ${signal}: then set OTEL_${signal.toUpperCase()}_EXPORTER=none`;
  }
  if (statusCode === 415) return 'see OTEL_EXPORTER_OTLP_PROTOCOL and _COMPRESSION';
  if (statusCode >= 300 && statusCode < 400) return 'redirects are not followed';
  return undefined;
}
