import fc from 'fast-check';
import { encodeOtlpMessage } from 'local-lambda/otlp/decode';
import type { Part } from '../../src/relay/item';
import { ReceivedLogRecord, ReceivedMetric } from '../../src/relay/scan-request';
import { ReceivedSpan } from '../../src/relay/received-span';

const nothing = { bytes: new Uint8Array(0), schemaUrl: '' };
const envelopes = { resource: nothing, scope: nothing };
/** Not where the block begins and ends. */
const partOf = (bytes: Uint8Array): Part => ({
  block: Uint8Array.from([0xff, ...bytes, 0xff]),
  start: 1,
  end: 1 + bytes.length,
});
const nanoseconds = { low: 0x0bad_cafe, high: 0x17c0_ffee };
const milliseconds = (0x17c0_ffee * 2 ** 32 + 0x0bad_cafe) / 1e6;

const toSpan = (fields: Readonly<Record<string, unknown>>): ReceivedSpan =>
  new ReceivedSpan(partOf(encodeOtlpMessage('Span', fields)), envelopes);
const toMetric = (fields: Readonly<Record<string, unknown>>): ReceivedMetric =>
  new ReceivedMetric(partOf(encodeOtlpMessage('Metric', fields)), envelopes);
const attribute = (key: string, value: unknown): Record<string, unknown> => ({ key, value });

describe('ReceivedSpan', () => {
  it('knows its ids, kind, times and flags', () => {
    const span = toSpan({
      traceId: Buffer.from('0af7651916cd43dd8448eb211c80319c', 'hex'),
      spanId: Buffer.from('b7ad6b7169203331', 'hex'),
      parentSpanId: Buffer.from('00f067aa0ba902b7', 'hex'),
      name: 'GET /',
      kind: 2,
      startTimeUnixNano: nanoseconds,
      endTimeUnixNano: nanoseconds,
      flags: 0x301,
    });
    expect(span).toMatchObject({
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
      parentSpanId: '00f067aa0ba902b7',
      kind: 2,
      startMs: milliseconds,
      flags: 0x301,
      isParentRemote: true,
      invocationId: undefined,
    });
  });

  it.each([
    [0, undefined],
    [0x01, undefined],
    [0x200, undefined],
    [0x101, false],
    [0x300, true],
  ])('with flags %p says of a remote parent: %p', (flags, isParentRemote) => {
    expect(toSpan({ flags }).isParentRemote).toBe(isParentRemote);
  });

  it('has no ids where they are missing, all zeros or of another length', () => {
    const none = { traceId: undefined, spanId: undefined, parentSpanId: undefined };
    expect(toSpan({})).toMatchObject(none);
    const zeros = {
      traceId: Buffer.alloc(16),
      spanId: Buffer.alloc(8),
      parentSpanId: Buffer.alloc(8),
    };
    expect(toSpan(zeros)).toMatchObject(none);
    const short = { traceId: Buffer.alloc(8, 1), spanId: Buffer.alloc(7, 1) };
    expect(toSpan({ ...short, parentSpanId: Buffer.alloc(16, 1) })).toMatchObject(none);
  });

  it('takes the last of fields that come twice', () => {
    const first = encodeOtlpMessage('Span', { kind: 2, spanId: Buffer.alloc(8, 1) });
    const second = encodeOtlpMessage('Span', { kind: 5, spanId: Buffer.alloc(8, 2) });
    const span = new ReceivedSpan(partOf(Buffer.concat([first, second])), envelopes);
    expect(span).toMatchObject({ kind: 5, spanId: '0202020202020202' });
  });

  it.each(['faas.invocation_id', 'faas.invocation.id', 'faas.execution'])(
    'names its request by %s',
    (key) => {
      const attributes = [
        attribute('http.response.size', { intValue: 3 }),
        attribute('faas.invocation_ix', { stringValue: 'no' }),
        attribute(key, { stringValue: 'r-1' }),
      ];
      expect(toSpan({ kind: 2, attributes }).invocationId).toBe('r-1');
      expect(toSpan({ kind: 5, attributes }).invocationId).toBe('r-1');
      expect(toSpan({ kind: 3, attributes }).invocationId).toBeUndefined();
    },
  );

  it('names no request by an id that is no text', () => {
    const attributes = [attribute('faas.invocation_id', { intValue: 3 })];
    expect(toSpan({ kind: 2, attributes }).invocationId).toBeUndefined();
  });

  it('takes any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
        const { traceId, spanId, parentSpanId } = new ReceivedSpan(partOf(bytes), envelopes);
        expect([32, undefined]).toContain(traceId?.length);
        expect([16, undefined]).toContain(spanId?.length);
        expect([16, undefined]).toContain(parentSpanId?.length);
        expect(new ReceivedMetric(partOf(bytes), envelopes).points).toBeGreaterThanOrEqual(0);
        expect(new ReceivedLogRecord(partOf(bytes), envelopes).timeMs).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('ReceivedMetric', () => {
  const points = [{}, {}, {}];
  it.each([
    ['gauge', { gauge: { dataPoints: points } }, 'none'],
    ['delta sum', { sum: { dataPoints: points, aggregationTemporality: 1 } }, 'delta'],
    ['histogram', { histogram: { dataPoints: points, aggregationTemporality: 2 } }, 'cumulative'],
    [
      'exponential histogram',
      { exponentialHistogram: { dataPoints: points, aggregationTemporality: 1 } },
      'delta',
    ],
    ['summary', { summary: { dataPoints: points } }, 'none'],
    ['sum of temporality 0', { sum: { dataPoints: points } }, 'none'],
  ] as const)('counts the points of a %s and knows its temporality', (_, data, temporality) => {
    expect(toMetric({ name: 'x', ...data })).toMatchObject({ points: 3, temporality });
  });

  it('of no data has no points', () => {
    expect(toMetric({ name: 'x' })).toMatchObject({ points: 0, temporality: 'none' });
  });
});

describe('ReceivedLogRecord', () => {
  const toRecord = (fields: Readonly<Record<string, unknown>>): ReceivedLogRecord =>
    new ReceivedLogRecord(partOf(encodeOtlpMessage('LogRecord', fields)), envelopes);

  it('knows its trace, severity and time', () => {
    const record = toRecord({
      timeUnixNano: nanoseconds,
      severityNumber: 17,
      traceId: Buffer.from('0af7651916cd43dd8448eb211c80319c', 'hex'),
    });
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    expect(record).toMatchObject({ timeMs: milliseconds, severityNumber: 17, traceId });
  });

  it('without a time was when it was observed', () => {
    expect(toRecord({ observedTimeUnixNano: nanoseconds }).timeMs).toBe(milliseconds);
    expect(toRecord({})).toMatchObject({ timeMs: 0, severityNumber: 0, traceId: undefined });
  });
});
