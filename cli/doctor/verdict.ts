// What an outcome means, in words, and what to try next. `text` names only scheme, host and port, because a path may
// contain a token.
import type { SignalConfiguration } from '../../src/delivery/settings/configuration';
import type { Secrets } from '../../src/secrets';
import type { ProbeOutcome } from './probe';
import type { TestItem } from './test-items';

export interface Verdict {
  /** `elsewhere`: at most the function itself can reach it. */
  readonly level: 'arrived' | 'refused' | 'untested' | 'elsewhere';
  readonly text: string;
  readonly next?: string;
}

const refused = (text: string, next?: string): Verdict => ({
  level: 'refused',
  text,
  ...(next !== undefined && { next }),
});

export interface Exchange {
  readonly item: TestItem;
  /** Servers echo what they were sent. */
  readonly secrets: Secrets;
}

export function judge(
  outcome: ProbeOutcome,
  settings: SignalConfiguration,
  exchange: Exchange,
): Verdict {
  switch (outcome.kind) {
    case 'file':
      return {
        level: 'untested',
        text: `not sent: ${outcome.message}`,
        next: 'in the function the file has to be in its package or a layer',
      };
    case 'failed':
      return judgeFailure(outcome, settings);
    case 'answered':
      return judgeAnswer(outcome, settings, exchange);
  }
}

interface Rule {
  readonly code: RegExp;
  readonly text: (where: string) => string;
  readonly next: string;
}

/** By Node.js's or OpenSSL's error code, or by the message if there is none. */
const FAILURES: readonly Rule[] = [
  {
    code: /^(ENOTFOUND|EAI_\w+|ENODATA)$/,
    text: (where) => `DNS: no address for the host of ${where}`,
    next: 'check the host’s spelling; in a VPC, its resolver',
  },
  {
    code: /^ECONNREFUSED$/,
    text: (where) => `TCP: nothing listens at ${where}`,
    next: 'check the port (OTLP over HTTP is usually 4318) and that the Collector runs',
  },
  {
    code: /^(UND_ERR_CONNECT_TIMEOUT|UND_ERR_DESTROYED|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)$/,
    text: (where) => `TCP: no answer from ${where}`,
    next: 'check security groups, routes and the NAT gateway',
  },
  {
    code: /^CERT_HAS_EXPIRED$/,
    text: (where) => `TLS: the certificate of ${where} has expired`,
    next: 'renew it',
  },
  {
    code: /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    text: (where) => `TLS: the certificate of ${where} is for another host`,
    next: 'use the host that the certificate names',
  },
  {
    code: /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT\w*))$/,
    text: (where) =>
      `TLS: the certificate of ${where} is signed by an authority that is not known here`,
    next: 'set OTEL_EXPORTER_OTLP_CERTIFICATE to the authority’s PEM file',
  },
  {
    code: /^(ERR_SSL_(SSL\/TLS_ALERT|TLSV1_ALERT|SSLV3_ALERT|TLSV13_ALERT)\w*|ERR_SSL_\w*ALERT\w*)$/,
    text: (where) => `TLS: ${where} ended the handshake`,
    next: 'it may ask for a client certificate: OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and _CLIENT_KEY',
  },
  {
    code: /^(ERR_SSL_WRONG_VERSION_NUMBER|ERR_SSL_PACKET_LENGTH_TOO_LONG|EPROTO)$/,
    text: (where) => `TLS: ${where} does not speak TLS`,
    next: 'use http:// for this port, or the port of https',
  },
  {
    code: /^HPE_/,
    text: (where) => `HTTP: ${where} does not speak HTTP/1.1; it may be a gRPC port (4317)`,
    next: 'use the OTLP/HTTP port, usually 4318',
  },
  {
    code: /^UND_ERR_(HEADERS|BODY)_TIMEOUT$/,
    text: (where) => `HTTP: ${where} took the request and did not answer`,
    next: 'look at the Collector’s own log; something behind it may hang',
  },
  {
    code: /^(UND_ERR_SOCKET|ECONNRESET|EPIPE)$/,
    text: (where) => `HTTP: ${where} closed the connection instead of answering`,
    next: 'it may be an https port (use https://) or a gRPC port (use 4318)',
  },
];

const PROXY_NEXT = 'check HTTPS_PROXY and what the proxy lets through, or add the host to NO_PROXY';

function judgeFailure(
  { code, message }: ProbeOutcome & { kind: 'failed' },
  { url, proxyUrl }: SignalConfiguration,
): Verdict {
  const where = new URL(url).origin;
  if (/proxy/i.test(message)) {
    const status = /\d{3}/.exec(message)?.[0];
    const next = status === '407' ? 'add its user name and password to HTTPS_PROXY' : PROXY_NEXT;
    return refused(
      `proxy: it did not connect to ${where}${status === undefined ? '' : ` (${status})`}`,
      next,
    );
  }
  const rule = FAILURES.find((it) => it.code.test(code));
  if (rule === undefined) return refused(`${where}: ${code || 'failed'}`);
  // A certificate belongs to the endpoint, even through a proxy.
  if (proxyUrl === undefined || rule.text('').startsWith('TLS'))
    return refused(rule.text(where), rule.next);
  return refused(rule.text(`the proxy for ${where}`), PROXY_NEXT);
}

const STATUSES: Readonly<Record<number, readonly [string, string]>> = {
  400: [
    'the request was not understood',
    'if this is an https port, use https://; otherwise check OTEL_EXPORTER_OTLP_PROTOCOL',
  ],
  401: [
    'credentials are missing or wrong',
    'check OTEL_EXPORTER_OTLP_HEADERS: the header’s name and the key',
  ],
  403: [
    'these credentials are not allowed to send this',
    'check the key’s rights; for AWS endpoints the role’s policy',
  ],
  404: [
    'there is no such path',
    'check the base URL: /v1/traces, /v1/metrics and /v1/logs are appended to it',
  ],
  405: ['the path does not accept POST', 'check the base URL: this may be a web page'],
  413: [
    'a request of a few hundred bytes is too large for it',
    'raise the limit of the server or of the proxy in front of it',
  ],
  415: [
    'it does not accept this content type',
    'set OTEL_EXPORTER_OTLP_PROTOCOL to http/protobuf or http/json',
  ],
  429: ['it accepts no more requests at the moment', 'check the vendor’s quota'],
};

function judgeAnswer(
  outcome: ProbeOutcome & { kind: 'answered' },
  settings: SignalConfiguration,
  exchange: Exchange,
): Verdict {
  const { status } = outcome;
  if (status >= 200 && status < 300) return judgeSuccess(outcome, exchange);
  const where = new URL(settings.url).origin;
  if (status >= 300 && status < 400) {
    // Redacted first, since parsing a URL turns its host into lower case, in which no secret is recognized.
    const location = exchange.secrets.redact(outcome.location ?? '');
    const target =
      location !== '' && URL.canParse(location, settings.url)
        ? new URL(location, settings.url).origin
        : 'elsewhere';
    return refused(
      `${status}: ${where} redirects to ${target}, which is not followed`,
      'set that address as the endpoint',
    );
  }
  const [text, next] = STATUSES[status] ?? [
    status >= 500 ? 'the server failed' : 'refused',
    'look at the server’s log',
  ];
  const isWithoutHeaders = Object.keys(settings.headers).length === 0;
  return refused(
    `${status}: ${text} at ${where}`,
    isWithoutHeaders && (status === 401 || status === 403) && settings.signing === undefined
      ? 'no header is set: LAMBDA_OTLP_OTEL_EXPORTER_OTLP_HEADERS, such as api-key=${secretsmanager:NAME#FIELD}'
      : next,
  );
}

function judgeSuccess(
  { contentType, body, durationMs }: ProbeOutcome & { kind: 'answered' },
  { item, secrets }: Exchange,
): Verdict {
  if (/html/i.test(contentType))
    return refused(
      'answered with an HTML page: this is not an OTLP endpoint',
      'check host and path',
    );
  const took = `accepted in ${Math.round(durationMs)} ms`;
  if (body.length === 0) return { level: 'arrived', text: took };
  try {
    const { rejected, message } = item.readAnswer(body);
    // Redacted before it is cut, because half a secret is not recognized.
    const quoted = secrets.redact(message).slice(0, 200);
    if (rejected > 0)
      return refused(`partial success: the item was rejected (${quoted})`, 'the endpoint says why');
    return {
      level: 'arrived',
      text: message === '' ? took : `${took}, with a remark: ${quoted}`,
    };
  } catch {
    return { level: 'arrived', text: `${took}, with an answer that is not OTLP` };
  }
}
