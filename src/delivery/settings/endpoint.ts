// The URL of one signal (OTLP exporter specification, "Endpoint URLs for OTLP/HTTP"): /v1/<signal> is appended to the
// general endpoint, and a signal's own endpoint is used as it is. User information in a URL becomes a Basic
// Authorization header and is never printed.
import type { Environment } from '../../environment';
import { SETTINGS, ofSignal } from '../../settings';
import type { Signal } from '../delivery';

export interface Endpoint {
  readonly url: string;
  readonly authorization: Readonly<Record<string, string>>;
}

const NAME = 'OTEL_EXPORTER_OTLP_ENDPOINT';
/** The path of a signal. In the general endpoint it is a mistake, as it would then occur twice. */
const SIGNAL_PATH = /\/v1\/(traces|metrics|logs)\/*$/;
const DEFAULT_BASE = SETTINGS[NAME].default;

export function readEndpoint(environment: Environment, signal: Signal): Endpoint {
  const own = readUrl(environment, ofSignal(NAME, signal));
  if (own !== undefined) return toEndpoint(own);
  const base = readUrl(environment, NAME) ?? new URL(DEFAULT_BASE);
  const path = base.pathname.replace(SIGNAL_PATH, '').replace(/\/+$/, '');
  base.pathname = `${path}/v1/${signal}`;
  return toEndpoint(base);
}

/**
 * Warns once if the specification's default, localhost, is all that is known for `signals`, or if the general endpoint
 * already contains a signal's path.
 */
export function warnOfEndpoint(environment: Environment, signals: readonly Signal[]): void {
  const isSet = (name: string): boolean => environment.text(name) !== undefined;
  const seen = environment.text(NAME) ?? '';
  if (isSet(NAME) && URL.canParse(seen) && SIGNAL_PATH.test(new URL(seen).pathname)) {
    const url = describeUrl(seen);
    const using = url.replace(SIGNAL_PATH, '');
    environment.reject(NAME, {
      expected: 'a base URL without the path of a signal',
      seen: url,
      using,
    });
  }
  if (isSet(NAME)) return;
  const missing = signals.filter((signal) => !isSet(ofSignal(NAME, signal)));
  if (missing.length === 0) return;
  environment.reject(NAME, {
    expected: `the URL of an OTLP endpoint for ${missing.join(', ')}`,
    seen: '',
    using: `${DEFAULT_BASE}, where nothing listens unless a Collector layer is attached`,
  });
}

/** Scheme, host, port and OTLP's own path, which may be printed; any other path may contain a token. */
export function describeUrl(url: string): string {
  const { origin, pathname } = new URL(url);
  if (pathname === '/') return origin;
  return `${origin}${/^\/v1\/(?:traces|metrics|logs)$/.test(pathname) ? pathname : '/…'}`;
}

/** Describes a value that is not an endpoint; shows it whole only if it cannot contain credentials. */
function describeUnusable(text: string): string {
  if (!/[@/?]/.test(text)) return text;
  const [scheme] = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text) ?? [];
  return scheme === undefined ? 'a value that is not shown' : `${scheme}…`;
}

function readUrl(environment: Environment, name: string): URL | undefined {
  const seen = environment.text(name);
  if (seen === undefined) return undefined;
  const url = URL.canParse(seen) ? new URL(seen) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.hostname !== '') return url;
  environment.reject(name, {
    expected: 'a URL that begins with http:// or https://',
    seen: describeUnusable(seen),
    using: DEFAULT_BASE,
  });
  return undefined;
}

function toEndpoint(url: URL): Endpoint {
  const { username, password } = url;
  url.username = '';
  url.password = '';
  url.hash = '';
  if (username === '' && password === '') return { url: url.href, authorization: {} };
  return { url: url.href, authorization: { authorization: basicCredentials(username, password) } };
}

/** Basic credentials (RFC 7617) from the percent-encoded user information of a URL. */
export function basicCredentials(username: string, password: string): string {
  const pair = `${percentDecoded(username)}:${percentDecoded(password)}`;
  return `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`;
}

/** A malformed percent sequence means that the value was not encoded, so it is used as written. */
export function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
