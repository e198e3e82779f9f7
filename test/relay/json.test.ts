import { SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import fc from 'fast-check';
import { decodeOtlp, tryDecodeOtlpJson } from 'local-lambda/otlp/decode';
import { fromJson } from '../../src/relay/from-json';
import type { Signal } from '../../src/relay/item';
import { toJson } from '../../src/relay/to-json';
import { arbitraryRequest, damagedRequest, signals } from './arbitrary-request';

function bodyOf(signal: Signal, json: unknown): Uint8Array {
  const read = fromJson(signal, typeof json === 'string' ? json : JSON.stringify(json));
  if (!read.ok) throw new Error(read.seen);
  expect(read.invalid).toBe(0);
  return read.body;
}

const withSpans = (...spans: readonly unknown[]): unknown => ({
  resourceSpans: [{ scopeSpans: [{ spans }] }],
});
const withAttribute = (value: unknown): unknown => withSpans({ attributes: [{ key: 'a', value }] });

/** The span, decoded by protobufjs. */
function spanOf(span: unknown): Readonly<Record<string, unknown>> {
  const { resourceSpans } = decodeOtlp('traces', bodyOf('traces', withSpans(span)));
  return { ...resourceSpans[0]?.scopeSpans[0]?.spans[0] };
}

const resource = resourceFromAttributes({ 'service.name': 'orders', ratio: 0.5, tags: ['a', 'b'] });
const spanContext = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  traceFlags: TraceFlags.SAMPLED,
};
const sdkSpan: ReadableSpan = {
  name: 'größer als 10 € 🧨'.repeat(9),
  kind: SpanKind.SERVER,
  spanContext: () => spanContext,
  parentSpanContext: { ...spanContext, spanId: '00f067aa0ba902b7', isRemote: true },
  startTime: [1_790_000_000, 123_456_789],
  endTime: [1_790_000_001, 999_999_999],
  status: { code: SpanStatusCode.UNSET },
  attributes: { yes: true, count: -3, zero: 0, big: 2 ** 52, part: 0.25, list: ['a', 'b'] },
  links: [{ context: { ...spanContext, spanId: '1111111111111111' }, attributes: { x: 'y' } }],
  events: [{ name: 'exception', time: [1_790_000_000, 5], attributes: { 'a.b': 'Error' } }],
  duration: [1, 0],
  ended: true,
  resource,
  instrumentationScope: { name: 'instrumentation', version: '1.2.3' },
  droppedAttributesCount: 0,
  droppedEventsCount: 0,
  droppedLinksCount: 0,
};

describe('OTLP/JSON', () => {
  it.each(signals)('of any request of %s says what protobuf says', (signal) => {
    fc.assert(
      fc.property(arbitraryRequest(signal), (body) => {
        const json = tryDecodeOtlpJson(signal, Buffer.from(toJson(signal, body)));
        expect(json).toEqual({ ok: true, otlp: decodeOtlp(signal, body), unknownFields: [] });
      }),
    );
  });

  it.each(signals)('of any request of %s becomes the request again', (signal) => {
    fc.assert(
      fc.property(arbitraryRequest(signal), (body) => {
        const again = bodyOf(signal, toJson(signal, body));
        expect(decodeOtlp(signal, again)).toEqual(decodeOtlp(signal, body));
      }),
    );
  });

  it.each(signals)('is made of damaged requests of %s without a throw', (signal) => {
    fc.assert(
      fc.property(damagedRequest(signal), (body) => {
        expect(JSON.parse(toJson(signal, body))).toBeInstanceOf(Object);
      }),
    );
  });

  it('of the JavaScript SDK becomes the bytes that its protobuf exporter sends', () => {
    const json = Buffer.from(JsonTraceSerializer.serializeRequest([sdkSpan]) ?? []);
    const protobuf = Buffer.from(ProtobufTraceSerializer.serializeRequest([sdkSpan]) ?? []);
    expect(Buffer.from(bodyOf('traces', json.toString()))).toEqual(protobuf);
  });

  it.each([
    ['text', '1790000000123456789'],
    [
      'two halves',
      {
        low: Number(BigInt.asIntN(32, 1_790_000_000_123_456_789n)),
        high: Number(1_790_000_000_123_456_789n >> 32n),
      },
    ],
  ])('takes a time to the nanosecond as %s', (_, startTimeUnixNano) => {
    expect(spanOf({ startTimeUnixNano })).toMatchObject({
      startTimeUnixNano: '1790000000123456789',
    });
  });

  it('takes a time as a number with the precision of a double', () => {
    const json =
      '{"resourceSpans":[{"scopeSpans":[{"spans":[{"startTimeUnixNano":1790000000123456789}]}]}]}';
    const { resourceSpans } = decodeOtlp('traces', bodyOf('traces', json));
    const start = resourceSpans[0]?.scopeSpans[0]?.spans[0]?.startTimeUnixNano;
    expect(start).toBe(String(BigInt(1_790_000_000_123_456_789)));
  });

  it.each([
    ['ids in upper case', { traceId: 'AB'.repeat(16) }, { traceId: 'ab'.repeat(16) }],
    ['an empty id', { parentSpanId: '' }, { parentSpanId: '' }],
    ['a number as text', { droppedLinksCount: '7' }, { droppedLinksCount: 7 }],
    ['an integer with an exponent', { droppedLinksCount: '1e3' }, { droppedLinksCount: 1000 }],
    ['the largest fixed32', { flags: 0xffffffff }, { flags: 0xffffffff }],
    ['an enum as a number', { kind: 3 }, { kind: 3 }],
    ['an enum as text', { kind: '3' }, { kind: 3 }],
    ['an enum by name', { kind: 'SPAN_KIND_CLIENT' }, { kind: 3 }],
    ['an enum of a later version', { kind: 77 }, { kind: 77 }],
    ['unknown members', { name: 'x', later: { a: [1] } }, { name: 'x' }],
    ['null', { name: null, attributes: null, status: null, traceId: null }, { name: '' }],
    ['lone surrogates', { name: 'a\ud800b' }, { name: 'a\ufffdb' }],
  ])('takes %s', (_, span, expected) => {
    expect(spanOf(span)).toMatchObject(expected);
  });

  it.each([
    [{ intValue: '-9223372036854775808' }, { intValue: '-9223372036854775808' }],
    [{ intValue: -5 }, { intValue: '-5' }],
    [{ intValue: { low: -5, high: -1, unsigned: false } }, { intValue: '-5' }],
    [{ intValue: 9_007_199_254_740_991 }, { intValue: '9007199254740991' }],
    [{ doubleValue: 'NaN' }, { doubleValue: NaN }],
    [{ doubleValue: '-Infinity' }, { doubleValue: -Infinity }],
    [{ doubleValue: '0.5' }, { doubleValue: 0.5 }],
    [{ doubleValue: 1 }, { doubleValue: 1 }],
    [{ boolValue: false }, { boolValue: false }],
    [{ bytesValue: '+/8=' }, { bytesValue: '+/8=' }],
    [{ bytesValue: '-_8' }, { bytesValue: '+/8=' }],
    [{ stringValue: '' }, { stringValue: '' }],
    [{}, {}],
    [
      { arrayValue: { values: [{ boolValue: true }] } },
      { arrayValue: { values: [{ boolValue: true }] } },
    ],
  ])('takes the value %j', (value, expected) => {
    expect(spanOf({ attributes: [{ key: 'a', value }] })).toMatchObject({
      attributes: [{ key: 'a', value: expected }],
    });
  });

  it.each([
    ['a name that is a number', { name: 5 }],
    ['an odd id', { traceId: 'abc' }],
    ['an id with other letters', { traceId: 'xy' }],
    ['a negative time', { startTimeUnixNano: '-1' }],
    ['a time of 2^64', { startTimeUnixNano: '18446744073709551616' }],
    ['a time of many digits', { startTimeUnixNano: '9'.repeat(400) }],
    ['a fraction', { droppedLinksCount: 1.5 }],
    ['a count that is too large', { droppedLinksCount: 2 ** 32 }],
    ['hexadecimal digits', { droppedLinksCount: '0x10' }],
    ['no text', { droppedLinksCount: '' }],
    ['a list that is none', { attributes: {} }],
    ['an attribute that is a string', { attributes: ['a'] }],
    ['an attribute that is null', { attributes: [null] }],
    ['an enum of an unknown name', { kind: 'SPAN_KIND_ELSE' }],
    ['a bool that is text', { attributes: [{ key: 'a', value: { boolValue: 'yes' } }] }],
    ['base64 that is none', { attributes: [{ key: 'a', value: { bytesValue: 'a' } }] }],
    ['a double that is none', { attributes: [{ key: 'a', value: { doubleValue: 'x' } }] }],
    ['halves without a half', { attributes: [{ key: 'a', value: { intValue: { low: 1 } } }] }],
  ])('leaves out an item with %s, counts it, and keeps its neighbours', (_, span) => {
    const read = fromJson('traces', JSON.stringify(withSpans({ name: 'a' }, span, { name: 'b' })));
    if (!read.ok) throw new Error(read.seen);
    expect(read.invalid).toBe(1);
    const { resourceSpans } = decodeOtlp('traces', read.body);
    expect(resourceSpans[0]?.scopeSpans[0]?.spans).toMatchObject([{ name: 'a' }, { name: 'b' }]);
  });

  it.each([
    ['text', 'x', /^text that is not JSON \(.+\)$/],
    ['a list', '[]', /^a JSON value that is not an object$/],
    ['a number', '1', /^a JSON value that is not an object$/],
    ['a truncated text', '{"resourceSpans":[', /^text that is not JSON/],
    ['an object', '{"resourceSpans":{}}', /^a member resourceSpans that is not a list$/],
  ])('refuses %s in place of a request, and says what it was', (_, text, seen) => {
    const read = fromJson('traces', text);
    expect(read.ok ? 'a request' : read.seen).toMatch(seen);
  });

  it('empties what is nested deeper than protobuf readers accept', () => {
    const depth = 100_000;
    const open = '{"arrayValue":{"values":['.repeat(depth);
    const json = JSON.stringify(withAttribute('@')).replace('"@"', `${open}${']}}'.repeat(depth)}`);
    const body = bodyOf('traces', json);
    expect(body.length).toBeLessThan(1000);
    expect(JSON.parse(toJson('traces', body))).toBeInstanceOf(Object);
  });
});
