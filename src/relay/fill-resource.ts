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
/** The name that SDKs give to a service without one (semantic conventions, service.name). */
const MADE_UP = 'unknown_service';
/** The SDK itself knows these: the log stream for `faas.instance`, and its own name and version. */
const NEVER_FILLED = /^(?:telemetry\.|faas\.instance$)/;
/** `ip`: without it, Jaeger considers the spans to be from another host and warns of clock skew. */
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

// Resources and scopes with equal bytes become one object, so that items of many requests share one envelope and the
// work for a resource is done once. Bounded: one that was not used for long is forgotten, and if its bytes come again
// there is a second envelope.

const MAX_REMEMBERED = 16;

interface Known<T> {
  readonly from: Envelope;
  readonly made: T;
}

/** `make` gets a copy of the bytes, which does not keep the body in memory. */
export function createInterner<T>(make: (envelope: Envelope) => T): (envelope: Envelope) => T {
  /** The most recently used one comes first. */
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
