// Requests of encoded log records are what the library's serializer writes, byte for byte.
import { ProtobufLogsSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import fc from 'fast-check';
import {
  asHex,
  attributes,
  hex,
  hrTime,
  optional,
  resources,
  scopes,
  text,
  value,
} from './arbitraries';
import { createEncoder, encodeRequest } from './encode';

const record = fc.record({
  hrTime,
  hrTimeObserved: hrTime,
  severityNumber: optional(fc.integer({ min: 0, max: 24 })),
  severityText: optional(text),
  body: value,
  eventName: optional(text),
  spanContext: optional(
    fc.record({
      traceId: fc.oneof(hex(32), fc.constantFrom('0af7651916cd43dd8448eb211c80319c', '')),
      spanId: hex(16),
      traceFlags: fc.constantFrom(0, 1),
    }),
  ),
  attributes,
  droppedAttributesCount: fc.nat(),
  resource: fc.constantFrom(...resources),
  instrumentationScope: fc.constantFrom(...scopes),
}) as unknown as fc.Arbitrary<ReadableLogRecord>;

it('a request of log records writes what the library writes, whatever the records', () => {
  // One for all: what it remembers of earlier records must not show.
  const encoder = createEncoder();
  fc.assert(
    fc.property(fc.array(record, { maxLength: 12 }), (records) => {
      const expected = asHex(ProtobufLogsSerializer.serializeRequest(records));
      expect(asHex(encodeRequest('logs', records, encoder))).toBe(expected);
    }),
    { numRuns: 300 },
  );
});

it.each([1, 2, 3, 127, 128, 129, 5000])(
  'a request of log records writes %d equal records with equal bytes',
  (count) => {
    const records = fc
      .sample(record, { numRuns: 1, seed: 7 })
      .flatMap((one) => Array.from({ length: count }, () => one));
    const expected = asHex(ProtobufLogsSerializer.serializeRequest(records));
    expect(asHex(encodeRequest('logs', records))).toBe(expected);
  },
);
