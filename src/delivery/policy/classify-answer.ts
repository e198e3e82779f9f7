// What an HTTP answer means for its request (OTLP specification, "OTLP/HTTP Response"): 2xx is
// success, 429, 502, 503 and 504 may be retried, everything else is final. Redirects are not followed.
import { describeUrl } from '../settings/endpoint';
import { parseRetryAfter } from './retry-after';
import type { TransportResponse } from '../transport/transport';
import { TransportError } from '../transport/transport';

export interface HttpAnswer {
  readonly statusCode: number;
  readonly retryAfter?: string;
  readonly location?: string;
  readonly contentType?: string;
  readonly body: Uint8Array;
  /** `part`: it broke off, or took too long. `unreadable`: longer than any of OTLP's, or not the gzip it claims. */
  readonly state: 'whole' | 'part' | 'unreadable';
  /** The connection had been open for a while. */
  readonly isReused: boolean;
}

/** 408: the server gave up waiting for the request, which it therefore did not act on. */
const retryableStatusCodes = new Set([408, 429, 502, 503, 504]);
const maxQuotedLength = 200;
const SPACE = 0x20;
const LESS_THAN_SIGN = 0x3c;

export function classifyAnswer(answer: HttpAnswer, nowMs: number): TransportResponse {
  const { statusCode, body, isReused } = answer;
  if (statusCode >= 200 && statusCode < 300) {
    const data = answer.state === 'whole' ? body : new Uint8Array();
    return { status: 'success', data, isOther: isNoOtlp(answer) };
  }
  const error = new TransportError(describe(answer), {
    outcome: String(statusCode),
    bodyWritten: true,
    ...(statusCode === 408 && isReused && { staleConnection: true }),
  });
  if (!retryableStatusCodes.has(statusCode)) return { status: 'failure', error };
  const retryInMillis = parseRetryAfter(answer.retryAfter, nowMs);
  return { status: 'retryable', error, ...(retryInMillis !== undefined && { retryInMillis }) };
}

/** A web page, such as a login form or a portal's: nobody read the request. */
function isNoOtlp({ contentType = '', body, state }: HttpAnswer): boolean {
  if (state === 'unreadable' || /^text\/html\b/i.test(contentType)) return true;
  const first = body.find((byte) => byte > SPACE);
  return first === LESS_THAN_SIGN;
}

function describe({ statusCode, location, body }: HttpAnswer): string {
  if (location !== undefined && statusCode >= 300 && statusCode < 400) {
    return `HTTP ${statusCode}, a redirect to '${describeLocation(location)}'`;
  }
  const quoted = printable(body);
  return quoted === '' ? `HTTP ${statusCode}` : `HTTP ${statusCode}: ${quoted}`;
}

/** Where to, without what may be a token; a relative one leads to another path of the same server. */
function describeLocation(location: string): string {
  return URL.canParse(location) ? describeUrl(location) : '/…';
}

/** The text of a body on one line, or nothing when it is binary (a protobuf Status). */
function printable(body: Uint8Array): string {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  const line = text.replace(/\s+/g, ' ').trim().slice(0, maxQuotedLength);
  return /^[\p{L}\p{N}\p{P}\p{S}\p{Zs}]*$/u.test(line) ? line : '';
}
