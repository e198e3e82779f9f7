// Decoding on hand-made bytes: what no serializer of ours writes, and what has to be refused.
import * as fc from 'fast-check';
import type { Signal } from '../../src/otlp/signal';
import {
  decodeOtlp,
  encodeOtlpMessage,
  tryDecodeOtlp,
  tryDecodeOtlpJson,
} from '../../src/otlp/decode';
import { toPlainAttributes } from '../../src/otlp/flatten';

/** A length-delimited field. */
function field(number: number, ...contents: readonly (readonly number[])[]): readonly number[] {
  const content = contents.flat();
  return [number * 8 + 2, content.length, ...content];
}

const utf8 = (text: string): number[] => [...Buffer.from(text)];
const fixed64 = (number: number, low: number): number[] => [
  number * 8 + 1,
  low,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
];
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
/** A log request of one record with these fields. */
const logRecord = (...fields: readonly (readonly number[])[]): Uint8Array =>
  Uint8Array.from(field(1, field(2, field(2, ...fields))));

function decodedLogRecord(...fields: readonly (readonly number[])[]): unknown {
  const { resourceLogs } = decodeOtlp('logs', logRecord(...fields));
  return resourceLogs[0]?.scopeLogs[0]?.logRecords[0];
}

test('an empty body is a request without anything in it', () => {
  expect(decodeOtlp('traces', new Uint8Array())).toEqual({ resourceSpans: [] });
});

test('what proto3 leaves out when zero is there as zero, what is optional is absent', () => {
  expect(decodedLogRecord()).toEqual({
    timeUnixNano: '0',
    observedTimeUnixNano: '0',
    severityNumber: 0,
    severityText: '',
    attributes: [],
    droppedAttributesCount: 0,
    flags: 0,
    traceId: '',
    spanId: '',
    eventName: '',
  });
});

test.each([
  ['string', field(1, utf8('ß')), { stringValue: 'ß' }],
  ['empty string', field(1), { stringValue: '' }],
  ['false', [2 * 8, 0], { boolValue: false }],
  ['negative integer', [3 * 8, ...Array<number>(9).fill(0xff), 1], { intValue: '-1' }],
  ['zero', [3 * 8, 0], { intValue: '0' }],
  ['double', [4 * 8 + 1, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f], { doubleValue: 1 }],
  ['empty array', field(5), { arrayValue: { values: [] } }],
  ['empty map', field(6), { kvlistValue: { values: [] } }],
  ['bytes', field(7, [0xff, 0xfe, 0xfd]), { bytesValue: '//79' }],
  ['nothing', [], {}],
])('a body that is %s keeps its kind', (_kind, value, expected) => {
  expect(decodedLogRecord(field(5, value))).toMatchObject({ body: expected });
});

test('64-bit times keep every digit', () => {
  const time = [1 * 8 + 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
  expect(decodedLogRecord(time)).toMatchObject({ timeUnixNano: '18446744073709551615' });
});

test('entity references, exemplars and summaries are read', () => {
  const summary = field(11, field(1, fixed64(4, 9), field(6, fixed64(1, 0))));
  const exemplar = field(5, fixed64(6, 5), field(4, [1, 2, 3, 4, 5, 6, 7, 8]));
  const gauge = field(5, field(1, exemplar));
  const resource = field(1, field(3, field(2, utf8('service')), field(3, utf8('service.name'))));
  const bytes = field(1, resource, field(2, field(2, summary), field(2, gauge)));
  const [read] = decodeOtlp('metrics', Uint8Array.from(bytes)).resourceMetrics;
  expect(read?.resource).toMatchObject({
    entityRefs: [{ type: 'service', idKeys: ['service.name'] }],
  });
  expect(read?.scopeMetrics[0]?.metrics).toMatchObject([
    { summary: { dataPoints: [{ count: '9', quantileValues: [{ quantile: 0 }] }] } },
    { gauge: { dataPoints: [{ exemplars: [{ asInt: '5', spanId: '0102030405060708' }] }] } },
  ]);
});

test.each<[string, Uint8Array]>([
  ['a truncated message', logRecord(field(3, utf8('INFO'))).subarray(0, -2)],
  ['a string that is not UTF-8', logRecord(field(3, [0xc3, 0x28]))],
  ['a lone surrogate in UTF-8', logRecord(field(3, [0xed, 0xa0, 0x80]))],
  ['text', Buffer.from('{"resourceLogs":[]}')],
])('%s is refused with a reason', (_what, bytes) => {
  expect(tryDecodeOtlp('logs', bytes)).toMatchObject({
    ok: false,
    reason: expect.stringContaining('not an OTLP logs request in protobuf') as string,
  });
});

test('a field that OTLP does not know is listed by number, and the rest is read', () => {
  const decoded = tryDecodeOtlp('logs', logRecord(field(3, utf8('INFO')), field(15, [1])));
  expect(decoded).toMatchObject({
    ok: true,
    unknownFields: ['resourceLogs[0].scopeLogs[0].logRecords[0]: field number 15'],
  });
});

describe('OTLP/JSON', () => {
  const inRecord = (record: unknown): Buffer =>
    json({ resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] });

  test.each([
    ['64-bit integers as strings', { timeUnixNano: '1790000000000000001' }],
    ['ids in hex', { traceId: '0af7651916cd43dd8448eb211c80319c' }],
    ['bytes in base64', { body: { bytesValue: 'QUI=' } }],
    ['enums as numbers', { severityNumber: 9 }],
  ])('%s stay as they are', (_what, record) => {
    const decoded = tryDecodeOtlpJson('logs', inRecord(record));
    expect(decoded).toMatchObject({
      otlp: { resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] },
      unknownFields: [],
    });
  });

  test.each([
    ['a number for a 64-bit integer', { timeUnixNano: 12 }, { timeUnixNano: '12' }],
    ['an id in capitals', { spanId: 'ABCDEF0123456789' }, { spanId: 'abcdef0123456789' }],
    ['NaN as a string', { body: { doubleValue: 'NaN' } }, { body: { doubleValue: NaN } }],
    ['null for nothing', { attributes: null, severityText: null }, { attributes: [] }],
  ])('%s is taken, as proto3 JSON allows', (_what, record, expected) => {
    expect(tryDecodeOtlpJson('logs', inRecord(record))).toMatchObject({
      otlp: { resourceLogs: [{ scopeLogs: [{ logRecords: [expected] }] }] },
    });
  });

  test.each<[string, unknown, string]>([
    ['an enum as its name', { severityNumber: 'SEVERITY_NUMBER_INFO' }, 'severityNumber'],
    ['an id in base64', { traceId: 'CvdlGRbNQ92ESOshHIAxnA==' }, 'traceId'],
    ['a negative time', { timeUnixNano: '-1' }, 'timeUnixNano'],
    ['a fraction for an integer', { droppedAttributesCount: 1.5 }, 'droppedAttributesCount'],
    ['attributes that are no array', { attributes: {} }, 'attributes'],
    ['a body that is no AnyValue', { body: 'text' }, 'body'],
  ])('%s is refused, and the field named', (_what, record, name) => {
    expect(tryDecodeOtlpJson('logs', inRecord(record))).toMatchObject({
      ok: false,
      reason: expect.stringContaining(`logRecords[0].${name}: expected`) as string,
    });
  });

  test('a key in snake_case is listed as unknown', () => {
    expect(tryDecodeOtlpJson('logs', inRecord({ trace_id: '' }))).toMatchObject({
      unknownFields: ["resourceLogs[0].scopeLogs[0].logRecords[0]: 'trace_id'"],
    });
  });
});

test('decoding never throws, whatever the bytes', () => {
  const signals: readonly Signal[] = ['traces', 'metrics', 'logs'];
  fc.assert(
    fc.property(fc.constantFrom(...signals), fc.uint8Array({ maxLength: 200 }), (signal, bytes) => {
      expect(typeof tryDecodeOtlp(signal, bytes).ok).toBe('boolean');
      expect(typeof tryDecodeOtlpJson(signal, bytes).ok).toBe('boolean');
    }),
  );
});

test('attributes become plain values, and a key named __proto__ is a key like any other', () => {
  const bytes = encodeOtlpMessage('ExportLogsServiceRequest', {
    resourceLogs: [
      {
        resource: {
          attributes: [
            { key: '__proto__', value: { stringValue: 'plain' } },
            { key: 'small', value: { intValue: 7 } },
            { key: 'null', value: {} },
            {
              key: 'map',
              value: { kvlistValue: { values: [{ key: 'a', value: { boolValue: false } }] } },
            },
          ],
        },
      },
    ],
  });
  const attributes = decodeOtlp('logs', bytes).resourceLogs[0]?.resource?.attributes ?? [];
  const plain = toPlainAttributes([
    ...attributes,
    { key: 'large', value: { intValue: '9007199254740993' }, keyStrindex: 0 },
  ]);
  expect(Object.entries(plain)).toEqual([
    ['__proto__', 'plain'],
    ['small', 7],
    ['null', null],
    ['map', { a: false }],
    ['large', 9_007_199_254_740_993n],
  ]);
});
