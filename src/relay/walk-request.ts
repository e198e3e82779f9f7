// The three levels that the export requests of all signals share: per resource, per scope, item. Their field
// numbers are the same in traces, metrics and logs.
// Source: opentelemetry-proto 1.x, trace/v1/trace.proto (ResourceSpans, ScopeSpans) and its two siblings
import { concatenate, readText } from './bytes';
import { FieldReader, LENGTH_DELIMITED } from './field-reader';

/** An envelope's own fields, wherever they stand between what it holds. */
const OWN = 1;
const HELD = 2;
const SCHEMA_URL = 3;

/** A resource or a scope with its schema URL. */
export interface Envelope {
  readonly bytes: Uint8Array;
  readonly schemaUrl: string;
}

/** What answers false ends the walk: the body is malformed. */
export interface RequestVisitor {
  /** Before the items of a resource, and of one of its scopes. */
  readonly onResource: (resource: Envelope) => boolean;
  readonly onScope: (scope: Envelope) => boolean;
  /** An item's offsets in the body. */
  readonly onItem: (start: number, end: number) => boolean;
}

/** False where the framing of an envelope is broken or the visitor said so; what came before was visited. */
export function walkRequest(body: Uint8Array, visitor: RequestVisitor): boolean {
  const { onResource, onScope, onItem } = visitor;
  const [request, perResource, perScope] = [0, 1, 2].map(() => new FieldReader(body)) as [
    FieldReader,
    FieldReader,
    FieldReader,
  ];
  request.enter(0, body.length);
  while (request.next()) {
    if (!request.is(1, LENGTH_DELIMITED)) continue;
    if (!onResource(readEnvelope(body, request.start, request.end))) return false;
    perResource.enter(request.start, request.end);
    while (perResource.next()) {
      if (!perResource.is(HELD, LENGTH_DELIMITED)) continue;
      const { start, end } = perResource;
      if (!onScope(readEnvelope(body, start, end))) return false;
      perScope.enter(start, end);
      while (perScope.next()) {
        if (!perScope.is(HELD, LENGTH_DELIMITED)) continue;
        if (!onItem(perScope.start, perScope.end)) return false;
      }
      if (perScope.isMalformed) return false;
    }
    if (perResource.isMalformed) return false;
  }
  return !request.isMalformed;
}

/** Written twice, a message merges (its bytes one behind the other) and of a scalar the last one holds. */
function readEnvelope(body: Uint8Array, start: number, end: number): Envelope {
  const reader = new FieldReader(body);
  const parts: Uint8Array[] = [];
  let schemaUrl = '';
  reader.enter(start, end);
  while (reader.next()) {
    if (reader.wireType !== LENGTH_DELIMITED) continue;
    if (reader.field === OWN) parts.push(body.subarray(reader.start, reader.end));
    else if (reader.field === SCHEMA_URL) schemaUrl = readText(body, reader.start, reader.end);
  }
  const [first] = parts;
  const bytes = parts.length === 1 && first !== undefined ? first : concatenate(parts);
  return { bytes, schemaUrl };
}
