// What a transport's response means for the items of its request. Pure.
import { decodeExportAnswer } from '../codec/export-answer';
import type { DropReason } from '../delivery';
import type { TransportResponse } from '../transport/transport';

const NO_OTLP = 'the answer is not one of OTLP';

export type Verdict =
  | { readonly kind: 'delivered'; readonly rejected: number; readonly note: string }
  /** Given up for good. `trouble`: who is to blame decides which breaker counts it. */
  | {
      readonly kind: 'dropped';
      readonly reason: DropReason;
      readonly trouble: 'items' | 'address' | 'server';
    }
  /** `isUnsure`: the endpoint may have them already, so that deltas are not to be sent again. */
  | {
      readonly kind: 'resend';
      readonly reached: boolean;
      readonly isUnsure: boolean;
      readonly retryInMs?: number;
    }
  /** 413: send in smaller requests. */
  | { readonly kind: 'split' };

/** Refusals that the address or the credentials earn, not the items: the next request fares no better. */
const ADDRESS_STATUS_CODES = new Set([401, 402, 403, 404, 405, 406, 407, 410, 415, 421, 426]);

export function judge(response: TransportResponse): Verdict {
  if (response.status === 'success') return judgeSuccess(response);
  const { outcome, bodyWritten } = response.error.detail;
  const statusCode = toStatusCode(outcome);
  if (response.status === 'retryable') {
    const { retryInMillis } = response;
    return {
      kind: 'resend',
      reached: bodyWritten,
      isUnsure: bodyWritten && statusCode === undefined,
      ...(retryInMillis !== undefined && { retryInMs: retryInMillis }),
    };
  }
  if (statusCode === undefined) return { kind: 'dropped', reason: 'rejected', trouble: 'address' };
  if (statusCode === 413) return { kind: 'split' };
  return { kind: 'dropped', reason: `${statusCode}`, trouble: troubleOf(statusCode) };
}

/** The HTTP status code of an outcome, or undefined when there was no HTTP answer. */
export function toStatusCode(outcome: string): number | undefined {
  return /^\d{3}$/.test(outcome) ? Number(outcome) : undefined;
}

function judgeSuccess({
  data,
  isOther = false,
}: Extract<TransportResponse, { status: 'success' }>): Verdict {
  const noOtlp = { kind: 'delivered', rejected: 0, note: NO_OTLP } as const;
  if (isOther) return noOtlp;
  if (data === undefined || data.length === 0) return { kind: 'delivered', rejected: 0, note: '' };
  try {
    const { rejected, message } = decodeExportAnswer(data);
    return { kind: 'delivered', rejected, note: message };
  } catch {
    return noOtlp;
  }
}

function troubleOf(statusCode: number): 'items' | 'address' | 'server' {
  if (statusCode >= 500) return 'server';
  return ADDRESS_STATUS_CODES.has(statusCode) || statusCode < 400 ? 'address' : 'items';
}
