// Lines as the loggers in use print them.
import { LINE_TIME, readLine, REQUEST_ID } from './log-limits';

const ISO = '2024-05-20T16:29:45.009Z';
const TRACE_ID = '6549a1b24c0ffee0deadbeef01020304';
const SPAN_ID = '53995c3f42cd8ad8';
const X_RAY_ROOT = '1-6549a1b2-4c0ffee0deadbeef01020304';

it.each([
  [
    'Powertools for Python',
    {
      level: 'INFO',
      location: 'handler:10',
      message: 'paid',
      timestamp: '2024-05-20 16:29:45,009+0000',
      service: 'payment',
      cold_start: true,
      function_request_id: REQUEST_ID,
      xray_trace_id: X_RAY_ROOT,
    },
    { severityNumber: 9, time: LINE_TIME, requestId: REQUEST_ID, traceId: TRACE_ID },
  ],
  [
    'Powertools for TypeScript',
    {
      level: 'WARN',
      message: 'paid',
      timestamp: ISO,
      service: 'orders',
      function_request_id: REQUEST_ID,
      sampling_rate: 0,
      xray_trace_id: X_RAY_ROOT,
    },
    { severityNumber: 13, time: LINE_TIME, requestId: REQUEST_ID, traceId: TRACE_ID },
  ],
  [
    'Powertools for Java',
    {
      level: 'DEBUG',
      message: 'paid',
      cold_start: false,
      function_request_id: REQUEST_ID,
      timestamp: '2024-05-20T16:29:45.009+0000',
      xray_trace_id: X_RAY_ROOT,
    },
    { severityNumber: 5, time: LINE_TIME, requestId: REQUEST_ID },
  ],
  [
    'Powertools for .NET in camel case',
    {
      level: 'Information',
      message: 'paid',
      functionRequestId: REQUEST_ID,
      timestamp: '2024-05-20T16:29:45.0090000Z',
      xrayTraceId: X_RAY_ROOT,
    },
    { severityNumber: 9, time: LINE_TIME, requestId: REQUEST_ID, traceId: TRACE_ID },
  ],
  [
    'pino',
    { level: 40, time: 1_716_222_585_009, pid: 8, hostname: '169.254.1.1', msg: 'paid' },
    { severityNumber: 13, severityText: 'WARN', time: LINE_TIME },
  ],
  [
    'pino-lambda',
    {
      awsRequestId: REQUEST_ID,
      'x-correlation-id': 'c',
      level: 30,
      time: 1_716_222_585_009,
      msg: 'paid',
    },
    { severityNumber: 9, requestId: REQUEST_ID },
  ],
  [
    'bunyan',
    { name: 'app', hostname: 'h', pid: 8, level: 50, msg: 'paid', time: ISO, v: 0 },
    { severityNumber: 17, severityText: 'ERROR', time: LINE_TIME },
  ],
  [
    'winston',
    { level: 'verbose', message: 'paid', timestamp: ISO },
    { severityNumber: 1, severityText: 'verbose', time: LINE_TIME },
  ],
  [
    'winston with coloured levels',
    { level: '\u001b[32minfo\u001b[39m', message: 'paid' },
    { severityNumber: 9 },
  ],
  [
    'log4j2, LambdaJsonFormat',
    {
      timestamp: ISO,
      level: 'ERROR',
      message: 'paid',
      logger: 'a.Handler',
      AWSRequestId: REQUEST_ID,
    },
    { severityNumber: 17, time: LINE_TIME, requestId: REQUEST_ID },
  ],
  [
    'log4j2, EcsLayout',
    {
      '@timestamp': ISO,
      'ecs.version': '1.2.0',
      'log.level': 'WARN',
      message: 'paid',
      'trace.id': TRACE_ID,
      'span.id': SPAN_ID,
    },
    { severityNumber: 13, time: LINE_TIME, traceId: TRACE_ID, spanId: SPAN_ID },
  ],
  [
    'log4j2, JsonLayout with its instant and context map',
    {
      instant: { epochSecond: 1_716_222_585, nanoOfSecond: 9_000_123 },
      level: 'INFO',
      message: 'paid',
      contextMap: { AWSRequestId: REQUEST_ID },
    },
    { severityNumber: 9, time: [1_716_222_585, 9_000_123], requestId: REQUEST_ID },
  ],
  [
    'logback for logstash',
    {
      '@timestamp': '2024-05-20T18:29:45.009+02:00',
      level: 'TRACE',
      level_value: 5000,
      message: 'paid',
    },
    { severityNumber: 1, severityText: 'TRACE', time: LINE_TIME },
  ],
  [
    'ECS with nested maps',
    {
      '@timestamp': ISO,
      log: { level: 'error' },
      message: 'paid',
      trace: { id: TRACE_ID },
      span: { id: SPAN_ID },
    },
    { severityNumber: 17, severityText: 'error', traceId: TRACE_ID, spanId: SPAN_ID },
  ],
  [
    "Go's slog",
    { time: '2024-05-20T16:29:45.009000001Z', level: 'INFO+2', msg: 'paid' },
    { severityNumber: 11, severityText: 'INFO+2', time: [1_716_222_585, 9_000_001] },
  ],
  [
    'zap, whose seconds have a fraction',
    { level: 'dpanic', ts: 1_716_222_585.009_001, caller: 'main.go:1', msg: 'paid' },
    { severityNumber: 18, time: [1_716_222_585, 9_001_000] },
  ],
  [
    'zerolog in seconds',
    { level: 'warn', time: 1_716_222_585, message: 'paid' },
    { severityNumber: 13, time: undefined },
  ],
  [
    'logrus',
    { level: 'fatal', msg: 'paid', time: '2024-05-20T16:29:45Z' },
    { severityNumber: 21, time: undefined },
  ],
  [
    'Monolog, as Bref uses it',
    {
      message: 'paid',
      context: {},
      level: 250,
      level_name: 'NOTICE',
      datetime: '2024-05-20T16:29:45.009000+00:00',
    },
    { severityNumber: 10, time: LINE_TIME },
  ],
  [
    'python-json-logger',
    {
      asctime: '2024-05-20 16:29:45,009',
      levelname: 'CRITICAL',
      message: 'paid',
      aws_request_id: REQUEST_ID,
    },
    { severityNumber: 21, severityText: 'CRITICAL', time: LINE_TIME, requestId: REQUEST_ID },
  ],
  [
    "OpenTelemetry's Python logging instrumentation",
    {
      levelname: 'INFO',
      message: 'paid',
      otelTraceID: TRACE_ID,
      otelSpanID: SPAN_ID,
      otelTraceSampled: true,
    },
    { traceId: TRACE_ID, spanId: SPAN_ID, traceFlags: 1 },
  ],
  [
    "OpenTelemetry's Node.js logger instrumentations",
    {
      level: 30,
      msg: 'paid',
      trace_id: TRACE_ID.toUpperCase(),
      span_id: SPAN_ID,
      trace_flags: '00',
    },
    { traceId: TRACE_ID, spanId: SPAN_ID, traceFlags: 0 },
  ],
  [
    'a W3C traceparent',
    { message: 'paid', traceparent: `00-${TRACE_ID}-${SPAN_ID}-01` },
    { traceId: TRACE_ID, spanId: SPAN_ID, traceFlags: 1 },
  ],
  [
    "X-Ray's SDK for Java",
    { message: 'paid', 'AWS-XRAY-TRACE-ID': `${X_RAY_ROOT}@${SPAN_ID}` },
    { traceId: TRACE_ID },
  ],
  [
    "Microsoft's JSON console",
    { Timestamp: ISO, LogLevel: 'Critical', Category: 'App', message: 'paid' },
    { severityNumber: 21, time: LINE_TIME },
  ],
  [
    "Java's util.logging",
    { level: 'SEVERE', message: 'paid', timeMillis: 1_716_222_585_009 },
    { severityNumber: 17, time: LINE_TIME },
  ],
])('the reader of structured lines with a message reads %s', (_logger, record, expected) => {
  const line = readLine(record);
  // Whole seconds are less exact than the event's time.
  expect({ time: undefined, ...line }).toMatchObject({ body: 'paid', ...expected });
  expect(readLine(`${JSON.stringify(record)}\n`)).toEqual(line);
  const others: Record<string, unknown> = { ...record };
  delete others['message'];
  delete others['msg'];
  expect(line.attributes).toEqual(others);
});

it.each([
  [
    'Serilog compact',
    {
      '@t': ISO,
      '@mt': 'paid {Order}',
      '@l': 'Warning',
      '@tr': TRACE_ID,
      '@sp': SPAN_ID,
      Order: 7,
    },
    { severityNumber: 13, time: LINE_TIME, traceId: TRACE_ID, spanId: SPAN_ID },
  ],
  [
    'Serilog compact, which leaves out the level Information',
    { '@t': ISO, '@mt': 'paid' },
    { severityNumber: 9, severityText: 'Information' },
  ],
  [
    'EMF',
    {
      _aws: {
        Timestamp: 1_716_222_585_009,
        CloudWatchMetrics: [
          {
            Namespace: 'shop',
            Dimensions: [['service']],
            Metrics: [{ Name: 'paid', Unit: 'Count' }],
          },
        ],
      },
      service: 'orders',
      paid: 1,
    },
    { time: LINE_TIME },
  ],
  ['an event of EventBridge', { version: '0', time: ISO, detail: { a: 1 } }, { time: LINE_TIME }],
])(
  'the reader of structured lines makes the whole object of %s the body',
  (_logger, record, expected) => {
    const line = readLine(`${JSON.stringify(record)}\n`);
    expect(line).toMatchObject({ attributes: {}, truncated: false, ...expected });
    expect(line.body).toEqual(record);
  },
);

it.each([
  ['slog', `time=2024-05-20T16:29:45.009Z level=WARN msg="paid in full" requestId=${REQUEST_ID}`],
  ['zap in development', '2024-05-20T16:29:45.009Z\tWARN\tmain.go:7\tpaid\t{"order": 7}'],
  ['zap with a numeric zone', '2024-05-20T18:29:45.009+0200\tWARN\tpaid'],
  ["Python's basicConfig", '2024-05-20 16:29:45,009 - orders - WARNING - paid'],
  ["winston's printf", '2024-05-20T16:29:45.009Z warn: paid'],
  ['a line in brackets', '[2024-05-20T16:29:45.009Z] [WARN] orders - paid'],
  ['Monolog', '[2024-05-20T16:29:45.009000+00:00] app.WARNING: paid [] []'],
  [
    'coloured tracing',
    '\u001b[2m2024-05-20T16:29:45.009000Z\u001b[0m \u001b[33m WARN\u001b[0m orders: paid',
  ],
])(
  'the reader of loggers’ text lines reads time and level of %s and keeps the line',
  (_logger, text) => {
    expect(readLine(`${text}\n`)).toMatchObject({
      body: text,
      time: LINE_TIME,
      severityNumber: 13,
    });
  },
);

it.each([
  ['INFO:root:paid', 9],
  ['WARNING: stock is low', 13],
  ['ERROR stock is gone', 17],
  ['fail: Shop.Orders[0]\n      stock is gone', 17],
  ['error: stock is gone', 17],
  ['[error] stock is gone', 17],
])(
  'the reader of loggers’ text lines reads the level at the start of %j and keeps the line',
  (text, severityNumber) => {
    expect(readLine(text)).toMatchObject({ body: text, severityNumber });
  },
);

it.each([
  'Information about errors',
  'info about order 7',
  'error rate is 3 %',
  'ERROR_RATE 3',
  'Log: entry',
  'FUNCTION_MARKER ERROR',
  '[1,2,3]',
  '[section] a = b',
  '12 orders',
  "{ a: 1, b: 'x' }",
  '{"a": 1',
  '"quoted"',
  '{}}',
  '\u001b[32mgreen\u001b[0m',
  '   ',
  'https://example.com/a?level=info',
  'ü ist kein Buchstabe von ASCII',
])('the reader of loggers’ text lines takes %j for a message and nothing else', (text) => {
  expect(readLine(`${text}\n`)).toEqual({
    body: text,
    attributes: {},
    droppedAttributesCount: 0,
    truncated: false,
  });
});
