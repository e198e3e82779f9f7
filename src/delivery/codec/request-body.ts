// The body of a request in the encoding of its endpoint. Items are protobuf; OTLP/JSON is made of them when a
// request is built, by a table that only http/json and console load.
import type { Signal } from '../../relay/item';
import type { RequestDraft } from './request-draft';

export interface RequestEncoding {
  toBody(draft: RequestDraft): Uint8Array;
}

export const protobufEncoding: RequestEncoding = { toBody: (draft) => draft.finish() };

export async function loadJsonEncoding(signal: Signal): Promise<RequestEncoding> {
  const { toJson } = await import('../../relay/to-json');
  return { toBody: (draft) => Buffer.from(toJson(signal, draft.finish()), 'utf8') };
}
