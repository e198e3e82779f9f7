// Objects of the SDK → one request, for who needs neither buffer nor bounds (`npm run replay`, tests).
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { RawItem } from '../relay/item';
import type { ItemEncoder } from '../delivery/codec/item-encoder';
import { RequestDraft } from '../delivery/codec/request-builder';

export function encodeTraceRequest(
  encoder: ItemEncoder,
  spans: readonly ReadableSpan[],
): Uint8Array {
  return toRequest(encoder.encodeSpans(spans));
}

export function encodeLogRequest(
  encoder: ItemEncoder,
  records: readonly ReadableLogRecord[],
): Uint8Array {
  return toRequest(encoder.encodeLogRecords(records));
}

export function encodeMetricsRequest(encoder: ItemEncoder, window: ResourceMetrics): Uint8Array {
  return toRequest(encoder.encodeMetrics(window));
}

function toRequest(items: readonly RawItem[]): Uint8Array {
  const draft = new RequestDraft();
  for (const item of items) draft.add(item, Infinity);
  return draft.finish();
}
