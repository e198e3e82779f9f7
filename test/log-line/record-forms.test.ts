// Members of records that were read wrongly when somebody tried them: errors under names of their own, ids in other
// places, levels by number, and Python levels that somebody added.
import { LINE_TIME, readLine, REQUEST_ID } from './log-limits';

const ISO = '2024-05-20T16:29:45.009Z';
const TRACE_ID = '6549a1b24c0ffee0deadbeef01020304';
const SPAN_ID = '53995c3f42cd8ad8';
const X_RAY_ID = '1-6549a1b2-4c0ffee0deadbeef01020304';
const STACK = 'StockError: no stock\n    at f (/var/task/a.js:3:9)';
const ERROR = { name: 'StockError', message: 'no stock', stack: STACK };

it.each([
  { e: ERROR },
  { reason: ERROR },
  { data: { error: ERROR } },
  { meta: { err: ERROR } },
  { errors: [ERROR] },
  {
    exc_text:
      'Traceback (most recent call last):\n  File "a.py", line 3, in f\nStockError: no stock',
  },
  {
    1: { ...ERROR, stack: [{ fileName: 'a.js', fileLine: '3', method: 'f' }] },
    _meta: { logLevelName: 'ERROR' },
  },
])('at ERROR, an error is read whatever its name is: %j', (members) => {
  const { exception } = readLine({ level: 'error', message: 'failed', ...members });
  expect(exception).toMatchObject({ type: 'StockError', message: 'no stock' });
});

it.each([
  { level: 'info', reason: ERROR },
  { reason: ERROR },
  { level: 'error', deploy: { name: 'x', message: 'm', stack: 'blue' } },
  { level: 'error', text: 'a\nb\nc' },
  { level: 'error', output: 'Fatal error: exception Foo.Bar\nnext' },
  { level: 'error', reason: { message: 'no stock' } },
  { level: 'error', a: { b: { c: ERROR } } },
])('at ERROR, no error is read from %j', (members) => {
  expect(readLine({ message: 'm', ...members })).not.toHaveProperty('exception');
});

it.each(['stderr', 'err', 'exception'])('what a child printed into %s is no report', (name) => {
  const stderr = `Exception in thread "main" shop.StockError: no stock\n\tat a.B.c(B.java:1)`;
  const { exception } = readLine({ level: 'error', message: 'child failed', [name]: stderr });
  expect(exception).toEqual({
    type: 'shop.StockError',
    message: 'no stock',
    stacktrace: stderr.slice(stderr.indexOf('shop.')),
  });
});

it('what a logger says in the words of a runtime is no report, unlike what the runtime says', () => {
  const message = `Exception in thread "main" shop.StockError: no stock\n\tat a.B.c(B.java:1)`;
  const record = { timestamp: '2026-03-02T08:15:00Z', level: 'ERROR', message };
  expect(readLine(record).exception).toMatchObject({ isRuntimeReport: true });
  const { exception } = readLine({ ...record, child: 'billing' });
  expect(exception).toEqual({
    type: 'shop.StockError',
    message: 'no stock',
    stacktrace: message.slice(message.indexOf('shop.')),
  });
});

it.each([
  { exception: 'StockError', exception_message: 'no stock' },
  { error: 'no stock', error_type: 'StockError' },
  { error_class: 'StockError', error_message: 'no stock', backtrace: ["a.rb:3:in 'pay'"] },
  { 'error.kind': 'StockError', 'error.message': 'no stock' },
])('type and message are read from %j', (members) => {
  const { exception } = readLine({ level: 'ERROR', message: 'failed', ...members });
  expect(exception).toMatchObject({ type: 'StockError', message: 'no stock' });
});

it('type and message are read from no text of several lines, which is the stack of an error without a message', () => {
  const exception = 'Traceback (most recent call last):\n  File "a.py", line 3, in f\nStockError';
  const line = readLine({
    level: 'ERROR',
    message: 'm',
    exception,
    exception_name: 'StockError',
  });
  expect(line.exception).toEqual({ type: 'StockError', stacktrace: exception });
});

it.each([
  { 'X-B3-TraceId': TRACE_ID, 'X-B3-SpanId': SPAN_ID },
  { 'trace.trace_id': TRACE_ID, 'trace.span_id': SPAN_ID },
  { trace: `projects/shop-1/traces/${TRACE_ID}`, spanId: SPAN_ID },
  { mdc: { 'X-B3-TraceId': TRACE_ID, 'X-B3-SpanId': SPAN_ID } },
])('the trace id is read from %j', (members) => {
  const ids = { traceId: TRACE_ID, spanId: SPAN_ID };
  expect(readLine({ message: 'm', ...members })).toMatchObject(ids);
});

it.each([
  `low xray_trace_id=${X_RAY_ID}`,
  `low AWS-XRAY-TRACE-ID: ${X_RAY_ID}@${SPAN_ID}`,
  `pay{xrayTraceId="Root=${X_RAY_ID};Parent=${SPAN_ID};Sampled=1"}: low`,
  `XRAY TraceId: ${X_RAY_ID}\tSegmentId: ${SPAN_ID}`,
  `low trace-id=${X_RAY_ID}`,
  `Trace-Id: ${X_RAY_ID}`,
  `low xray-trace-id=${X_RAY_ID}`,
  `TRACE_ID=${TRACE_ID}`,
  `low TraceID=${TRACE_ID}`,
])('the trace id is read from %j', (text) => {
  const line = readLine(text);
  expect(line.traceId).toBe(TRACE_ID);
  expect(line).not.toHaveProperty('spanId');
});

it("the trace id is read from the text in the message of Lambda's JSON format", () => {
  const message = `paid trace_id=${TRACE_ID} span_id=${SPAN_ID}`;
  const record = { timestamp: ISO, level: 'INFO', requestId: REQUEST_ID, message };
  expect(readLine(record)).toMatchObject({ traceId: TRACE_ID, spanId: SPAN_ID });
  expect(readLine({ ...record, service: 'orders' })).not.toHaveProperty('traceId');
});

it.each([
  `headers X-Amzn-Trace-Id: Root=${X_RAY_ID}`,
  `{"x-amzn-trace-id":"Root=${X_RAY_ID}"`,
  `xray_trace_id=${X_RAY_ID}0`,
  'xray_trace_id=1-00000000-000000000000000000000000',
])('no trace id is read from %j', (text) => {
  expect(readLine(text)).not.toHaveProperty('traceId');
});

it.each([TRACE_ID, `at f (a.js:1:2) projects/p/traces/${TRACE_ID}`])(
  'no trace id is read from the trace %j',
  (trace) => {
    expect(readLine({ message: 'm', trace })).not.toHaveProperty('traceId');
  },
);

it("the trace id is read from an SDK's ids rather than X-Ray's, in text as in JSON", () => {
  const other = '1-11111111-222222222222222222222222';
  const text = `xray_trace_id=${other} trace_id=${TRACE_ID} span_id=${SPAN_ID}`;
  expect(readLine(text)).toMatchObject({ traceId: TRACE_ID, spanId: SPAN_ID });
});

it.each([{ faas: { invocation_id: REQUEST_ID } }, { faas: { execution: REQUEST_ID } }])(
  "the request is Lambda's in %j",
  (members) => {
    expect(readLine({ message: 'm', ...members }).requestId).toBe(REQUEST_ID);
  },
);

it.each([
  [0, 1],
  [3, 13],
  [4, 17],
  [5, 21],
  [6, undefined],
  [-1, undefined],
])("the number %d of .NET's LogLevel is %p", (LogLevel, severityNumber) => {
  expect(readLine({ Message: 'm', LogLevel }).severityNumber).toBe(severityNumber);
});

it.each([
  { severity_number: 13, body: 'low' },
  { SeverityNumber: 13, Body: 'low' },
])('the body of %j is its message', (record) => {
  expect(readLine(record)).toMatchObject({ body: 'low', severityNumber: 13 });
});

it.each([
  ['SUCCESS', 10],
  ['AUDIT', undefined],
  ['Level 25', undefined],
])("Python's line of a level that somebody added, %s, is read", (level, severityNumber) => {
  const line = readLine(`[${level}]\t${ISO}\t${REQUEST_ID}\tpaid\n`);
  expect(line).toMatchObject({
    body: 'paid',
    time: LINE_TIME,
    requestId: REQUEST_ID,
    severityText: level,
  });
  expect(line.severityNumber).toBe(severityNumber);
});
