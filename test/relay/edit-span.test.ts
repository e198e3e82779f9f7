import fc from 'fast-check';
import { decodeOtlp, encodeOtlpMessage } from 'local-lambda/otlp/decode';
import { readAttributes } from '../../src/relay/attributes';
import { editSpan } from '../../src/relay/edit-span';
import type { SpanEdit } from '../../src/relay/edit-span';
import { MessageWriter } from '../../src/relay/message-writer';

type Decoded = ReturnType<
  typeof decodeOtlp<'traces'>
>['resourceSpans'][number]['scopeSpans'][number]['spans'][number];

function decodeSpan(span: Uint8Array): Decoded {
  const writer = new MessageWriter();
  const starts = [1, 2, 2].map((field) => {
    writer.tag(field, 2);
    return writer.begin();
  });
  writer.raw(span);
  for (const start of starts.reverse()) writer.end(start);
  const decoded = decodeOtlp('traces', writer.finish());
  const decodedSpan = decoded.resourceSpans[0]?.scopeSpans[0]?.spans[0];
  if (decodedSpan === undefined) throw new Error('expected a span');
  return decodedSpan;
}

const original = {
  traceId: Buffer.from('0af7651916cd43dd8448eb211c80319c', 'hex'),
  spanId: Buffer.from('b7ad6b7169203331', 'hex'),
  parentSpanId: Buffer.from('00f067aa0ba902b7', 'hex'),
  traceState: 'a=b',
  name: 'GET /',
  kind: 1,
  startTimeUnixNano: { low: 1, high: 2 },
  endTimeUnixNano: { low: 3, high: 4 },
  attributes: [{ key: 'kept', value: { stringValue: 'yes' } }],
  links: [{ traceId: Buffer.alloc(16, 1), spanId: Buffer.alloc(8, 2) }],
  events: [{ name: 'event' }],
  status: { code: 1, message: 'before' },
  flags: 0x301,
};
const bytes = encodeOtlpMessage('Span', original);
const traceId = 'ffffffffffffffffffffffffffffffff';
const spanId = 'eeeeeeeeeeeeeeee';

describe('editSpan', () => {
  it.each<[string, SpanEdit, Partial<Decoded>]>([
    ['parent', { parentSpanId: spanId }, { parentSpanId: spanId }],
    ['parent to none', { parentSpanId: '' }, { parentSpanId: '' }],
    ['trace state', { traceState: 'ot=th:8' }, { traceState: 'ot=th:8' }],
    ['flags', { flags: 0x101 }, { flags: 0x101 }],
    ['status code alone', { status: { code: 2 } }, { status: { code: 2, message: 'before' } }],
    ['status', { status: { code: 2, message: 'x' } }, { status: { code: 2, message: 'x' } }],
  ])('changes the %s and nothing else', (_, edit, expected) => {
    expect(decodeSpan(editSpan(bytes, edit))).toEqual({ ...decodeSpan(bytes), ...expected });
  });

  it('adds attributes of every type behind those that are there', () => {
    const attributes = {
      text: 'größer 🧨'.repeat(40),
      yes: true,
      no: false,
      zero: 0,
      minus: -7,
      large: 2 ** 52,
      ratio: 0.25,
      absent: undefined,
    };
    const edited = editSpan(bytes, { attributes });
    expect(Object.fromEntries(readAttributes(edited, 9))).toEqual({
      kept: 'yes',
      ...Object.fromEntries(Object.entries(attributes).filter(([key]) => key !== 'absent')),
    });
    expect(decodeSpan(edited).attributes).toMatchObject([
      { key: 'kept', value: { stringValue: 'yes' } },
      { key: 'text', value: { stringValue: attributes.text } },
      { key: 'yes', value: { boolValue: true } },
      { key: 'no', value: { boolValue: false } },
      { key: 'zero', value: { intValue: '0' } },
      { key: 'minus', value: { intValue: '-7' } },
      { key: 'large', value: { intValue: '4503599627370496' } },
      { key: 'ratio', value: { doubleValue: 0.25 } },
    ]);
  });

  it('adds links behind those that are there', () => {
    const links = [{ traceId, spanId }];
    const decoded = decodeSpan(editSpan(bytes, { links }));
    expect(decoded.links).toHaveLength(2);
    expect(decoded.links[1]).toMatchObject({ traceId, spanId });
    expect({ ...decoded, links: [] }).toEqual({ ...decodeSpan(bytes), links: [] });
  });

  it('leaves the bytes that it was given alone, and begins with them', () => {
    const before = Uint8Array.from(bytes);
    const edited = editSpan(bytes, { flags: 0x101, parentSpanId: '' });
    expect(Uint8Array.from(bytes)).toEqual(before);
    expect(edited.subarray(0, bytes.length)).toEqual(before);
  });
});

describe('MessageWriter', () => {
  it('writes any text and number as protobufjs writes them', () => {
    const event = fc.record({
      name: fc.string({ unit: 'grapheme', maxLength: 300 }),
      droppedAttributesCount: fc.integer({ min: 1, max: 0xffffffff }),
    });
    fc.assert(
      fc.property(event, ({ name, droppedAttributesCount }) => {
        fc.pre(name !== '');
        const writer = new MessageWriter();
        writer.tag(2, 2);
        writer.text(name);
        writer.tag(4, 0);
        writer.varint(droppedAttributesCount);
        const expected = encodeOtlpMessage('Event', { name, droppedAttributesCount });
        expect(expected.equals(writer.finish())).toBe(true);
      }),
    );
  });

  it('nests messages of any length', () => {
    fc.assert(
      fc.property(fc.nat({ max: 40_000 }), (length) => {
        const bytesValue = Buffer.alloc(length, 7);
        const writer = new MessageWriter();
        writer.tag(7, 2);
        const start = writer.begin();
        writer.raw(bytesValue);
        writer.end(start);
        expect(encodeOtlpMessage('AnyValue', { bytesValue }).equals(writer.finish())).toBe(true);
      }),
    );
  });
});
