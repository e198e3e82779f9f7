// Each rule by a request that breaks it alone: a valid request, one thing changed, one violation.
import { tryDecodeOtlpJson } from '../../src/otlp/decode';
import { checkOtlp } from '../../src/otlp/proto-rules';
import type { Signal } from '../../src/otlp/signal';

type Fields = Readonly<Record<string, unknown>>;

const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'orders' } }] };
const start = '1790000000000000000';
const later = '1790000001000000000';
const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';

const span = {
  traceId,
  spanId,
  name: 'orders',
  kind: 2,
  startTimeUnixNano: start,
  endTimeUnixNano: later,
};
const logRecord = { observedTimeUnixNano: start, severityNumber: 9, body: { stringValue: 'x' } };
function violations(signal: Signal, request: unknown): string[] {
  const decoded = tryDecodeOtlpJson(signal, Buffer.from(JSON.stringify(request)));
  if (!decoded.ok) throw new Error(decoded.reason);
  return checkOtlp(signal, decoded.otlp);
}

const ofSpans = (...spans: readonly Fields[]): string[] =>
  violations('traces', { resourceSpans: [{ resource, scopeSpans: [{ spans }] }] });
const ofSpan = (changes: Fields): string[] => ofSpans({ ...span, ...changes });
const ofLogRecord = (changes: Fields): string[] =>
  violations('logs', {
    resourceLogs: [{ resource, scopeLogs: [{ logRecords: [{ ...logRecord, ...changes }] }] }],
  });
test('requests that keep every rule have no violation', () => {
  expect(ofSpan({})).toEqual([]);
  expect(ofSpan({ parentSpanId: '00f067aa0ba902b7', flags: 0x301 })).toEqual([]);
  expect(ofSpan({ status: { code: 2, message: 'boom' }, endTimeUnixNano: start })).toEqual([]);
  expect(ofLogRecord({ traceId, spanId, timeUnixNano: start, flags: 1 })).toEqual([]);
});

const attribute = (key: string, value: unknown): Fields => ({ attributes: [{ key, value }] });
const text = { stringValue: 'x' };

test.each<[string, () => string[], RegExp]>([
  ['a short trace id', () => ofSpan({ traceId: 'abcd' }), /traceId: expected 16 bytes/],
  ['a missing span id', () => ofSpan({ spanId: '', parentSpanId: spanId }), /spanId: expected 8/],
  ['a zero trace id', () => ofSpan({ traceId: '0'.repeat(32) }), /traceId: id is all zero/],
  ['a zero parent', () => ofSpan({ parentSpanId: '0'.repeat(16) }), /parentSpanId: id is all zero/],
  ['a span that is its own parent', () => ofSpan({ parentSpanId: spanId }), /its own parent/],
  ['a span twice', () => ofSpans(span, span), /occurs twice/],
  ['no name', () => ofSpan({ name: '' }), /name is empty/],
  ['no kind', () => ofSpan({ kind: 0 }), /kind 0/],
  ['an unknown kind', () => ofSpan({ kind: 6 }), /kind 6/],
  ['reserved flags', () => ofSpan({ flags: 0x401 }), /reserved bits are set in 0x401/],
  ['an unknown remote parent', () => ofSpan({ flags: 0x200 }), /parent is remote/],
  ['no start', () => ofSpan({ startTimeUnixNano: '0' }), /startTimeUnixNano: expected epoch/],
  ['a time in ms', () => ofSpan({ startTimeUnixNano: '1790000000000' }), /expected epoch nanos/],
  [
    'an end before the start',
    () => ofSpan({ startTimeUnixNano: later, endTimeUnixNano: start }),
    /ends at/,
  ],
  ['an unknown status code', () => ofSpan({ status: { code: 3 } }), /status code 3 is no/],
  [
    'a message without error',
    () => ofSpan({ status: { message: 'x' } }),
    /status code 0 has a message/,
  ],
  [
    'an event without a name',
    () => ofSpan({ events: [{ timeUnixNano: start }] }),
    /events\[0\]: name/,
  ],
  [
    'an event without a time',
    () => ofSpan({ events: [{ name: 'e' }] }),
    /events\[0\]: expected epoch/,
  ],
  [
    'a link without a span',
    () => ofSpan({ links: [{ traceId }] }),
    /links\[0\].spanId: expected 8/,
  ],
  ['an empty key', () => ofSpan(attribute('', text)), /key is empty/],
  [
    'a key twice',
    () =>
      ofSpan({
        attributes: [
          { key: 'a', value: text },
          { key: 'a', value: text },
        ],
      }),
    /occurs twice/,
  ],
  ['an attribute without a value', () => ofSpan(attribute('a', undefined)), /value is missing/],
  [
    'NaN',
    () => ofSpan(attribute('a', { doubleValue: 'NaN' })),
    /expected a finite number, got NaN/,
  ],
  [
    'infinity in a list',
    () => ofSpan(attribute('a', { arrayValue: { values: [{ doubleValue: '-Infinity' }] } })),
    /a'\]\[0\]: expected a finite/,
  ],
  ['a lone surrogate', () => ofSpan(attribute('a', { stringValue: '\ud83d' })), /lone surrogate/],
  [
    'two values',
    () => ofSpan(attribute('a', { stringValue: '', boolValue: true })),
    /more than one value/,
  ],
  [
    'a key twice in a map',
    () =>
      ofLogRecord({
        body: {
          kvlistValue: {
            values: [
              { key: 'k', value: text },
              { key: 'k', value: text },
            ],
          },
        },
      }),
    /body\['k'\]: attribute key occurs twice/,
  ],
  [
    'an unobserved log record',
    () => ofLogRecord({ observedTimeUnixNano: '0' }),
    /observedTimeUnixNano/,
  ],
  ['severity 25', () => ofLogRecord({ severityNumber: 25 }), /severity number 25/],
  ['a span id alone', () => ofLogRecord({ spanId }), /spanId without a traceId/],
  ['reserved log flags', () => ofLogRecord({ flags: 0x100 }), /reserved bits/],
])('%s is a violation', (_what, check, expected) => {
  expect(check().filter((violation) => expected.test(violation))).toHaveLength(1);
});

test('a resource has to name its service, and entities to refer to attributes', () => {
  expect(violations('traces', { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] })).toEqual([
    'resourceSpans[0].resource: resource is missing',
  ]);
  const entityRefs = [{ type: 'host', idKeys: ['host.id'] }];
  expect(
    violations('logs', {
      resourceLogs: [{ resource: { entityRefs }, scopeLogs: [{ logRecords: [logRecord] }] }],
    }),
  ).toEqual([
    'resourceLogs[0].resource: service.name is missing',
    "resourceLogs[0].resource.entityRefs[0]: entity key 'host.id' is no resource attribute",
  ]);
});
