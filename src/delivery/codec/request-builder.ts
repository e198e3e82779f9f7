// Cuts the oldest waiting items of a signal into one request that is small enough. The limit shrinks when the
// endpoint answers 413 and grows back slowly.
import type { RawItem, Signal } from '../../relay/item';
import type { ItemBuffer } from '../queue/item-buffer';
import { weigh } from '../queue/item-buffer';
import { RequestDraft } from './request-draft';

export interface BuiltRequest {
  readonly items: readonly RawItem[];
  readonly body: Uint8Array;
}

/** CloudWatch Logs' OTLP endpoint takes 1 MB uncompressed; the other bound is X-Ray's 10 000 spans. */
const MAX_REQUEST_BYTES = 1_000_000;
const MAX_REQUEST_ITEMS = 10_000;
const REGROWTH_DIVISOR = 64;
/** Smaller requests cost more in round trips than a refused one costs in bytes: they regrow sooner. */
const SMALL_REQUEST_BYTES = 64 * 1024;
const SMALL_REGROWTH_DIVISOR = 8;

export class RequestBuilder {
  private limitBytes = MAX_REQUEST_BYTES;

  constructor(
    private readonly signal: Signal,
    private readonly buffer: ItemBuffer,
  ) {}

  /** Undefined when nothing waits. The items are out of the buffer's queue until put back or released. */
  build(encoding: RequestEncoding): BuiltRequest | undefined {
    let draft = new RequestDraft();
    let items = this.take(draft);
    if (items.length === 0) return undefined;
    for (;;) {
      const body = encoding.toBody(draft);
      // Only OTLP/JSON is larger than its items. One item that alone is too large is tried all the same.
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

  /** The endpoint found a request too large: true when its items wait to be sent in smaller ones. */
  shrink({ items, body }: BuiltRequest): boolean {
    const half = this.buffer.halve(this.signal, items);
    if (half === undefined) return false;
    this.buffer.putBack(this.signal, half);
    this.limitBytes = Math.max(Math.floor(Math.min(body.length, this.limitBytes) / 2), 1);
    return true;
  }

  /** A request was accepted. */
  regrow(): void {
    const isSmall = this.limitBytes < SMALL_REQUEST_BYTES;
    const divisor = isSmall ? SMALL_REGROWTH_DIVISOR : REGROWTH_DIVISOR;
    const grown = this.limitBytes + Math.ceil(this.limitBytes / divisor);
    this.limitBytes = Math.min(grown, MAX_REQUEST_BYTES);
  }
}

// The body of a request in the encoding of its endpoint. Items are protobuf; OTLP/JSON is made of them when a
// request is built, by a table that only http/json and console load.

export interface RequestEncoding {
  toBody(draft: RequestDraft): Uint8Array;
}

export const protobufEncoding: RequestEncoding = { toBody: (draft) => draft.finish() };

export async function loadJsonEncoding(signal: Signal): Promise<RequestEncoding> {
  const { toJson } = await import('../../relay/to-json');
  return { toBody: (draft) => Buffer.from(toJson(signal, draft.finish()), 'utf8') };
}
