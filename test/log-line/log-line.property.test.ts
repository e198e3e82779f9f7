// Properties of every line, over records shaped like real ones and over any JSON.
import fc from 'fast-check';
import { createReadableRecord } from './readable-record';
import { JsonLogsSerializer, ProtobufLogsSerializer } from '@opentelemetry/otlp-transformer';
import type { LogLimits, LogLine } from '../../src/log-line/log-line';
import { LineReader } from '../../src/log-line/read-log-line';
import { DEFAULT_LIMITS, EVENT_TIME, REQUEST_ID } from './log-limits';

const ISO = '2024-05-20T16:29:45.009Z';
const KEYS = [
  ...['message', 'msg', 'level', 'severity', 'log', 'timestamp', 'time', 'instant', '_aws'],
  ...['requestId', 'function_request_id', 'spans', 'span', 'trace', 'trace_id', 'span_id'],
  ...['xray_trace_id', 'traceparent', 'err', 'error', 'exception', 'errorType', 'errorMessage'],
  ...['stackTrace', 'stack', '__proto__', 'constructor', '', 'order', '\ud800'],
];
const VALUES = [
  ...['INFO', 'banana', ISO, REQUEST_ID, '6549a1b24c0ffee0deadbeef01020304', '53995c3f42cd8ad8'],
  ...['Error: x\n    at f (a.js:1:2)', 'Traceback (most recent call last):\n', '\udc00', ''],
];
const text = fc.oneof(
  fc.constantFrom(...VALUES),
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom('\n', '\t', '\r', '[', ']', '{', '"', ':', ' ', 'E', '\ud800', '1'),
  }),
);
const { json } = fc.letrec((tie) => ({
  json: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    text,
    fc.double(),
    fc.integer(),
    fc.constantFrom(null, true, 30, 1_716_222_585_009, 1e30, Number.POSITIVE_INFINITY),
    fc.array(tie('json'), { maxLength: 4 }),
    fc
      .array(fc.tuple(fc.oneof(fc.constantFrom(...KEYS), text), tie('json')), { maxLength: 6 })
      .map(toJsonObject),
  ),
}));
const head = fc.constantFrom(
  `${ISO}\t${REQUEST_ID}\tERROR\t`,
  `[INFO]\t${ISO}\t${REQUEST_ID}\t`,
  `I, [2024-05-20T16:29:45.009123 #8]  INFO ${REQUEST_ID} -- : `,
  '2024/05/20 16:29:45 ',
  '[ERROR] ',
  '',
);
const record = fc.oneof(
  json,
  fc.tuple(head, text).map((parts) => parts.join('')),
  fc.tuple(head, json).map(([start, value]) => `${start}${JSON.stringify(value)}\n`),
);
const limits: fc.Arbitrary<LogLimits> = fc.oneof(
  fc.constant(DEFAULT_LIMITS),
  fc.record({
    maxBodyBytes: fc.nat(64),
    maxAttributes: fc.nat(4),
    maxAttributeValueLength: fc.nat(16),
    maxDepth: fc.nat(3),
  }),
);

function toJsonObject(members: readonly (readonly [string, unknown])[]): object {
  const object = {};
  for (const [name, value] of members) {
    Object.defineProperty(object, name, {
      value,
      configurable: true,
      enumerable: true,
      writable: true,
    });
  }
  return object;
}

/** Every text and number anywhere in a value, names included. */
function leavesOf(value: unknown): (string | number)[] {
  if (typeof value === 'string' || typeof value === 'number') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => [name, ...leavesOf(member)]);
}

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

const checkEvery = (check: (line: LogLine, its: LogLimits) => void): void => {
  fc.assert(
    fc.property(record, limits, (value, its) => {
      check(new LineReader(its).read(value, EVENT_TIME), its);
    }),
  );
};

it('every line is well-formed text and finite numbers, everywhere', () => {
  checkEvery((line) => {
    for (const leaf of leavesOf(line)) {
      if (typeof leaf === 'string') expect(leaf).not.toMatch(/\p{Surrogate}/u);
      else expect(Number.isFinite(leaf)).toBe(true);
    }
  });
});

it('every line stays within its limits', () => {
  checkEvery((line, { maxBodyBytes, maxAttributes, maxAttributeValueLength, maxDepth }) => {
    const texts = leavesOf(line.body).filter((leaf) => typeof leaf === 'string');
    expect(Buffer.byteLength(texts.join(''))).toBeLessThanOrEqual(maxBodyBytes);
    expect(depthOf(line.body)).toBeLessThanOrEqual(maxDepth + 1);
    const attributes = { ...line.attributes };
    delete attributes['process.pid'];
    expect(Object.keys(attributes).length).toBeLessThanOrEqual(maxAttributes);
    expect(depthOf(attributes)).toBeLessThanOrEqual(maxDepth + 1);
    for (const value of Object.values(attributes)) {
      if (typeof value !== 'string') continue;
      expect(value.length).toBeLessThanOrEqual(maxAttributeValueLength);
    }
  });
});

it('every line has ids and times that OTLP can hold', () => {
  checkEvery(({ traceId, spanId, time, severityNumber, requestId, exception }) => {
    if (traceId !== undefined) expect(traceId).toMatch(/^(?!0+$)[0-9a-f]{32}$/);
    if (spanId !== undefined) {
      expect(spanId).toMatch(/^(?!0+$)[0-9a-f]{16}$/);
      expect(traceId).toBeDefined();
    }
    if (requestId !== undefined) expect(requestId).toMatch(/^[\x21-\x7e]{1,128}$/);
    if (severityNumber !== undefined) {
      expect(severityNumber).toBeGreaterThanOrEqual(1);
      expect(severityNumber).toBeLessThanOrEqual(24);
    }
    if (time !== undefined)
      expect(BigInt(time[0]) * 10n ** 9n + BigInt(time[1])).toBeLessThan(2n ** 64n);
    if (exception !== undefined) expect(Object.keys(exception)).not.toHaveLength(0);
  });
});

it('every line loses nothing that it does not tell', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ minLength: 1 }), fc.oneof(fc.integer(), fc.string(), fc.boolean())),
      (members) => {
        const line = new LineReader(DEFAULT_LIMITS).read({ ...members, message: 'm' }, EVENT_TIME);
        const others = { ...members };
        delete others['message'];
        expect(line.attributes).toEqual(others);
        expect(line.truncated).toBe(false);
        expect(line.droppedAttributesCount).toBe(0);
      },
    ),
  );
});

it('every line is the same from an object as from its JSON text', () => {
  fc.assert(
    fc.property(json, limits, (value, its) => {
      fc.pre(typeof value === 'object' && value !== null && !Array.isArray(value));
      const copy: unknown = JSON.parse(JSON.stringify(value));
      expect(new LineReader(its).read(JSON.stringify(value), EVENT_TIME)).toEqual(
        new LineReader(its).read(copy, EVENT_TIME),
      );
    }),
  );
});

it('every line can be serialized as protobuf and as JSON', () => {
  checkEvery((line) => {
    const records = [createReadableRecord(line)];
    expect(ProtobufLogsSerializer.serializeRequest(records)?.byteLength).toBeGreaterThan(0);
    expect(JsonLogsSerializer.serializeRequest(records)?.byteLength).toBeGreaterThan(0);
  });
});
