// One span, metric or log record as protobuf has it, beside its resource and scope. The bytes are the message
// without tag and length, exactly as they came, so that what nobody understands passes unchanged.
// Source: opentelemetry-proto 1.x, collector/{trace,metrics,logs}/v1

export type Signal = 'traces' | 'metrics' | 'logs';

/** One object for all items with equal bytes, as long as the interner remembers it. */
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

export interface RawItem {
  readonly bytes: Uint8Array;
  readonly resource: RawResource;
  readonly scope: RawScope;
}
