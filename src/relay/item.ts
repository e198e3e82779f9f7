// One span, metric or log record in protobuf, with its resource and scope: items of the function's SDK and of the
// extension itself have the same form. The SDK's stay exactly as they came, so that even unknown fields pass unchanged.
// Source: opentelemetry-proto 1.x, collector/{trace,metrics,logs}/v1

export type Signal = 'traces' | 'metrics' | 'logs';

/** All items with an equal resource share one object, as long as the interner remembers it. */
export interface RawResource {
  /** A Resource message. */
  readonly bytes: Uint8Array;
  readonly schemaUrl: string;
}

export interface RawScope {
  /** An InstrumentationScope message. */
  readonly bytes: Uint8Array;
  readonly schemaUrl: string;
}

/**
 * The message without tag and length is `block` from `start` to `end`. Neighbours share a block, which is freed
 * with the last of them; a view for each would take more memory and time than the item.
 */
export interface RawItem {
  readonly block: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly resource: RawResource;
  readonly scope: RawScope;
}

/** Where an item's bytes are. */
export type Part = Pick<RawItem, 'block' | 'start' | 'end'>;
export type Envelopes = Pick<RawItem, 'resource' | 'scope'>;

export function bytesOf({ block, start, end }: Part): Uint8Array {
  return block.subarray(start, end);
}

/** A message that has its memory to itself. */
export function wholeOf(block: Uint8Array): Part {
  return { block, start: 0, end: block.length };
}

/** Flags of a span or a link (SpanFlags): whether its parent, or the span linked to, is in another process. */
export const HAS_IS_REMOTE = 0x100;
export const IS_REMOTE = 0x200;

/** `none` for gauges, summaries and metrics that do not specify it. */
export type Temporality = 'delta' | 'cumulative' | 'none';

export interface RawMetric extends RawItem {
  /** The number of data points, by which metrics are counted. */
  readonly points: number;
  /** Deltas are not sent again if it is unknown whether they arrived, because they would count twice. */
  readonly temporality: Temporality;
}

export interface RawItems {
  readonly traces: RawItem;
  readonly metrics: RawMetric;
  readonly logs: RawItem;
}
