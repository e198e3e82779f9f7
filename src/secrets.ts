// The one place that knows every secret: header values, parts of URLs, credentials, the contents of secret stores.
// Every log line of the pipeline passes through it, because servers echo what they were sent.
import type { DiagnosticFields, Diagnostics } from './diagnostics';

const HIDDEN = '***';
/** A shorter secret is hidden only where it stands alone, since it may occur inside any word. */
const MIN_INNER_LENGTH = 6;
const MIN_LENGTH = 2;

export class Secrets {
  private readonly values = new Set<string>();
  /** Longest first, since one may contain another. Built only when a line is printed, which is rare. */
  private patterns: readonly (RegExp | string)[] | undefined;

  /** Adds the value as it is, URL-decoded and URL-encoded. */
  add(value: string | undefined): void {
    if (value === undefined) return;
    for (const convert of [String, decodeURIComponent, encodeURIComponent]) {
      const form = converted(value, convert);
      if (form.length >= MIN_LENGTH) this.values.add(form);
    }
    this.patterns = undefined;
  }

  /** Adds a header's value, the credentials after its scheme and, for Basic, the decoded credentials (RFC 7617). */
  addHeader(value: string): void {
    this.add(value);
    const [, scheme = '', credentials] = /^(\S+) +(\S.*)$/.exec(value) ?? [];
    if (credentials === undefined) return;
    this.add(credentials);
    if (scheme.toLowerCase() !== 'basic') return;
    const pair = Buffer.from(credentials, 'base64').toString('utf8');
    this.add(pair);
    this.add(pair.slice(pair.indexOf(':') + 1));
  }

  /** Adds user information, query and path segments, except for segments that are common in endpoints. */
  addUrl(url: string): void {
    const { username, password, search, pathname } = new URL(url);
    const query = search.slice(1);
    const values = query.split('&').map((pair) => pair.slice(pair.indexOf('=') + 1));
    for (const part of [username, password, query, ...values]) {
      if (part !== '') this.add(part);
    }
    for (const segment of pathname.split('/')) {
      if (!COMMON_SEGMENTS.has(segment.toLowerCase())) this.add(segment);
    }
  }

  /** Must be called before the text is cut, because half a secret is not recognized. */
  redact(text: string): string {
    this.patterns ??= [...this.values].sort((a, b) => b.length - a.length).map(toPattern);
    let redacted = text;
    for (const pattern of this.patterns) redacted = redacted.replaceAll(pattern, HIDDEN);
    return redacted;
  }
}

const COMMON_SEGMENTS = new Set(
  'api,collector,data,export,ingest,insert,logs,metrics,opentelemetry,otel,otlp,public,telemetry,traces,v1,v2'.split(
    ',',
  ),
);

function toPattern(value: string): RegExp | string {
  if ((value.match(SIGNS)?.length ?? 0) > MAX_SIGNS) return value;
  const forms = value.replace(SIGNS, formsOf);
  if (value.length >= MIN_INNER_LENGTH) return new RegExp(forms, 'gi');
  return new RegExp(`(?<![\\p{L}\\p{N}])${forms}(?![\\p{L}\\p{N}])`, 'giu');
}

const SIGNS = /[^A-Za-z0-9]/g;
/** With more, the pattern would be too large for the engine; such a value is a document rather than a token. */
const MAX_SIGNS = 500;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': 'amp',
  '<': 'lt',
  '>': 'gt',
  '"': 'quot',
  "'": 'apos',
};

/** The sign as it is and as URLs, JSON and HTML encode it, because servers echo text in any of these forms. */
function formsOf(sign: string): string {
  const code = sign.charCodeAt(0);
  const hex = code.toString(16);
  const forms = [
    `\\\\{0,3}\\u${hex.padStart(4, '0')}`,
    `\\\\{1,3}u0{0,2}${hex}`,
    `%${hex}`,
    `&#x0{0,2}${hex};`,
    `&#0{0,2}${code};`,
    `&${ENTITIES[sign] ?? '#'};`,
    ...(sign === ' ' ? ['[+]'] : []),
  ];
  return `(?:${forms.join('|')})`;
}

function converted(text: string, convert: (text: string) => string): string {
  try {
    return convert(text);
  } catch {
    return text;
  }
}

/** Hides what `secrets` knows in every line. */
export function withoutSecrets(diagnostics: Diagnostics, secrets: Secrets): Diagnostics {
  const say =
    (level: keyof Diagnostics) =>
    (message: string, fields?: DiagnosticFields): void =>
      diagnostics[level](secrets.redact(message), fields && redactFields(fields, secrets));
  return { error: say('error'), warn: say('warn'), info: say('info'), debug: say('debug') };
}

function redactFields(fields: DiagnosticFields, secrets: Secrets): DiagnosticFields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === 'string' ? secrets.redact(value) : value,
    ]),
  );
}
