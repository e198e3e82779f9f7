// What an object record says: its message, what Lambda's JSON format wraps, trace context, and what is no error.
import { LINE_TIME, readLine, REQUEST_ID } from './log-limits';

const ISO = '2024-05-20T16:29:45.009Z';
const TRACE_ID = '6549a1b24c0ffee0deadbeef01020304';
const SPAN_ID = '53995c3f42cd8ad8';
const IDS = { traceId: TRACE_ID, spanId: SPAN_ID };

it.each([
  ['logback', { formattedMessage: 'paid', message: 'pa{}', level: 'WARN' }, { message: 'pa{}' }],
  ['.NET', { Message: 'paid', LogLevel: 'Warning', EventId: 7 }, { EventId: 7 }],
  [
    'Serilog',
    { RenderedMessage: 'paid', MessageTemplate: 'p', Level: 'Warning' },
    { MessageTemplate: 'p' },
  ],
  ['Serilog compact', { '@m': 'paid', '@l': 'Warning', Order: 7 }, { Order: 7 }],
  [
    'GELF',
    { version: '1.1', host: 'h', short_message: 'paid', level: 4, _order: 7 },
    { _order: 7, host: 'h' },
  ],
  [
    "Rust's tracing",
    { level: 'WARN', fields: { message: 'paid', order: 7 }, target: 'a' },
    { order: 7, target: 'a' },
  ],
  [
    'loguru',
    { text: 'a paid\n', record: { message: 'paid', level: { name: 'WARNING', no: 30 } } },
    { text: 'a paid\n' },
  ],
  ['structlog', { event: 'paid', level: 'warning', order: 7 }, { order: 7 }],
  [
    "OpenTelemetry's console exporter for Python",
    { body: 'paid', severity_number: 13, severity_text: 'WARN' },
    {},
  ],
  [
    "OpenTelemetry's console exporter for Go",
    { Body: { Type: 'String', Value: 'paid' }, SeverityText: 'WARN' },
    {},
  ],
  ['OTLP', { body: { stringValue: 'paid' }, severityNumber: 13, severityText: 'WARN' }, {}],
  [
    'Monolog',
    { message: 'paid', level: 300, level_name: 'WARNING', channel: 'a' },
    { channel: 'a' },
  ],
])(
  'the message of a record of %s is the body, all else attributes',
  (_logger, record, attributes) => {
    const line = readLine(record);
    expect(line).toMatchObject({ body: 'paid', severityNumber: 13, attributes });
    expect(readLine(JSON.stringify(record))).toEqual(line);
  },
);

it.each([
  { event: 'paid', order: 7 },
  { event: { name: 'paid' }, level: 'INFO' },
  { body: 'paid', id: 7 },
  { text: 'paid' },
  { fields: { order: 7 }, level: 'INFO' },
  { RequestType: 'Create', RequestId: REQUEST_ID },
  { _aws: { Timestamp: 1 }, paid: 1 },
])('the message of a record is not in %j, which is the body as a whole', (record) => {
  expect(readLine(record)).toMatchObject({ body: record, attributes: {} });
});

it('the message of a record keeps a field that has the name of a member beside it', () => {
  const fields = { message: 'paid', level: 'of the order', order: 7 };
  const line = readLine({ level: 'WARN', fields });
  expect(line.attributes).toEqual({
    level: 'WARN',
    'fields.level': 'of the order',
    order: 7,
  });
});

const wrapper = { timestamp: ISO, level: 'INFO', requestId: REQUEST_ID };
const wrap = (inner: object) => readLine({ ...wrapper, message: JSON.stringify(inner) });

it("an object in the message of Lambda's JSON format is read: what it says wins, the request stays", () => {
  const inner = { msg: 'paid', level: 'warn', order: 7, requestId: 'of-api-gateway' };
  expect(wrap(inner)).toMatchObject({
    body: 'paid',
    severityNumber: 13,
    severityText: 'warn',
    time: LINE_TIME,
    requestId: REQUEST_ID,
    attributes: { order: 7, level: 'warn', requestId: 'of-api-gateway', timestamp: ISO },
  });
});

it("an object in the message of Lambda's JSON format leaves to the wrapper what it does not say", () => {
  expect(wrap({ event: 'paid', trace_id: TRACE_ID, span_id: SPAN_ID })).toMatchObject({
    body: 'paid',
    severityNumber: 9,
    time: LINE_TIME,
    ...IDS,
  });
});

it("an object in the message of Lambda's JSON format is read once", () => {
  const deep = JSON.stringify({ level: 'error', message: 'deep' });
  expect(wrap({ level: 'warn', message: deep })).toMatchObject({
    body: deep,
    severityNumber: 13,
  });
});

it.each(['[1,2]', '{"a":', 'text {"a":1}', '"a"', '{ a: 1 }'])(
  "an object in the message of Lambda's JSON format is not in %j",
  (message) => {
    expect(readLine({ ...wrapper, message }).body).toBe(message);
  },
);

it("an object in the message of Lambda's JSON format is text in a logger's own record", () => {
  const message = '{"level":"error"}';
  expect(readLine({ ...wrapper, message, service: 'orders' })).toMatchObject({
    body: message,
    severityNumber: 9,
  });
});

it("an object in the message of Lambda's JSON format keeps within the number of attributes", () => {
  const line = readLine(
    { ...wrapper, message: JSON.stringify({ msg: 'paid', a: 1 }) },
    { maxAttributes: 2 },
  );
  expect(Object.keys(line.attributes)).toHaveLength(2);
  expect(line.droppedAttributesCount).toBe(2);
});

it.each([
  { level: 'INFO', stack: 'blue' },
  { stack: ['node', 'lambda'] },
  { stack: 'node.js:20' },
  { stacktrace: 'none', stackTrace: '' },
  { level: 'INFO', errorType: 'none', errorMessage: 'no errors' },
  { level: 'ERROR', errorType: 'none', errorMessage: '' },
  { level: 'INFO', error: { message: 'ok' } },
  { error: { message: 'ok', code: 0 } },
  { level: 'DEBUG', errorMessage: 'of a form' },
  { level: 'INFO', 'error.type': 'timeout' },
])('an error is not in %j', (members) => {
  const line = readLine({ message: 'm', ...members });
  expect(line).not.toHaveProperty('exception');
  expect(line.severityText).toBe((members as { level?: string }).level);
});

it.each([
  [{ error: 'no stock', stacktrace: 'main.pay\n\t/var/task/main.go:12' }, { message: 'no stock' }],
  [
    { error: 'no stock', stack: [{ func: 'pay', line: '12', source: 'main.go' }] },
    { message: 'no stock' },
  ],
  [{ stacktrace: 'main.pay\n\t/var/task/main.go:12' }, { message: 'main.pay' }],
  [
    {
      exception: {
        exceptionType: 'a.E',
        message: 'm',
        frames: [{ class: 'a.B', method: 'c', line: 5 }],
      },
    },
    { type: 'a.E', stacktrace: '    at a.B.c (5)' },
  ],
  [
    {
      throwable: {
        className: 'a.E',
        message: 'm',
        stepArray: [{ className: 'a.B', methodName: 'c', fileName: 'B.java', lineNumber: 5 }],
      },
    },
    { type: 'a.E', stacktrace: '    at a.B.c (B.java:5)' },
  ],
  [
    { context: { exception: { class: 'E', message: 'm', file: 'a.php:3' } } },
    { type: 'E', message: 'm' },
  ],
  [
    { record: { exception: { type: 'E', value: 'm', traceback: true } } },
    { type: 'E', message: 'm' },
  ],
  [
    { exceptionType: 'E', exceptionMessage: 'm' },
    { type: 'E', message: 'm' },
  ],
  [
    { 'exception.class': 'E', 'exception.message': 'm' },
    { type: 'E', message: 'm' },
  ],
  [{ exception: 'a.StockError: no stock' }, { type: 'a.StockError', message: 'no stock' }],
  [{ level: 'ERROR', errorMessage: 'm' }, { message: 'm' }],
])('an error is not missed in %j', (members, expected) => {
  expect(readLine({ msg: 'x', ...members }).exception).toMatchObject(expected);
});

it.each([
  { mdc: { traceId: TRACE_ID, spanId: SPAN_ID } },
  { contextMap: { trace_id: TRACE_ID, span_id: SPAN_ID } },
  { Scopes: [{ Message: 'x' }, { TraceId: TRACE_ID, SpanId: SPAN_ID }] },
  { record: { extra: { otelTraceID: TRACE_ID, otelSpanID: SPAN_ID } } },
  { span: { name: 'pay', trace_id: TRACE_ID, span_id: SPAN_ID } },
  { trace_id: `0x${TRACE_ID}`, span_id: `0x${SPAN_ID}` },
  {
    'logging.googleapis.com/trace': `projects/shop-1/traces/${TRACE_ID}`,
    'logging.googleapis.com/spanId': SPAN_ID,
  },
])('the trace context of a line is read from %j', (members) => {
  expect(readLine({ message: 'm', ...members })).toMatchObject(IDS);
});

it.each([
  `2024-05-20 16:29:45,009 INFO [orders] [app.py:3] [trace_id=${TRACE_ID} span_id=${SPAN_ID} trace_sampled=True] - x`,
  `2024-05-20T16:29:45.009Z  INFO 8 --- [orders] [main] [${TRACE_ID}-${SPAN_ID}] shop.Orders : x`,
  `2024-05-20 16:29:45.009  INFO [orders,${TRACE_ID},${SPAN_ID}] 8 --- [main] shop.Orders : x`,
  `2024-05-20 16:29:45,009 INFO  traceId=${TRACE_ID}, parentId=, spanId=${SPAN_ID}, sampled=true [sho.Orders] (main) x`,
  `time=${ISO} level=INFO msg=x trace_id=${TRACE_ID} span_id=${SPAN_ID}`,
  `${ISO}\t${REQUEST_ID}\tINFO\tx traceId: ${TRACE_ID.toUpperCase()}, spanId: ${SPAN_ID}`,
  `x traceparent=00-${TRACE_ID}-${SPAN_ID}-01`,
])('the trace context of a line is read from %j', (text) => {
  expect(readLine(text)).toMatchObject(IDS);
});

it.each([
  `x trace_id=${'0'.repeat(32)} span_id=${SPAN_ID}`,
  `x trace_id=${TRACE_ID}0 span_id=${SPAN_ID}`,
  `x trace_id=7 span_id=${SPAN_ID}`,
  `x dd.trace_id=${TRACE_ID} dd.span_id=${SPAN_ID}`,
  `x [${TRACE_ID}-${SPAN_ID}]`,
  `x span_id=${SPAN_ID}`,
])('no trace context is read from %j', (text) => {
  const line = readLine(text);
  expect(line).not.toHaveProperty('traceId');
  expect(line).not.toHaveProperty('spanId');
});
