// Resources and scopes with equal bytes become one object, so that items of many requests share one envelope
// and what is made of a resource is made once. Bounded: what was not seen for long is forgotten, and then
// equal bytes only cost a second envelope.
import { equalBytes } from './bytes';
import type { Envelope } from './walk-request';

const MAX_REMEMBERED = 16;

interface Known<T> {
  readonly from: Envelope;
  readonly made: T;
}

/** `make` gets bytes of its own, which pin no body. */
export function createInterner<T>(make: (envelope: Envelope) => T): (envelope: Envelope) => T {
  /** The one that was asked for last comes first. */
  const known: Known<T>[] = [];
  return ({ bytes, schemaUrl }) => {
    const index = known.findIndex(
      ({ from }) => from.schemaUrl === schemaUrl && equalBytes(from.bytes, bytes),
    );
    const [found] = index < 0 ? [] : known.splice(index, 1);
    const from = found?.from ?? { bytes: new Uint8Array(bytes), schemaUrl };
    const entry = found ?? { from, made: make(from) };
    known.unshift(entry);
    if (known.length > MAX_REMEMBERED) known.pop();
    return entry.made;
  };
}
