// Requests of encoded spans are what the library's serializer writes, byte for byte.
import { createTraceState } from '@opentelemetry/api';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import fc from 'fast-check';
import { asHex, attributes, hex, hrTime, optional, resources, scopes, text } from './arbitraries';
import { createEncoder, encodeRequest } from './encode';

const context = fc.record({
  traceId: fc.oneof(hex(32), fc.constant('0af7651916cd43dd8448eb211c80319c')),
  spanId: fc.oneof(hex(16), fc.constant('b7ad6b7169203331')),
  traceFlags: fc.constantFrom(0, 1, 3, 255),
  isRemote: optional(fc.boolean()),
  traceState: optional(fc.constantFrom(createTraceState('a=b,c=d'), createTraceState(''))),
});
const span = fc
  .record({
    name: text,
    kind: fc.constantFrom(0, 1, 2, 3, 4),
    context,
    parentSpanContext: optional(fc.oneof(context, fc.constant({ traceId: '', spanId: '' }))),
    startTime: hrTime,
    endTime: hrTime,
    attributes,
    links: fc.array(
      fc.record({
        context,
        attributes: optional(attributes),
        droppedAttributesCount: optional(fc.nat()),
      }),
      { maxLength: 3 },
    ),
    events: fc.array(
      fc.record({
        name: text,
        time: hrTime,
        attributes: optional(attributes),
        droppedAttributesCount: optional(fc.nat()),
      }),
      { maxLength: 3 },
    ),
    status: fc.record({ code: fc.constantFrom(0, 1, 2), message: optional(text) }),
    resource: fc.constantFrom(...resources),
    instrumentationScope: fc.constantFrom(...scopes),
    droppedAttributesCount: fc.nat(),
    droppedEventsCount: fc.nat(),
    droppedLinksCount: fc.nat(),
  })
  .map(({ context: own, ...rest }) => ({
    ...rest,
    spanContext: () => own,
  })) as unknown as fc.Arbitrary<ReadableSpan>;

it('a request of spans writes what the library writes, whatever the spans', () => {
  const encoder = createEncoder();
  fc.assert(
    fc.property(fc.array(span, { maxLength: 8 }), (spans) => {
      const expected = asHex(ProtobufTraceSerializer.serializeRequest(spans));
      expect(asHex(encodeRequest('traces', spans, encoder))).toBe(expected);
    }),
    { numRuns: 300 },
  );
});

it('a request of spans writes nothing of no spans', () => {
  expect(encodeRequest('traces', [])).toHaveLength(0);
});
