// Objects of the SDK through the encoders that ship: items, and one request of them.
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { ItemEncoder } from '../../../src/delivery/codec/item-encoder';
import { RequestDraft } from '../../../src/delivery/codec/request-builder';
import type { RawItem, RawItems, Signal } from '../../../src/relay/item';

interface Objects {
  readonly traces: readonly ReadableSpan[];
  readonly metrics: ResourceMetrics;
  readonly logs: readonly ReadableLogRecord[];
}

export function createEncoder(): ItemEncoder {
  return new ItemEncoder(() => {
    throw new Error('expected every object to be encoded, one was not');
  });
}

export function toItems<S extends Signal>(
  signal: S,
  objects: Objects[S],
  encoder = createEncoder(),
): readonly RawItems[S][] {
  const encode = {
    traces: (spans: Objects['traces']) => encoder.encodeSpans(spans),
    metrics: (window: Objects['metrics']) => encoder.encodeMetrics(window),
    logs: (records: Objects['logs']) => encoder.encodeLogRecords(records),
  };
  return (encode[signal] as (objects: Objects[S]) => RawItems[S][])(objects);
}

export function toDraft(items: readonly RawItem[]): RequestDraft {
  const draft = new RequestDraft();
  for (const item of items) draft.add(item, Infinity);
  return draft;
}

export function encodeRequest<S extends Signal>(
  signal: S,
  objects: Objects[S],
  encoder = createEncoder(),
): Uint8Array {
  return toDraft(toItems(signal, objects, encoder)).finish();
}
