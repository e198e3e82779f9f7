// Completes the resource that the function's SDK sends with what only the extension knows about the
// environment. What the SDK says stays, except for a service name that it made up; no key comes twice.
import { readAttributes } from './attributes';
import type { Attributes } from './attributes';
import { appendAttributes, copyWithoutAttributes } from './edit-span';
import { MessageWriter } from './message-writer';
import { equalBytes } from './bytes';
import type { Envelope } from './scan-request';

const ATTRIBUTES = 1;
const SERVICE_NAME = 'service.name';
/** What SDKs call a service that nobody named (semantic conventions, service.name). */
const MADE_UP = 'unknown_service';
/** The SDK knows the log stream that `faas.instance` means, and says who it is. */
const NEVER_FILLED = /^(?:telemetry\.|faas\.instance$)/;
/** `ip`: Jaeger takes spans without it for spans of another host, and warns of clock skew. */
const FILLED = /^(?:faas|cloud)\.|^(?:host\.id|host\.arch|ip|service\.instance\.id|service\.name)$/;

/** `resource`: a Resource message; `own`: the attributes of the extension's resource. */
export function fillResource(resource: Uint8Array, own: Attributes): Uint8Array {
  const known = readAttributes(resource, ATTRIBUTES);
  const serviceName = known.get(SERVICE_NAME);
  const isMadeUp = typeof serviceName === 'string' && serviceName.startsWith(MADE_UP);
  const replacesName = isMadeUp && own[SERVICE_NAME] !== undefined;
  const added = Object.fromEntries(
    Object.entries(own).filter(
      ([key]) =>
        FILLED.test(key) &&
        !NEVER_FILLED.test(key) &&
        (!known.has(key) || (key === SERVICE_NAME && replacesName)),
    ),
  );
  if (Object.keys(added).length === 0) return resource;
  const writer = new MessageWriter(resource.length + 1024);
  if (!replacesName) writer.raw(resource);
  else {
    const isGone = (key: string): boolean => key === SERVICE_NAME;
    copyWithoutAttributes(writer, resource, { field: ATTRIBUTES, isGone });
  }
  appendAttributes(writer, ATTRIBUTES, added);
  return writer.finish().slice();
}

// Resources and scopes with equal bytes become one object, so that items of many requests share one envelope
// and what is made of a resource is made once. Bounded: what was not seen for long is forgotten, and then
// equal bytes only cost a second envelope.

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
    const found = known[index];
    if (found !== undefined && index === 0) return found.made;
    if (found !== undefined) known.splice(index, 1);
    const from = found?.from ?? { bytes: new Uint8Array(bytes), schemaUrl };
    const entry = found ?? { from, made: make(from) };
    known.unshift(entry);
    if (known.length > MAX_REMEMBERED) known.pop();
    return entry.made;
  };
}
