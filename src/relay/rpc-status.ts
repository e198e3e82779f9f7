// The body of a refusal in the encoding of the request.
// Source: OTLP specification, "OTLP/HTTP Response", Failures; googleapis, google/rpc/status.proto
import { LENGTH_DELIMITED } from './field-reader';
import { MessageWriter } from './message-writer';

export type Encoding = 'protobuf' | 'json';

const MESSAGE = 2;

export function encodeRpcStatus(message: string, encoding: Encoding): Uint8Array {
  if (encoding === 'json') return new TextEncoder().encode(JSON.stringify({ message }));
  const writer = new MessageWriter();
  writer.tag(MESSAGE, LENGTH_DELIMITED);
  writer.text(message);
  return writer.finish();
}

const PARTIAL_SUCCESS = 1;
const REJECTED = 1;
const ERROR_MESSAGE = 2;

/** The answer to a request that was taken but for `rejected` items: the three signals differ in names only. */
export function encodePartialSuccess(
  rejected: { readonly items: number; readonly name: string; readonly message: string },
  encoding: Encoding,
): Uint8Array {
  const { items, name, message } = rejected;
  if (encoding === 'json') {
    const partialSuccess = { [name]: String(items), errorMessage: message };
    return new TextEncoder().encode(JSON.stringify({ partialSuccess }));
  }
  const writer = new MessageWriter();
  writer.tag(PARTIAL_SUCCESS, LENGTH_DELIMITED);
  const start = writer.begin();
  writer.tag(REJECTED, 0);
  writer.varint(items);
  writer.tag(ERROR_MESSAGE, LENGTH_DELIMITED);
  writer.text(message);
  writer.end(start);
  return writer.finish();
}
