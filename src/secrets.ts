// The one place that knows every secret: header values, parts of URLs, credentials, what a secret store said.
// Every line that the pipeline says passes it, because servers echo what they were sent.
import type { DiagnosticFields, Diagnostics } from './diagnostics';

const HIDDEN = '***';
/** What is shorter is hidden only where it stands alone: it may be a part of any word. */
const MIN_INNER_LENGTH = 6;
const MIN_LENGTH = 2;

export class Secrets {
  /** Longest first: one may be a part of another. */
  private patterns: readonly RegExp[] = [];
  private readonly values = new Set<string>();

  /** The value as it stands, decoded, and encoded for a URL. */
  add(value: string | undefined): void {
    if (value === undefined) return;
    const known = this.values.size;
    for (const form of [value, decoded(value), encodeURIComponent(value)]) {
      if (form.length >= MIN_LENGTH) this.values.add(form);
    }
    if (this.values.size === known) return;
    this.patterns = [...this.values].sort((a, b) => b.length - a.length).map(toPattern);
  }

  /** A header's value, the credentials behind its scheme, and what Basic ones are made of (RFC 7617). */
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

  /** User information, query and path; but for names that every endpoint has. */
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

  redact(text: string): string {
    let redacted = text;
    for (const pattern of this.patterns) redacted = redacted.replace(pattern, HIDDEN);
    return redacted;
  }
}

const COMMON_SEGMENTS = new Set(
  'api,collector,ingest,insert,logs,metrics,opentelemetry,otel,otlp,public,traces,v1,v2'.split(','),
);

function toPattern(value: string): RegExp {
  const literal = value.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  if (value.length >= MIN_INNER_LENGTH) return new RegExp(literal, 'g');
  return new RegExp(`(?<![\\p{L}\\p{N}])${literal}(?![\\p{L}\\p{N}])`, 'gu');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The same lines without what `secrets` knows. */
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
