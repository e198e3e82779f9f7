// Each field of an event by itself, at the limits of what it may be.
import { decodeEvent } from '../../src/telemetry/decode';

const TIME = '2026-03-02T08:15:00.120Z';
const AT = [Date.UTC(2026, 2, 2, 8, 15, 0) / 1000, 120_000_000];

const decode = (type: string, record: unknown) => decodeEvent({ time: TIME, type, record }, [0, 0]);
const readReport = (record: object) =>
  decode('platform.report', { requestId: 'r', ...record }) as unknown;
const reported = (fields: object) => ({
  type: 'platform.report',
  time: AT,
  requestId: 'r',
  ...fields,
});

const outcome = { status: 'error', errorType: 'Runtime.ExitError' };
const tracing = { type: 'X-Amzn-Trace-Id', value: 'Root=1-a-b', spanId: 'c' };
const spans = [{ name: 'responseLatency', start: TIME, durationMs: 2 }];
const metrics = { durationMs: 5 };
const initialization = { initializationType: 'on-demand', phase: 'init' };
const instance = {
  runtimeVersion: 'nodejs:22.v1',
  runtimeVersionArn: 'arn:runtime',
  functionName: 'orders',
  functionVersion: '7',
  instanceId: 'i-1',
  instanceMaxMemory: 536_870_912,
  tracing,
};

it.each([
  ['platform.initStart', { ...initialization, ...instance }],
  ['platform.initRuntimeDone', { ...initialization, ...outcome, spans, tracing }],
  ['platform.initReport', { ...initialization, ...outcome, spans, tracing, metrics }],
  ['platform.restoreStart', instance],
  ['platform.restoreRuntimeDone', { ...outcome, spans, tracing }],
  ['platform.restoreReport', { ...outcome, spans, tracing, metrics }],
  [
    'platform.start',
    { requestId: 'r', version: '7', functionArn: 'arn:f', tenantId: 'blue', tracing },
  ],
  [
    'platform.runtimeDone',
    { requestId: 'r', ...outcome, spans, tracing, metrics, tenantId: 'blue' },
  ],
  ['platform.report', { requestId: 'r', ...outcome, spans, tracing, metrics, tenantId: 'blue' }],
  [
    'platform.extension',
    {
      name: 'otlp',
      state: 'Ready',
      events: ['INVOKE', 'SHUTDOWN'],
      errorType: 'Extension.Crash',
    },
  ],
  ['platform.telemetrySubscription', { name: 'otlp', state: 'Subscribed', types: ['platform'] }],
  ['platform.logsDropped', { reason: 'slow', droppedRecords: 3, droppedBytes: 99 }],
])('an event keeps every documented field: %s', (type, record) => {
  const readSpans = 'spans' in record ? { spans: [{ ...spans[0], start: AT }] } : {};
  const isAnswered = type === 'platform.runtimeDone' ? { isAnswered: true } : {};
  expect(decode(type, record)).toEqual({
    type,
    time: AT,
    ...record,
    ...readSpans,
    ...isAnswered,
  });
});

it.each([
  ['no duration at all', 0, true],
  ['the longest duration', 1e12, true],
  ['a longer one', 1e12 + 1, false],
  ['a negative one', -0.001, false],
  ['one that is no number', '5', false],
])('a field out of its limits is left out: %s', (_, durationMs, isKept) => {
  const expected = isKept ? { durationMs } : {};
  expect(readReport({ metrics: { durationMs } })).toEqual(reported({ metrics: expected }));
});

it.each([
  ['no bytes', 0, true],
  ['the greatest exact number', Number.MAX_SAFE_INTEGER, true],
  ['one that is not exact', Number.MAX_SAFE_INTEGER + 1, false],
  ['a negative one', -1, false],
  ['a fraction', 0.5, false],
  ['one that is no number', '5', false],
])('a field out of its limits is left out: %s', (_, producedBytes, isKept) => {
  const expected = isKept ? { producedBytes } : {};
  expect(readReport({ metrics: { producedBytes } })).toEqual(reported({ metrics: expected }));
});

it.each(['', 5, null, {}, ['text']])(
  'a field out of its limits is left out: a text that is %j',
  (status) => {
    expect(readReport({ status })).toEqual(reported({}));
  },
);

it.each([null, 5, 'text', [{ durationMs: 5 }]])(
  'a field out of its limits is left out: metrics that are %j',
  (value) => {
    expect(readReport({ metrics: value })).toEqual(reported({}));
  },
);

it('a lone surrogate in a text is replaced', () => {
  expect(readReport({ status: 'a\ud800' })).toEqual(reported({ status: 'a\ufffd' }));
});

const readTypes = (types: unknown) => decode('platform.telemetrySubscription', { types });
const subscribed = { type: 'platform.telemetrySubscription', time: AT };

it('a list of texts keeps the texts among other things', () => {
  expect(readTypes(['a', 5, null, '', 'b'])).toEqual({ ...subscribed, types: ['a', 'b'] });
});

it('a list of texts may be empty', () => {
  expect(readTypes([])).toEqual({ ...subscribed, types: [] });
});

it.each(['platform', { length: 1, 0: 'a' }, null])(
  'a list of texts is none when it is %j',
  (types) => {
    expect(readTypes(types)).toEqual(subscribed);
  },
);

it('a list of texts ends at 64', () => {
  const many = Array.from({ length: 65 }, (_, index) => `t${index}`);
  expect(readTypes(many)).toEqual({ ...subscribed, types: many.slice(0, 64) });
});

it.each([
  [{ value: 'Root=1-a-b' }, { value: 'Root=1-a-b' }],
  [{ spanId: 'c' }, { spanId: 'c' }],
  [
    { type: 'X-Amzn-Trace-Id', value: 5, spanId: 'c' },
    { type: 'X-Amzn-Trace-Id', spanId: 'c' },
  ],
])('tracing of %j says what it can', (value, expected) => {
  expect(readReport({ tracing: value })).toEqual(reported({ tracing: expected }));
});

it.each([{ type: 'X-Amzn-Trace-Id' }, {}, 'Root=1-a-b', ['Root'], null])(
  'tracing is none when it is %j',
  (value) => {
    expect(readReport({ tracing: value })).toEqual(reported({}));
  },
);

const good = { name: 'a', start: TIME, durationMs: 1 };
const read = { name: 'a', start: AT, durationMs: 1 };

it.each([
  ['name', { start: TIME, durationMs: 1 }],
  ['start', { name: 'a', durationMs: 1 }],
  ['duration', { name: 'a', start: TIME }],
])('the spans of an event go without one that has no %s', (_, bad) => {
  expect(readReport({ spans: [bad, good] })).toEqual(reported({ spans: [read] }));
  expect(readReport({ spans: [bad] })).toEqual(reported({}));
});

it.each([[[]], [null], ['a'], [good]])(
  'the spans of an event are none when they are %j',
  (value) => {
    expect(readReport({ spans: value })).toEqual(reported({}));
  },
);

it('the spans of an event end at 64', () => {
  const many = Array.from({ length: 65 }, (_, durationMs) => ({ ...good, durationMs }));
  const expected = many.slice(0, 64).map((span) => ({ ...span, start: AT }));
  expect(readReport({ spans: many })).toEqual(reported({ spans: expected }));
});
