// Builds a request from the oldest waiting items of a signal, up to a size limit. The limit shrinks when the endpoint
// answers 413, and grows back slowly.
import type { RawItem, Signal, RawResource, RawScope } from '../../relay/item';
import { MAX_VARINT_BYTES } from '../../relay/field-reader';
import { varintBytes } from '../../relay/message-writer';
import { OtlpWriter } from './otlp-writer';
import type { ItemBuffer } from '../queue/item-buffer';
import { weigh } from '../queue/item-buffer';

export interface BuiltRequest {
  readonly items: readonly RawItem[];
  readonly body: Uint8Array;
}

/** CloudWatch Logs' OTLP endpoint takes 1 MB uncompressed; the other known limit is X-Ray's 10 000 spans. */
const MAX_REQUEST_BYTES = 1_000_000;
const MAX_REQUEST_ITEMS = 10_000;
const REGROWTH_DIVISOR = 64;
/**
 * Below this size the limit grows faster: the round trips of many small requests cost more than one refused request.
 */
const SMALL_REQUEST_BYTES = 64 * 1024;
const SMALL_REGROWTH_DIVISOR = 8;

export class RequestBuilder {
  private limitBytes = MAX_REQUEST_BYTES;

  constructor(
    private readonly signal: Signal,
    private readonly buffer: ItemBuffer,
  ) {}

  /** Undefined if nothing waits. The items leave the buffer's queue until they are put back or released. */
  build(encoding: RequestEncoding): BuiltRequest | undefined {
    let draft = new RequestDraft();
    let items = this.take(draft);
    if (items.length === 0) return undefined;
    for (;;) {
      const body = encoding.toBody(draft);
      // Only OTLP/JSON is larger than its items. A single item is sent even if it is too large.
      const isSmallEnough = body.length <= this.limitBytes || items.length === 1;
      const half = isSmallEnough ? undefined : this.buffer.halve(this.signal, items);
      if (half === undefined) return { items, body };
      items = half;
      draft = new RequestDraft();
      for (const item of items) draft.add(item, Infinity);
    }
  }

  private take(draft: RequestDraft): readonly RawItem[] {
    const { signal, limitBytes } = this;
    let count = 0;
    return this.buffer.take(signal, (item) => {
      count += weigh(signal, item);
      return (count <= MAX_REQUEST_ITEMS || draft.bytes === 0) && draft.add(item, limitBytes);
    });
  }

  /** Called when the endpoint found a request too large. True if its items wait to be sent in smaller requests. */
  shrink({ items, body }: BuiltRequest): boolean {
    const half = this.buffer.halve(this.signal, items);
    if (half === undefined) return false;
    this.buffer.putBack(this.signal, half);
    this.limitBytes = Math.max(Math.floor(Math.min(body.length, this.limitBytes) / 2), 1);
    return true;
  }

  /** Called when a request was accepted. */
  regrow(): void {
    const isSmall = this.limitBytes < SMALL_REQUEST_BYTES;
    const divisor = isSmall ? SMALL_REGROWTH_DIVISOR : REGROWTH_DIVISOR;
    const grown = this.limitBytes + Math.ceil(this.limitBytes / divisor);
    this.limitBytes = Math.min(grown, MAX_REQUEST_BYTES);
  }
}

// The body of a request in the endpoint's encoding. Items are protobuf; OTLP/JSON is made from them when a request is
// built, by a table that is loaded only for http/json and console.

export interface RequestEncoding {
  toBody(draft: RequestDraft): Uint8Array;
}

export const protobufEncoding: RequestEncoding = { toBody: (draft) => draft.finish() };

export async function loadJsonEncoding(signal: Signal): Promise<RequestEncoding> {
  const { toJson } = await import('../../relay/to-json');
  return { toBody: (draft) => Buffer.from(toJson(signal, draft.finish()), 'utf8') };
}

// An Export{Trace,Metrics,Logs}ServiceRequest assembled from items: their bytes one after the other, grouped by
// resource and scope in order of first appearance. Its size is known before it is written.
// Source: opentelemetry-proto 1.x, collector/{trace,metrics,logs}/v1; the three share their field numbers

const PER_RESOURCE = 1;
const PER_SCOPE = 2;
const OWN = 1;
const ITEM = 2;
const ITEM_TAG = 0x12;
const SCHEMA_URL = 3;

/** The tag and length of an envelope; the length takes at most four bytes. */
const ENVELOPE_BYTES = 5;

interface ScopeGroup {
  readonly scope: RawScope;
  readonly items: RawItem[];
  /** The exact size of the message. */
  bytes: number;
}

interface ResourceGroup {
  readonly resource: RawResource;
  readonly scopes: ScopeGroup[];
}

export class RequestDraft {
  /** The size of what `finish` will write; an envelope may turn out up to three bytes smaller. */
  bytes = 0;
  private readonly resources: ResourceGroup[] = [];
  /** The previous item's group, since most items come in runs. */
  private resource: ResourceGroup | undefined;
  private scope: ScopeGroup | undefined;

  /** Adds an item unless that makes the request larger than `maxBytes`; the first item is always added. */
  add(item: RawItem, maxBytes: number): boolean {
    const itemBytes = fieldBytes(item.end - item.start);
    const resource = this.findResource(item.resource);
    const scope = this.findScope(resource, item.scope);
    const perResource = resource === undefined ? ENVELOPE_BYTES + ownBytes(item.resource) : 0;
    const perScope = scope === undefined ? ENVELOPE_BYTES + ownBytes(item.scope) : 0;
    const added = itemBytes + perScope + perResource;
    if (this.bytes > 0 && this.bytes + added > maxBytes) return false;
    this.bytes += added;
    this.resource = resource ?? this.addResource(item.resource);
    this.scope = scope ?? addScope(this.resource, item.scope);
    this.scope.items.push(item);
    this.scope.bytes += itemBytes;
    return true;
  }

  finish(): Uint8Array {
    const sizes = this.resources.map(resourceBytes);
    const size = sizes.reduce((sum, bytes) => sum + fieldBytes(bytes), 0);
    // The writer grows unless there is room for the longest number.
    const writer = new OtlpWriter(size + MAX_VARINT_BYTES);
    for (const [index, { resource, scopes }] of this.resources.entries()) {
      writer.head(PER_RESOURCE, sizes[index] ?? 0);
      writer.bytesField(OWN, resource.bytes);
      for (const { scope, items, bytes } of scopes) {
        writer.head(PER_SCOPE, bytes);
        writer.bytesField(OWN, scope.bytes);
        writeItems(writer, items);
        writeSchemaUrl(writer, scope);
      }
      writeSchemaUrl(writer, resource);
    }
    return writer.finish();
  }

  private findResource(resource: RawResource): ResourceGroup | undefined {
    if (this.resource?.resource === resource) return this.resource;
    return this.resources.find((group) => group.resource === resource);
  }

  private findScope(group: ResourceGroup | undefined, scope: RawScope): ScopeGroup | undefined {
    if (group === this.resource && this.scope?.scope === scope) return this.scope;
    return group?.scopes.find((candidate) => candidate.scope === scope);
  }

  private addResource(resource: RawResource): ResourceGroup {
    const group = { resource, scopes: [] };
    this.resources.push(group);
    return group;
  }
}

function addScope({ scopes }: ResourceGroup, scope: RawScope): ScopeGroup {
  const group = { scope, items: [], bytes: ownBytes(scope) };
  scopes.push(group);
  return group;
}

function resourceBytes({ resource, scopes }: ResourceGroup): number {
  return scopes.reduce((sum, { bytes }) => sum + fieldBytes(bytes), ownBytes(resource));
}

/** Items that are already neighbours in a block are copied in one step. */
function writeItems(writer: OtlpWriter, items: readonly RawItem[]): void {
  let [first] = items;
  for (const [index, last] of items.entries()) {
    const next = items[index + 1];
    if (first === undefined || (next !== undefined && isNext(last, next))) continue;
    writer.head(ITEM, first.end - first.start);
    writer.raw(first.block.subarray(first.start, last.end));
    first = next;
  }
}

/** Empty text is omitted, as in proto3. */
function writeSchemaUrl(writer: OtlpWriter, { schemaUrl }: RawResource | RawScope): void {
  if (schemaUrl !== '') writer.bytesField(SCHEMA_URL, Buffer.from(schemaUrl, 'utf8'));
}

/** True if only the tag and length of `next` lie between the two items. */
function isNext(item: RawItem, next: RawItem): boolean {
  const { block } = next;
  if (item.block !== block || block[item.end] !== ITEM_TAG) return false;
  let at = item.end + 1;
  let rest = next.end - next.start;
  for (; rest > 0x7f; rest >>>= 7) if (block[at++] !== ((rest & 0x7f) | 0x80)) return false;
  return block[at] === rest && at + 1 === next.start;
}

/** The size of an envelope without its items. */
function ownBytes({ bytes, schemaUrl }: RawResource | RawScope): number {
  const text = schemaUrl === '' ? 0 : fieldBytes(Buffer.byteLength(schemaUrl, 'utf8'));
  return fieldBytes(bytes.length) + text;
}

/** The size of a field with a one-byte tag, including its length. */
function fieldBytes(length: number): number {
  return 1 + varintBytes(length) + length;
}
