// An Export{Trace,Metrics,Logs}ServiceRequest into its items: offsets are noted, nothing is decoded. First the
// whole body is checked, so that a malformed one leaves nothing behind; then its items are handed out one by
// one, so that millions of empty ones meet the bounds of who takes them instead of an array.
import { FieldReader, isWellFormed } from './field-reader';
import type { RawResource, RawScope, Signal } from './item';
import { ReceivedLogRecord } from './received-log-record';
import { ReceivedMetric } from './received-metric';
import { ReceivedSpan } from './received-span';
import type { Envelope } from './walk-request';
import { walkRequest } from './walk-request';

export interface ReceivedItems {
  readonly traces: ReceivedSpan;
  readonly metrics: ReceivedMetric;
  readonly logs: ReceivedLogRecord;
}

/** One object for equal envelopes; see `createInterner`. */
export interface EnvelopeInterners {
  readonly toResource: (envelope: Envelope) => RawResource;
  readonly toScope: (envelope: Envelope) => RawScope;
}

/** The items of a body; nothing where its framing is broken down to the fields of an item. */
export function countItems(body: Uint8Array): number | undefined {
  const inside = new FieldReader(body);
  let items = 0;
  const isSound = ({ bytes }: Envelope): boolean =>
    isWellFormed(new FieldReader(bytes), 0, bytes.length);
  const wellFormed = walkRequest(body, {
    onResource: isSound,
    onScope: isSound,
    onItem: (start, end) => {
      items += 1;
      return isWellFormed(inside, start, end);
    },
  });
  return wellFormed ? items : undefined;
}

const CONSTRUCTORS: {
  readonly [S in Signal]: new (
    bytes: Uint8Array,
    resource: RawResource,
    scope: RawScope,
  ) => ReceivedItems[S];
} = { traces: ReceivedSpan, metrics: ReceivedMetric, logs: ReceivedLogRecord };

/** Every item of a body that `countItems` found sound, as parts of the body. */
export function scanRequest<S extends Signal>(
  signal: S,
  body: Uint8Array,
  { toResource, toScope }: EnvelopeInterners,
  onItem: (item: ReceivedItems[S]) => void,
): void {
  const Item = CONSTRUCTORS[signal];
  let resource: RawResource = EMPTY;
  let scope: RawScope = EMPTY;
  walkRequest(body, {
    onResource: (envelope) => {
      resource = toResource(envelope);
      return true;
    },
    onScope: (envelope) => {
      scope = toScope(envelope);
      return true;
    },
    onItem: (start, end) => {
      // A Buffer's own subarray is several times slower.
      const bytes = new Uint8Array(body.buffer, body.byteOffset + start, end - start);
      onItem(new Item(bytes, resource, scope));
      return true;
    },
  });
}

const EMPTY: Envelope = { bytes: new Uint8Array(0), schemaUrl: '' };
