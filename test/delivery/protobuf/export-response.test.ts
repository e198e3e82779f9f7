// What answers say about rejected items, and bytes that are no answer.
import {
  ProtobufLogsSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';
import fc from 'fast-check';
import { decodeExportResponse } from '../../../src/delivery/policy/verdict';

const bytes = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(' ', ''), 'hex');

it.each([
  ['', 0, ''],
  ['0a 00', 0, ''],
  ['0a 02 08 03', 3, ''],
  ['0a 05 08 ac 02 12 00', 300, ''],
  ['0a 06 08 01 12 02 6e 6f', 1, 'no'],
  ['0a 06 12 04 c3 a9 e6 bc', 0, 'é\ufffd'],
  // The last of a field counts, whether in one message or in two that are merged.
  ['0a 04 08 01 08 02', 2, ''],
  ['0a 02 08 01 0a 04 12 02 6e 6f', 1, 'no'],
  // What a later version may add: a varint, 64 bits, bytes, 32 bits, inside and outside.
  ['10 05 19 0102030405060708 22 02 ff ff 2d 01020304 0a 02 08 01', 1, ''],
  ['0a 16 18 05 21 0102030405060708 2a 02 ff ff 35 01020304 08 01', 1, ''],
  // Other types than expected are not taken for what they are not.
  ['08 01', 0, ''],
  ['0a 03 0a 01 41', 0, ''],
  ['0a 02 10 01', 0, ''],
  // -1 as int64.
  ['0a 0b 08 ff ff ff ff ff ff ff ff ff 01', 0, ''],
])('decodeExportAnswer reads %p as %d rejected and %p', (hex, rejected, message) => {
  expect(decodeExportResponse(bytes(hex))).toEqual({ rejected, message });
});

it.each(['0a', '0a 05 08', '0a 02 08 80', '0a 02 12 05', '0b', '0c', '0e', '19 01', '2d 01', '80'])(
  'decodeExportAnswer refuses %p',
  (hex) => {
    expect(() => decodeExportResponse(bytes(hex))).toThrow(RangeError);
  },
);

it.each([
  ['{}', 0, ''],
  ['{"partialSuccess":{}}', 0, ''],
  ['{"partialSuccess":null}', 0, ''],
  ['{"partialSuccess":{"rejectedSpans":"2","errorMessage":"old"}}', 2, 'old'],
  ['{"partialSuccess":{"rejectedDataPoints":3}}', 3, ''],
  ['{"partialSuccess":{"rejectedLogRecords":"-1","errorMessage":5}}', 0, ''],
])('decodeExportAnswer reads %p as %d rejected and %p', (json, rejected, message) => {
  expect(decodeExportResponse(Buffer.from(json))).toEqual({ rejected, message });
});

it('decodeExportAnswer reads whatever bytes come, or refuses them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 24 }), (body) => {
      try {
        const { rejected } = decodeExportResponse(body);
        expect(Number.isFinite(rejected) && rejected >= 0).toBe(true);
      } catch (error) {
        // What begins with a brace is read as JSON.
        expect(error).toBeInstanceOf(body[0] === 0x7b ? SyntaxError : RangeError);
      }
    }),
    { numRuns: 500 },
  );
});

it.each([
  ['traces', ProtobufTraceSerializer, 'rejectedSpans'],
  ['metrics', ProtobufMetricsSerializer, 'rejectedDataPoints'],
  ['logs', ProtobufLogsSerializer, 'rejectedLogRecords'],
] as const)(
  'decodeExportAnswer reads answers for %s as the library does',
  (_, serializer, rejectedName) => {
    fc.assert(
      fc.property(fc.nat(), fc.string({ maxLength: 60 }), (rejected, text) => {
        const body = answerOf(rejected, text);
        expect(decodeExportResponse(body)).toEqual({ rejected, message: text });
        const { partialSuccess = {} } = serializer.deserializeResponse(body);
        expect(partialSuccess).toEqual({ [rejectedName]: rejected, errorMessage: text });
      }),
    );
  },
);

function answerOf(rejected: number, message: string): Uint8Array {
  const text = Buffer.from(message);
  const inner = [0x08, ...varint(rejected), 0x12, ...varint(text.length), ...text];
  return Uint8Array.from([0x0a, ...varint(inner.length), ...inner]);
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}
