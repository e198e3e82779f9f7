// The encoder of log requests writes what the library's serializer writes, byte for byte.
import { ProtobufLogsSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import fc from 'fast-check';
import { encodeLogRequest } from '../../src/export/log-request';

const hex = (digits: number) =>
  fc.string({
    unit: fc.constantFrom(...Array.from('0123456789abcdef')),
    minLength: digits,
    maxLength: digits,
  });
/** Texts around the lengths at which the length of a length changes, in every plane of Unicode. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme-ascii', maxLength: 300 }),
  fc
    .tuple(fc.constantFrom('a', 'é', '漢', '😀', '\ud800'), fc.integer({ min: 0, max: 17_000 }))
    .map(([unit, length]) => unit.repeat(length)),
);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    text,
    fc.boolean(),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double(),
    fc.constantFrom(null, undefined, -0, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 62, -(2 ** 63), 2 ** 63),
    fc.uint8Array({ maxLength: 200 }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(text, tie('value'), { maxKeys: 4 }),
  ),
}));
const attributes = fc.dictionary(
  fc.oneof(fc.constantFrom('faas.invocation_id', 'a'), text),
  fc.oneof(fc.constantFrom('6f747dcf-d4c8-42fd-a83e-6bd1c2d61eb7', 'x', ''), value),
  { maxKeys: 5 },
);
const hrTime = fc.tuple(
  fc.oneof(fc.constantFrom(0, 1_795_242_360, 1_795_242_361), fc.integer({ min: 0, max: 18e9 })),
  fc.integer({ min: 0, max: 999_999_999 }),
);
const resources = [
  resourceFromAttributes({ 'service.name': 'a', 'faas.max_memory': 134_217_728, list: ['b', 'c'] }),
  resourceFromAttributes({}, { schemaUrl: 'https://opentelemetry.io/schemas/1.40.0' }),
];
const scopes = [
  { name: 'function', version: '1.2.3' },
  { name: '', schemaUrl: 'https://example.org/schema' },
];
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
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

const asHex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex');

describe('encodeLogRequest', () => {
  it('writes what the library writes, whatever the records', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 12 }), (records) => {
        const expected = asHex(ProtobufLogsSerializer.serializeRequest(records));
        expect(asHex(encodeLogRequest(records))).toBe(expected);
      }),
      { numRuns: 300 },
    );
  });

  it.each([1, 2, 3, 127, 128, 129, 5000])('writes %d equal records one like the other', (count) => {
    const records = fc
      .sample(record, { numRuns: 1, seed: 7 })
      .flatMap((one) => Array.from({ length: count }, () => one));
    const expected = asHex(ProtobufLogsSerializer.serializeRequest(records));
    expect(asHex(encodeLogRequest(records))).toBe(expected);
  });
});
