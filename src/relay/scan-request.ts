// An Export{Trace,Metrics,Logs}ServiceRequest into its items: offsets are noted, nothing is decoded. First the
// whole body is checked, so that a malformed one leaves nothing behind; then its items are handed out one by
// one, so that millions of empty ones meet the bounds of who takes them instead of an array.
import { FieldReader, isWellFormed } from './field-reader';
import type { Envelopes, Part, RawResource, RawScope, Signal } from './item';
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
    part: Part,
    envelopes: Envelopes,
    reader: FieldReader,
  ) => ReceivedItems[S];
} = { traces: ReceivedSpan, metrics: ReceivedMetric, logs: ReceivedLogRecord };

/** Every item of a body that `countItems` found sound, as parts of the body. */
export function scanRequest<S extends Signal>(
  signal: S,
  block: Uint8Array,
  { toResource, toScope }: EnvelopeInterners,
  onItem: (item: ReceivedItems[S]) => void,
): void {
  const Item = CONSTRUCTORS[signal];
  const inside = new FieldReader(block);
  let envelopes: Envelopes = { resource: EMPTY, scope: EMPTY };
  walkRequest(block, {
    onResource: (envelope) => {
      envelopes = { resource: toResource(envelope), scope: EMPTY };
      return true;
    },
    onScope: (envelope) => {
      envelopes = { resource: envelopes.resource, scope: toScope(envelope) };
      return true;
    },
    onItem: (start, end) => {
      onItem(new Item({ block, start, end }, envelopes, inside));
      return true;
    },
  });
}

const EMPTY: Envelope = { bytes: new Uint8Array(0), schemaUrl: '' };
