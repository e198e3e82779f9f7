// What an HTTP answer means for its request (OTLP specification, "OTLP/HTTP Response"): 2xx is
// success, 429, 502, 503 and 504 may be retried, everything else is final. Redirects are not followed.
import { parseRetryAfter } from './retry-after';
import type { TransportResponse } from '../transport/transport';
import { TransportError } from '../transport/transport';

export interface HttpAnswer {
  readonly statusCode: number;
  readonly retryAfter?: string;
  readonly location?: string;
  readonly body: Uint8Array;
}

const retryableStatusCodes = new Set([429, 502, 503, 504]);
const maxQuotedLength = 200;

export function classifyAnswer(answer: HttpAnswer, nowMs: number): TransportResponse {
  const { statusCode, body } = answer;
  if (statusCode >= 200 && statusCode < 300) return { status: 'success', data: body };
  const error = new TransportError(describe(answer), {
    outcome: String(statusCode),
    bodyWritten: true,
  });
  if (!retryableStatusCodes.has(statusCode)) return { status: 'failure', error };
  const retryInMillis = parseRetryAfter(answer.retryAfter, nowMs);
  return { status: 'retryable', error, ...(retryInMillis !== undefined && { retryInMillis }) };
}

function describe({ statusCode, location, body }: HttpAnswer): string {
  if (location !== undefined && statusCode >= 300 && statusCode < 400) {
    return `HTTP ${statusCode}, a redirect to '${location.replace(/\?.*$/s, '')}'`;
  }
  const quoted = printable(body);
  return quoted === '' ? `HTTP ${statusCode}` : `HTTP ${statusCode}: ${quoted}`;
}

/** The text of a body on one line, or nothing when it is binary (a protobuf Status). */
function printable(body: Uint8Array): string {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  const line = text.replace(/\s+/g, ' ').trim().slice(0, maxQuotedLength);
  return /^[\p{L}\p{N}\p{P}\p{S}\p{Zs}]*$/u.test(line) ? line : '';
}
