// What a transport's response means for the items of its request. Pure.
import { readUtf8 } from '../../relay/bytes';
import { FieldReader, LENGTH_DELIMITED, VARINT } from '../../relay/field-reader';
import type { DropReason } from '../delivery';
import type { Failure, SendResult } from '../transport/transport';
import { describeUrl } from '../settings/endpoint';
import type { Secrets } from '../../secrets';

const NO_OTLP = 'the answer is not OTLP';

export type Verdict =
  | { readonly kind: 'delivered'; readonly rejected: number; readonly note: string }
  /** Given up for good. `trouble` says what is to blame, which decides which breaker counts the failure. */
  | {
      readonly kind: 'dropped';
      readonly reason: DropReason;
      readonly trouble: 'items' | 'address' | 'server';
    }
  /** `isUnsure`: the endpoint may have the items already, so deltas must not be sent again. */
  | {
      readonly kind: 'resend';
      readonly reached: boolean;
      readonly isUnsure: boolean;
      readonly retryInMs?: number;
    }
  /** 413: must be sent in smaller requests. */
  | { readonly kind: 'split' };

/** Refusals caused by the address or the credentials, not by the items; the next request would fare no better. */
const ADDRESS_STATUS_CODES = new Set([401, 402, 403, 404, 405, 406, 407, 410, 415, 421, 426]);

export function judge(result: SendResult): Verdict {
  if (result.status === 'success') return judgeSuccess(result);
  const { outcome, bodyWritten } = result.failure;
  if (result.status === 'retryable') {
    const { retryInMs } = result;
    return {
      kind: 'resend',
      reached: bodyWritten,
      isUnsure: bodyWritten && typeof outcome === 'string',
      ...(retryInMs !== undefined && { retryInMs }),
    };
  }
  if (typeof outcome === 'string') {
    return { kind: 'dropped', reason: 'rejected', trouble: 'address' };
  }
  if (outcome === 413) return { kind: 'split' };
  return { kind: 'dropped', reason: `${outcome}`, trouble: troubleOf(outcome) };
}

function judgeSuccess({
  data,
  isOther = false,
}: Extract<SendResult, { status: 'success' }>): Verdict {
  const noOtlp = { kind: 'delivered', rejected: 0, note: NO_OTLP } as const;
  if (isOther) return noOtlp;
  if (data === undefined || data.length === 0) return { kind: 'delivered', rejected: 0, note: '' };
  try {
    const { rejected, message } = decodeExportResponse(data);
    return { kind: 'delivered', rejected, note: message };
  } catch {
    return noOtlp;
  }
}

function troubleOf(statusCode: number): 'items' | 'address' | 'server' {
  if (statusCode >= 500) return 'server';
  return ADDRESS_STATUS_CODES.has(statusCode) || statusCode < 400 ? 'address' : 'items';
}

export interface HttpResponse {
  readonly statusCode: number;
  readonly retryAfter?: string;
  readonly location?: string;
  readonly contentType?: string;
  readonly body: Uint8Array;
  /**
   * `part`: it broke off or took too long. `unreadable`: longer than an OTLP answer can be, or not valid gzip as
   * claimed.
   */
  readonly state: 'whole' | 'part' | 'unreadable';
  /** The connection had been in use before. */
  readonly isReused: boolean;
}

/** 408: the server gave up waiting for the request, so it has not acted on it. */
const RETRYABLE_STATUS_CODES = new Set([408, 429, 502, 503, 504]);
const MAX_QUOTED_LENGTH = 200;
/**
 * How much of a body is read in order to quote it; more than is quoted, since long secrets shrink to a few characters.
 */
const MAX_READ_BYTES = 16_384;
const SPACE = 0x20;
const LESS_THAN_SIGN = 0x3c;

/**
 * What an HTTP response means for its request (OTLP specification, "OTLP/HTTP Response"): 2xx is success; 429, 502,
 * 503 and 504 may be retried, and so may 408; everything else is final. Redirects are not followed. The server's words
 * are quoted without what `secrets` knows, because servers echo what they were sent.
 */
export function toSendResult(
  response: HttpResponse,
  { nowMs, secrets }: { readonly nowMs: number; readonly secrets: Secrets },
): SendResult {
  const { statusCode, body, isReused } = response;
  if (statusCode >= 200 && statusCode < 300) {
    const data = response.state === 'whole' ? body : new Uint8Array();
    return { status: 'success', data, isOther: isNoOtlp(response) };
  }
  const failure: Failure = {
    message: describe(response, secrets),
    outcome: statusCode,
    bodyWritten: true,
    ...(statusCode === 408 && isReused && { staleConnection: true }),
  };
  if (!RETRYABLE_STATUS_CODES.has(statusCode)) return { status: 'failure', failure };
  const retryInMs = parseRetryAfter(response.retryAfter, nowMs);
  return { status: 'retryable', failure, ...(retryInMs !== undefined && { retryInMs }) };
}

/** True for a web page, such as a login form or a portal: no OTLP endpoint has read the request. */
function isNoOtlp({ contentType = '', body, state }: HttpResponse): boolean {
  if (state === 'unreadable' || /^text\/html\b/i.test(contentType)) return true;
  const first = body.find((byte) => byte > SPACE);
  return first === LESS_THAN_SIGN;
}

function describe({ statusCode, location, body }: HttpResponse, secrets: Secrets): string {
  if (location !== undefined && statusCode >= 300 && statusCode < 400) {
    return `HTTP ${statusCode}, a redirect to '${describeLocation(location)}'`;
  }
  const quoted = quote(body, secrets);
  return quoted === '' ? `HTTP ${statusCode}` : `HTTP ${statusCode}: ${quoted}`;
}

/**
 * The target of a redirect without parts that may be a token; a relative one leads to another path on the same server.
 */
function describeLocation(location: string): string {
  return URL.canParse(location) ? describeUrl(location) : '/…';
}

/** The text of a body on one line; empty if it is binary (a protobuf Status). */
function quote(body: Uint8Array, secrets: Secrets): string {
  const text = readUtf8(body, 0, Math.min(body.length, MAX_READ_BYTES));
  const line = secrets.redact(text).replace(/\s+/g, ' ').trim().slice(0, MAX_QUOTED_LENGTH);
  return /^[\p{L}\p{N}\p{P}\p{S}\p{Zs}]*$/u.test(line) ? line : '';
}

/** The longest Retry-After that is obeyed, so that one odd answer cannot end all export. */
const MAX_RETRY_AFTER_MS = 10 * 60_000;

/**
 * Reads the Retry-After header (RFC 9110 §10.2.3), seconds or an HTTP date, as milliseconds from `nowMs`, from 0 to ten
 * minutes; undefined if it is absent or unreadable.
 */
export function parseRetryAfter(value: string | undefined, nowMs: number): number | undefined {
  const text = value?.trim() ?? '';
  if (text === '') return undefined;
  const delayMs = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  if (Number.isNaN(delayMs)) return undefined;
  return Math.min(Math.max(delayMs, 0), MAX_RETRY_AFTER_MS);
}

interface ExportResponse {
  readonly rejected: number;
  readonly message: string;
}

const BRACE = 0x7b;

const PARTIAL_SUCCESS = 1;
const REJECTED = 1;
const ERROR_MESSAGE = 2;
const INT64_BOUND = 2 ** 63;

/**
 * What an Export{Trace,Metrics,Logs}ServiceResponse says about rejected items; the three differ in names only. It may
 * be protobuf or JSON: some endpoints answer in JSON whatever the request was. Throws if the bytes are not an OTLP
 * answer.
 * Source: opentelemetry-proto 1.x, collector/trace/v1/trace_service.proto
 */
export function decodeExportResponse(bytes: Uint8Array): ExportResponse {
  // In protobuf a brace would begin a group, which proto3 no longer has.
  return bytes[0] === BRACE ? decodeJson(bytes) : decodeProtobuf(bytes);
}

interface JsonResponse {
  readonly partialSuccess?: Readonly<Record<string, unknown>> | null;
}

/** Throws a SyntaxError. In OTLP/JSON an int64 is a text or a number. */
function decodeJson(bytes: Uint8Array): ExportResponse {
  const { partialSuccess } = JSON.parse(new TextDecoder().decode(bytes)) as JsonResponse;
  if (typeof partialSuccess !== 'object' || partialSuccess === null) {
    return { rejected: 0, message: '' };
  }
  const { rejectedSpans, rejectedDataPoints, rejectedLogRecords, errorMessage } = partialSuccess;
  const rejected = Number(rejectedSpans ?? rejectedDataPoints ?? rejectedLogRecords ?? 0);
  return {
    rejected: Number.isFinite(rejected) && rejected > 0 ? rejected : 0,
    message: typeof errorMessage === 'string' ? errorMessage : '',
  };
}

/** Throws a RangeError. */
function decodeProtobuf(bytes: Uint8Array): ExportResponse {
  let [rejected, message] = [0, ''];
  const fields = new FieldReader(bytes);
  const inner = new FieldReader(bytes);
  fields.enter(0, bytes.length);
  while (fields.next()) {
    if (!fields.is(PARTIAL_SUCCESS, LENGTH_DELIMITED)) continue;
    inner.enter(fields.start, fields.end);
    while (inner.next()) {
      if (inner.is(ERROR_MESSAGE, LENGTH_DELIMITED)) {
        message = readUtf8(bytes, inner.start, inner.end);
      } else if (inner.is(REJECTED, VARINT)) {
        // A number above the bound is a negative int64.
        rejected = inner.value < INT64_BOUND ? inner.value : 0;
      }
    }
    if (inner.isMalformed) throw new RangeError('expected a message, got malformed bytes');
  }
  if (fields.isMalformed) throw new RangeError('expected a message, got malformed bytes');
  return { rejected, message };
}
