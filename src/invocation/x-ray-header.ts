// The X-Amzn-Trace-Id header: `Root=1-8hex-24hex;Parent=16hex;Sampled=0|1|?;Lineage=…;Self=…`, keys
// in any order, each of them possibly missing or malformed.
// Source: https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader

import { defined } from '../telemetry/defined';

export interface XRayHeader {
  /** 32 lower-case hex digits: Root without its version and dashes. */
  readonly traceId?: string;
  /** 16 lower-case hex digits. */
  readonly parentSpanId?: string;
  /** True for Sampled=1, false for Sampled=0, undefined otherwise. */
  readonly sampled?: boolean;
}

const ROOT = /^1-[0-9a-f]{8}-[0-9a-f]{24}$/i;
const SPAN_ID = /^[0-9a-f]{16}$/i;
const ALL_ZERO = /^0+$/;

/** Reads what is valid; an unreadable header is an empty one. */
export function parseXRayHeader(value: string | undefined): XRayHeader {
  if (value === undefined) return {};
  let traceId: string | undefined;
  let parentSpanId: string | undefined;
  let sampled: boolean | undefined;
  for (const part of value.split(';')) {
    const equals = part.indexOf('=');
    const key = part.slice(0, Math.max(0, equals)).trim().toLowerCase();
    const text = part.slice(equals + 1).trim();
    if (key === 'root') traceId = toTraceId(text) ?? traceId;
    else if (key === 'parent') parentSpanId = toSpanId(text) ?? parentSpanId;
    else if (key === 'sampled' && (text === '0' || text === '1')) sampled = text === '1';
  }
  return defined({ traceId, parentSpanId, sampled });
}

function toTraceId(root: string): string | undefined {
  if (!ROOT.test(root)) return undefined;
  const traceId = root.slice(2).replace('-', '').toLowerCase();
  return ALL_ZERO.test(traceId) ? undefined : traceId;
}

/** The id in lower case when it is 16 hex digits and not all zero. */
export function toSpanId(text: string | undefined): string | undefined {
  if (text === undefined || !SPAN_ID.test(text) || ALL_ZERO.test(text)) return undefined;
  return text.toLowerCase();
}
