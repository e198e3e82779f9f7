import fc from 'fast-check';
import { decodeBatch, decodeEvent } from '../../src/telemetry/decode';

const OBSERVED: [number, number] = [1_800_000_000, 0];
const TIME = '2026-03-02T08:15:00.120Z';
const AT = [Date.UTC(2026, 2, 2, 8, 15, 0) / 1000, 120_000_000];

it('decodeEvent reads every documented field of platform.report', () => {
  const event = decodeEvent(
    {
      time: TIME,
      type: 'platform.report',
      record: {
        requestId: 'r',
        status: 'timeout',
        errorType: 'Sandbox.Timedout',
        metrics: {
          durationMs: 118.9,
          billedDurationMs: 645,
          memorySizeMB: 512,
          maxMemoryUsedMB: 98,
          initDurationMs: 525.53,
          restoreDurationMs: 1,
          billedRestoreDurationMs: 2,
        },
        spans: [{ name: 'extensionOverhead', start: TIME, durationMs: 0.7 }],
        tracing: { type: 'X-Amzn-Trace-Id', value: 'Root=1-a-b', spanId: 'c' },
        tenantId: 'blue',
        somethingNew: { deep: true },
      },
    },
    OBSERVED,
  );
  expect(event).toEqual({
    type: 'platform.report',
    time: AT,
    requestId: 'r',
    status: 'timeout',
    errorType: 'Sandbox.Timedout',
    metrics: {
      durationMs: 118.9,
      billedDurationMs: 645,
      memorySizeMB: 512,
      maxMemoryUsedMB: 98,
      initDurationMs: 525.53,
      restoreDurationMs: 1,
      billedRestoreDurationMs: 2,
    },
    spans: [{ name: 'extensionOverhead', start: AT, durationMs: 0.7 }],
    tracing: { type: 'X-Amzn-Trace-Id', value: 'Root=1-a-b', spanId: 'c' },
    tenantId: 'blue',
  });
});

it.each([
  'platform.initStart',
  'platform.initRuntimeDone',
  'platform.initReport',
  'platform.restoreStart',
  'platform.restoreRuntimeDone',
  'platform.restoreReport',
  'platform.extension',
  'platform.telemetrySubscription',
  'platform.logsDropped',
])('decodeEvent keeps %s when every field is missing, null or no record is there', (type) => {
  const bare = { type, time: AT };
  const fields = ['phase', 'status', 'metrics', 'spans', 'tracing', 'name', 'state', 'reason'];
  const nulls = Object.fromEntries(fields.map((name) => [name, null]));
  expect(decodeEvent({ time: TIME, type, record: {} }, OBSERVED)).toEqual(bare);
  expect(decodeEvent({ time: TIME, type, record: nulls }, OBSERVED)).toEqual(bare);
  expect(decodeEvent({ time: TIME, type }, OBSERVED)).toEqual(bare);
  expect(decodeEvent({ time: TIME, type, record: 'text' }, OBSERVED)).toEqual(bare);
});

it.each(['platform.start', 'platform.runtimeDone', 'platform.report'])(
  'decodeEvent keeps %s without a requestId as data',
  (type) => {
    const record = { requestId: 5 };
    expect(decodeEvent({ time: TIME, type, record }, OBSERVED)).toEqual({
      type: 'unknown',
      wireType: type,
      time: AT,
      record,
    });
  },
);

it.each(['platform.end', 'platform.somethingNew', 'constructor', '__proto__', 'toString'])(
  'decodeEvent keeps the unknown type %s as data',
  (wireType) => {
    expect(decodeEvent({ time: TIME, type: wireType, record: [1] }, OBSERVED)).toEqual({
      type: 'unknown',
      wireType,
      time: AT,
      record: [1],
    });
  },
);

it.each([
  ['durationMs as text', { durationMs: '12' }],
  ['a negative durationMs', { durationMs: -1 }],
  ['an absurd durationMs', { durationMs: 1e308 }],
  ['a fractional size', { producedBytes: 1.5 }],
  ['a size beyond 2^53', { producedBytes: 2 ** 60 }],
])('decodeEvent leaves out %s', (_, metrics) => {
  const record = { requestId: 'r', status: 'success', metrics };
  expect(decodeEvent({ time: TIME, type: 'platform.runtimeDone', record }, OBSERVED)).toEqual({
    type: 'platform.runtimeDone',
    time: AT,
    requestId: 'r',
    status: 'success',
    metrics: {},
  });
});

it('decodeEvent keeps the good spans among bad ones', () => {
  const good = { name: 'responseLatency', start: TIME, durationMs: 1 };
  const spans = [null, 'x', { ...good, start: 'never' }, { ...good, durationMs: -1 }, good];
  const record = { requestId: 'r', spans };
  expect(decodeEvent({ time: TIME, type: 'platform.runtimeDone', record }, OBSERVED)).toMatchObject(
    { spans: [{ name: 'responseLatency', start: AT, durationMs: 1 }] },
  );
});

it.each([null, undefined, 5, 'text', [], {}, { type: 5 }, { type: '' }])(
  'decodeEvent takes %j for no event',
  (value) => {
    expect(decodeEvent(value, OBSERVED)).toBeUndefined();
  },
);

it('decodeEvent uses the time of delivery where the time is unreadable', () => {
  const events = [undefined, null, 5, 'x'].map((time) =>
    decodeEvent({ time, type: 'function', record: 'line' }, OBSERVED),
  );
  for (const event of events) expect(event?.time).toBe(OBSERVED);
});

it('decodeEvent never throws: any JSON gives an event or none', () => {
  const envelope = fc.record(
    {
      time: fc.jsonValue(),
      type: fc.oneof(fc.constant('platform.report'), fc.string()),
      record: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), envelope), (value) => {
      expect(() => decodeEvent(value, OBSERVED)).not.toThrow();
    }),
  );
});

const line = { time: TIME, type: 'function', record: 'hello\n' };
const decoded = { type: 'function', time: AT, record: 'hello\n' };

it('decodeBatch keeps the good records among bad ones', () => {
  const text = JSON.stringify([null, line, 5, 'x', [], {}, line]);
  expect(decodeBatch(text, OBSERVED)).toEqual({ events: [decoded, decoded], badRecords: 5 });
});

it('decodeBatch treats a single object as one event', () => {
  expect(decodeBatch(JSON.stringify(line), OBSERVED).events).toEqual([decoded]);
});

it.each(['', '  \n', '[]', '\uFEFF[]', ' '.repeat(100)])(
  'decodeBatch finds nothing in %j',
  (text) => {
    expect(decodeBatch(text, OBSERVED)).toEqual({ events: [], badRecords: 0 });
  },
);

it.each(['[{"time":', 'not json', '{"a":1', '[1,]'])(
  'decodeBatch says what is wrong with %j',
  (text) => {
    const batch = decodeBatch(text, OBSERVED);
    expect(batch.events).toEqual([]);
    expect(batch.problem).toMatch(/JSON/);
  },
);

it('decodeBatch tolerates a byte order mark', () => {
  expect(decodeBatch(`\uFEFF${JSON.stringify([line])}`, OBSERVED).events).toEqual([decoded]);
});
