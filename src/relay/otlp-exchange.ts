// How an OTLP/HTTP request of an SDK is answered: first its head tells the signal and the encoding, or why it is
// refused; then its body is accepted or refused. A refusal has a google.rpc.Status in the request's encoding. It is
// never 429 or 503, because SDKs would wait and retry inside the handler.
// Source: OTLP specification 1.11, "OTLP/HTTP"
import type { Signal } from './item';
import { countItems } from './scan-request';
import { LENGTH_DELIMITED } from './field-reader';
import { MessageWriter } from './message-writer';

/** From the request line and the header; the members are named after HTTP's fields. */
export interface ExchangeHead {
  readonly method: string;
  readonly target: string;
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
}

export interface OtlpResponse {
  readonly status: number;
  readonly contentType: string;
  readonly body: Uint8Array;
  /** Further header fields. */
  readonly fields: Readonly<Record<string, string>>;
}

export interface OtlpRequest {
  readonly signal: Signal;
  /** Undefined if the header does not say; then the first byte of the body decides. */
  readonly encoding: Encoding | undefined;
  readonly isGzip: boolean;
}

export type OpenedExchange = { readonly kind: 'request'; readonly request: OtlpRequest } | Refusal;

export interface Refusal {
  readonly kind: 'refused';
  readonly response: OtlpResponse;
}

export interface TakenBody {
  readonly kind: 'taken';
  readonly encoding: Encoding;
  /** Set for protobuf; the items of JSON are counted when it is read. */
  readonly items: number | undefined;
  readonly response: OtlpResponse;
}

const CONTENT_TYPES: Readonly<Record<Encoding, string>> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
};
const PATH = /^(?:https?:\/\/[^/]*)?\/+v1\/(traces|metrics|logs)\/*(?:\?.*)?$/i;
const REJECTED_NAMES: Readonly<Record<Signal, string>> = {
  traces: 'rejectedSpans',
  metrics: 'rejectedDataPoints',
  logs: 'rejectedLogRecords',
};

export function openExchange(head: ExchangeHead): OpenedExchange {
  const [, path] = PATH.exec(head.target) ?? [];
  const mediaType = head.contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const encoding = toEncoding(mediaType);
  if (path === undefined) {
    return refuse(
      404,
      `expected /v1/traces, /v1/metrics or /v1/logs, got ${head.target}`,
      encoding,
    );
  }
  if (head.method !== 'POST') {
    return refuse(405, `expected POST, got ${head.method}`, encoding, { Allow: 'POST' });
  }
  if (encoding === undefined && mediaType !== '') {
    const expected = `${CONTENT_TYPES.protobuf} or ${CONTENT_TYPES.json}`;
    return refuse(415, `expected the content type ${expected}, got ${mediaType}`);
  }
  const coding = head.contentEncoding?.trim().toLowerCase() ?? '';
  const isGzip = coding === 'gzip' || coding === 'x-gzip';
  if (!isGzip && coding !== '' && coding !== 'identity') {
    const fields = { 'Accept-Encoding': 'gzip' };
    return refuse(415, `expected the content encoding gzip, got ${coding}`, encoding, fields);
  }
  return { kind: 'request', request: { signal: path.toLowerCase() as Signal, encoding, isGzip } };
}

function toEncoding(mediaType: string): Encoding | undefined {
  if (mediaType === CONTENT_TYPES.json) return 'json';
  const isProtobuf = mediaType === CONTENT_TYPES.protobuf || mediaType === 'application/protobuf';
  return isProtobuf ? 'protobuf' : undefined;
}

const OPENING_BRACE = 0x7b;
const JSON_SPACE: readonly number[] = [0x20, 0x09, 0x0a, 0x0d];

/** `body`: inflated. */
export function takeBody({ encoding: said }: OtlpRequest, body: Uint8Array): TakenBody | Refusal {
  const encoding = said ?? (body[0] === OPENING_BRACE ? 'json' : 'protobuf');
  if (encoding === 'json') {
    const first = body.find((byte) => !JSON_SPACE.includes(byte));
    if (body.length > 0 && first !== OPENING_BRACE) {
      return refuse(
        400,
        `expected a JSON object, got ${body.length} bytes that are not one`,
        encoding,
      );
    }
    return {
      kind: 'taken',
      encoding,
      items: body.length === 0 ? 0 : undefined,
      response: accept(encoding),
    };
  }
  const items = countItems(body);
  if (items === undefined) {
    return refuse(
      400,
      `expected protobuf, got ${body.length} bytes that are malformed or truncated`,
      encoding,
    );
  }
  return { kind: 'taken', encoding, items, response: accept(encoding) };
}

/** For a body that is too large, compressed or inflated. */
export function refuseOversize(maxBytes: number, encoding: Encoding | undefined): OtlpResponse {
  return refuse(413, `expected a body of at most ${maxBytes} bytes, got more`, encoding).response;
}

export function refuseGzip(encoding: Encoding | undefined): OtlpResponse {
  return refuse(400, 'expected gzip, got a body that is not gzip', encoding).response;
}

/** The status is 200 although `rejected` items were dropped: the SDK must not send them again. */
export function acceptPartly(signal: Signal, rejected: number, encoding: Encoding): OtlpResponse {
  const message = 'the buffer is full';
  const partial = { items: rejected, name: REJECTED_NAMES[signal], message };
  return { ...accept(encoding), body: encodePartialSuccess(partial, encoding) };
}

function accept(encoding: Encoding): OtlpResponse {
  const body = ACCEPTED[encoding];
  return { status: 200, contentType: CONTENT_TYPES[encoding], body, fields: {} };
}

/** In protobuf the empty message; in JSON an object with a member, which some readers expect. */
const ACCEPTED: Readonly<Record<Encoding, Uint8Array>> = {
  protobuf: new Uint8Array(0),
  json: new TextEncoder().encode('{"partialSuccess":{}}'),
};

/** If the encoding is not known, JSON is used, which people can read. */
function refuse(
  status: number,
  message: string,
  encoding: Encoding = 'json',
  fields: OtlpResponse['fields'] = {},
): Refusal {
  const body = encodeRpcStatus(message, encoding);
  return {
    kind: 'refused',
    response: { status, contentType: CONTENT_TYPES[encoding], body, fields },
  };
}

// The body of a refusal in the encoding of the request.
// Source: OTLP specification, "OTLP/HTTP Response", Failures; googleapis, google/rpc/status.proto

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

/** The answer to a request that was accepted but for some items; the signals differ only in the count's name. */
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
