// The readers of one field each.
import { readRecordTime } from '../../src/log-line/record-time';
import { readSeverity } from '../../src/log-line/severity';
import { readLine, REQUEST_ID } from './log-limits';

it.each([
  ['trace', 1],
  ['Verbose', 1],
  ['FINEST', 1],
  ['dEbUg', 5],
  ['FINE', 6],
  ['CONFIG', 7],
  ['http', 8],
  ['Information', 9],
  ['NOTICE', 10],
  ['WARN', 13],
  ['Warning', 13],
  ['err', 17],
  ['SEVERE', 17],
  ['panic', 19],
  ['critical', 21],
  ['FTL', 21],
  ['alert', 22],
  ['EMERG', 24],
  ['emergency', 24],
  [' [Error] ', 17],
  ['DEBUG-4', 1],
  ['ERROR+4', 21],
  ['30', 9],
  [10, 1],
  [20, 5],
  [30, 9],
  [35, 9],
  [40, 13],
  [50, 17],
  [60, 21],
  [100, 5],
  [550, 22],
  [20_000, 9],
])('the reader of severities reads %p', (value, number) => {
  expect(readSeverity(value)?.number).toBe(number);
});

it.each([
  ['banana', 'banana'],
  [99, '99'],
  [-1, '-1'],
  [0, '0'],
  ['INFO+', 'INFO+'],
  ['constructor', 'constructor'],
  ['__proto__', '__proto__'],
])('the reader of severities keeps the unknown %p as text', (value, text) => {
  expect(readSeverity(value)).toEqual({ text });
});

it.each([undefined, null, '', ' ', {}, [], true])(
  'the reader of severities reads nothing from %p',
  (value) => {
    expect(readSeverity(value)).toBeUndefined();
  },
);

it('the reader of severities cuts a name that is none', () => {
  expect(readSeverity('x'.repeat(1000))?.text).toHaveLength(64);
});

it.each([
  [{ level: 'banana', severity: 'WARN' }, 13, 'WARN'],
  [{ level: 'banana' }, undefined, 'banana'],
  [{ level: null, severity: 'WARN' }, 13, 'WARN'],
  [{ severityNumber: 18 }, 18, 'ERROR'],
  [{ severityNumber: 0 }, undefined, undefined],
  [{ levelno: 30 }, 13, 'WARN'],
  [{ log: 'warn' }, undefined, undefined],
])('the severity of %j is %p', (members, number, text) => {
  const line = readLine({ message: 'paid', ...members });
  expect(line.severityNumber).toBe(number);
  expect(line.severityText).toBe(text);
});

/** The time read for a line that the platform got half a second after it. */
const timeOf = (value: unknown, seconds: number) => readRecordTime(value, [seconds, 500_000_000]);

it.each([
  ['2024-05-20T16:29:45.123456789Z', 1_716_222_585, 123_456_789],
  ['2024-05-20 16:29:45,009', 1_716_222_585, 9_000_000],
  ['2024-05-20 18:29:45.009 +02:00', 1_716_222_585, 9_000_000],
  ['2024/05/20 16:29:45.009', 1_716_222_585, 9_000_000],
  ['2024-05-20 16:29:45.009 UTC', 1_716_222_585, 9_000_000],
  ['2024-05-20 16:29:45.009 GMT', 1_716_222_585, 9_000_000],
  ['2024-05-20T18:29:45.009+02:00[Europe/Berlin]', 1_716_222_585, 9_000_000],
  [1_716_222_585.5, 1_716_222_585, 500_000_000],
  [1_716_222_585.009_001, 1_716_222_585, 9_001_000],
  [1_716_222_585_000, 1_716_222_585, 0],
  [1_716_222_585_009, 1_716_222_585, 9_000_000],
  [1_716_222_585_009.25, 1_716_222_585, 9_250_000],
  [1_716_222_585_009_001, 1_716_222_585, 9_001_000],
  ['1716222585.009001002', 1_716_222_585, 9_001_002],
  ['1716222585009', 1_716_222_585, 9_000_000],
  ['1716222585009001002', 1_716_222_585, 9_001_002],
  ['1.7162225850090234e+09', 1_716_222_585, 9_023_400],
  ['1.7162225855e+09', 1_716_222_585, 500_000_000],
  ['17999999999.25', 17_999_999_999, 250_000_000],
  [{ epochSecond: 1_716_222_585, nanoOfSecond: 9_000_001 }, 1_716_222_585, 9_000_001],
  [{ repr: 'x', timestamp: 1_716_222_585.25 }, 1_716_222_585, 250_000_000],
])('the reader of times reads %p', (value, seconds, nanos) => {
  expect(timeOf(value, seconds)).toEqual([seconds, nanos]);
});

it.each([
  '2024-05-20T18:29:45+02:00',
  '2024-05-20T16:29:45Z',
  1_716_222_585,
  '1716222585',
  { epochSecond: 1_716_222_585 },
])(
  'the reader of times reads none from the whole seconds of %p, which say less than the event',
  (value) => {
    expect(timeOf(value, 1_716_222_585)).toBeUndefined();
    expect(timeOf(value, 1_716_222_587)).toEqual([1_716_222_585, 0]);
  },
);

it.each([
  ['2019-01-01T00:00:00.000Z', 'years before'],
  ['2024-05-20T16:14:45.499Z', 'more than 15 minutes before'],
  ['2024-05-20T16:29:46.501Z', 'more than a second after'],
  ['2099-01-01T00:00:00.000Z', 'years after'],
  ['2024-05-20 11:29:45,009', 'hours before, in local time'],
  ['2024-05-20 18:29:45.009 CEST', 'in a zone by its name'],
  [153_000_000, 'a duration'],
])(
  'the reader of times reads none from %p, %s',
  (...[value]: readonly [string | number, string]) => {
    expect(timeOf(value, 1_716_222_585)).toBeUndefined();
  },
);

it.each([
  ['2024-05-20T16:14:45.500Z', 1_716_221_685],
  ['2024-05-20T16:29:46.500Z', 1_716_222_586],
])('the reader of times reads %p, which can just be true', (value, seconds) => {
  expect(timeOf(value, 1_716_222_585)).toEqual([seconds, 500_000_000]);
});

it.each([
  0,
  12,
  -1_716_222_585,
  99_999_999,
  18_000_000_001,
  1e20,
  1e300,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  'yesterday',
  '12:00',
  '',
  '1'.repeat(100),
  true,
  null,
  undefined,
  [],
  {},
  { epochSecond: '1' },
  { epochSecond: 1_716_222_585, nanoOfSecond: 1e9 },
  { timestamp: { timestamp: 1_716_222_585.5 } },
])('the reader of times reads none from %p', (value) => {
  expect(timeOf(value, 1_716_222_585)).toBeUndefined();
});

it('the reader of times takes the first key that can be read and can be true', () => {
  const record = {
    message: 'm',
    timestamp: '2019-01-01T00:00:00Z',
    time: 12,
    ts: 1_716_222_585.5,
  };
  expect(readLine(record).time).toEqual([1_716_222_585, 500_000_000]);
});

it.each([
  'AWSRequestId',
  'awsRequestId',
  'aws_request_id',
  'function_request_id',
  'lambdaRequestId',
  'faas.invocation_id',
])('the requestId is read from %s', (name) => {
  expect(readLine({ message: 'm', [name]: REQUEST_ID }).requestId).toBe(REQUEST_ID);
});

it.each([
  { lambda_context: { aws_request_id: REQUEST_ID } },
  { mdc: { AWSRequestId: REQUEST_ID } },
  { contextMap: { awsRequestId: REQUEST_ID } },
  { record: { extra: { aws_request_id: REQUEST_ID } } },
  { Scopes: [{ Message: 'x' }, { AwsRequestId: REQUEST_ID }] },
  { spans: [{ name: 'other' }, { name: 'Lambda runtime invoke', requestId: REQUEST_ID }] },
])('the requestId is read from within %j', (members) => {
  expect(readLine({ message: 'm', ...members }).requestId).toBe(REQUEST_ID);
});

it('the requestId is the one that can only be of Lambda', () => {
  const record = { message: 'm', requestId: 'of-api-gateway', function_request_id: REQUEST_ID };
  expect(readLine(record).requestId).toBe(REQUEST_ID);
});

it.each([
  { requestId: REQUEST_ID },
  { RequestId: REQUEST_ID },
  { request_id: REQUEST_ID },
  { reqId: REQUEST_ID },
  { 'aws.requestId': REQUEST_ID },
  { aws: { requestId: REQUEST_ID } },
  { lambdaContext: { requestId: REQUEST_ID } },
  { span: { name: 'mine', requestId: REQUEST_ID } },
  { timestamp: '2024-05-20T16:29:45.009Z', level: 'INFO', requestId: REQUEST_ID, order: 7 },
  { level: 'INFO', requestId: REQUEST_ID },
])('the requestId may be the one in %j, if it is of this environment', (members) => {
  const line = readLine({ message: 'm', ...members });
  expect(line.possibleRequestId).toBe(REQUEST_ID);
  expect(line).not.toHaveProperty('requestId');
});

it('the requestId is trusted beside the keys of the runtimes alone', () => {
  const record = { timestamp: '2024-05-20T16:29:45.009Z', level: 'INFO', requestId: REQUEST_ID };
  expect(readLine({ message: 'm', ...record, logger: 'root', tenantId: 't' })).toMatchObject({
    requestId: REQUEST_ID,
  });
});

it.each([
  '',
  '-',
  'undefined',
  'null',
  'None',
  'two words',
  'x'.repeat(129),
  '\ud800',
  7,
  null,
  {},
])('the requestId is none when it is %p', (requestId) => {
  const line = readLine({ message: 'm', requestId, AWSRequestId: requestId });
  expect(line).not.toHaveProperty('requestId');
  expect(line).not.toHaveProperty('possibleRequestId');
});

it('the requestId is not taken from a context that may be of anything', () => {
  expect(readLine({ message: 'm', context: { requestId: 'x' } })).not.toHaveProperty('requestId');
});

const traceId = '6549a1b24c0ffee0deadbeef01020304';
const spanId = '53995c3f42cd8ad8';

it.each([
  [
    { trace_id: traceId, span_id: spanId },
    { traceId, spanId },
  ],
  [
    { traceId: traceId.toUpperCase(), spanId: spanId.toUpperCase() },
    { traceId, spanId },
  ],
  [{ trace_id: traceId, span_id: '0000000000000000' }, { traceId }],
  [{ trace_id: traceId, span_id: 'abc' }, { traceId }],
  [{ trace_id: traceId, trace_flags: 300 }, { traceId }],
  [{ trace_id: 'x', xray_trace_id: '1-6549a1b2-4c0ffee0deadbeef01020304' }, { traceId }],
  [
    { xray_trace_id: 'Parent=53995c3f42cd8ad8;Root=1-6549a1b2-4c0ffee0deadbeef01020304' },
    { traceId },
  ],
])('the trace context of %j is read', (members, expected) => {
  const line = readLine({ message: 'm', ...members });
  const { traceId: readTraceId, spanId: readSpanId, traceFlags } = line;
  expect(
    JSON.parse(JSON.stringify({ traceId: readTraceId, spanId: readSpanId, traceFlags })),
  ).toEqual(expected);
});

it.each([
  { trace_id: '0'.repeat(32), span_id: spanId },
  { trace_id: '12345678901234567', span_id: '123' },
  { span_id: spanId },
  { dd: { trace_id: traceId, span_id: spanId } },
  { xray_trace_id: '1-00000000-000000000000000000000000' },
  { xray_trace_id: '1-6549a1b2-4c0ffee0deadbeef0102030405' },
  { traceparent: `00-${'0'.repeat(32)}-${spanId}-01` },
  { traceparent: 7, trace: 'x', span: [] },
])('the trace context of %j is none', (members) => {
  const line = readLine({ message: 'm', ...members });
  expect(line).not.toHaveProperty('traceId');
  expect(line).not.toHaveProperty('spanId');
});
