// What a transport's response means for the items of its request. Pure.
import type { Codec } from '../codec/codec';
import type { DropReason, Signal } from '../delivery';
import type { TransportResponse } from '../transport/transport';

/** HTML begins with it, and neither protobuf nor JSON answers do. */
const lessThanSign = 0x3c;

export type Verdict =
  | { readonly kind: 'delivered'; readonly rejected: number; readonly note: string }
  /** Given up for good. `trouble`: who is to blame decides which breaker counts it. */
  | {
      readonly kind: 'dropped';
      readonly reason: DropReason;
      readonly trouble: 'items' | 'address' | 'server';
    }
  | { readonly kind: 'resend'; readonly reached: boolean; readonly retryInMs?: number }
  /** 413: send in smaller requests. */
  | { readonly kind: 'split' };

/** Refusals that the address or the credentials earn, not the items: the next request fares no better. */
const addressStatusCodes = new Set([401, 402, 403, 404, 405, 406, 407, 410, 415, 421, 426]);

/**
 * `resendable`: whether the endpoint may get the same items twice. Spans and logs have deterministic
 * ids; a delta point would be counted twice, so a request of unknown fate is given up.
 */
export function judge<S extends Signal>(
  response: TransportResponse,
  codec: Codec<S>,
  resendable: boolean,
): Verdict {
  if (response.status === 'success') return judgeSuccess(response.data, codec);
  const { outcome, bodyWritten } = response.error.detail;
  const statusCode = toStatusCode(outcome);
  if (response.status === 'retryable') {
    if (statusCode === undefined && bodyWritten && !resendable) {
      return { kind: 'dropped', reason: 'unknown_fate', trouble: 'server' };
    }
    const { retryInMillis } = response;
    return {
      kind: 'resend',
      reached: bodyWritten,
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

function judgeSuccess<S extends Signal>(data: Uint8Array | undefined, codec: Codec<S>): Verdict {
  if (data === undefined || data.length === 0) return { kind: 'delivered', rejected: 0, note: '' };
  const noOtlp = { kind: 'delivered', rejected: 0, note: 'not an OTLP answer' } as const;
  if (data[0] === lessThanSign) return noOtlp;
  try {
    const { rejected, message } = codec.decodeAnswer(data);
    return { kind: 'delivered', rejected, note: message };
  } catch {
    return noOtlp;
  }
}

function troubleOf(statusCode: number): 'items' | 'address' | 'server' {
  if (statusCode >= 500) return 'server';
  return addressStatusCodes.has(statusCode) || statusCode < 400 ? 'address' : 'items';
}
