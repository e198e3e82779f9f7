// Defaults of loggers in use that were read wrongly when somebody tried them.
import { EVENT_TIME, LINE_TIME, readLine, REQUEST_ID } from './log-limits';

const ISO = '2024-05-20T16:29:45.009Z';
const RED = '\u001b[31m';
const PLAIN = '\u001b[39m';

it.each([
  ['winston', `${ISO} ${RED}warn${PLAIN}: stock is low`],
  ['winston in brackets', `${ISO} [${RED}warn${PLAIN}]: stock is low`],
  ['log4js', `[${ISO}] ${RED}WARN${PLAIN} orders - stock is low`],
  ['zap', `${ISO}\t${RED}WARN${PLAIN}\tmain.go:7\tstock is low`],
])('a colour within the head hides no level: %s', (_logger, text) => {
  expect(readLine(text)).toMatchObject({ body: text, severityNumber: 13, time: LINE_TIME });
});

it.each([
  ['Serilog', `[16:29:45 ${RED}WRN${PLAIN}] stock is low`],
  ['slf4j', `[main] ${RED}WARN${PLAIN} shop.Orders - stock is low`],
  ['Play', `[${RED}warn${PLAIN}] shop.Orders - stock is low`],
])('a colour within the head hides no level: %s', (_logger, text) => {
  expect(readLine(text)).toMatchObject({ body: text, severityNumber: 13 });
});

it.each([`${RED}red text${PLAIN}`, '\u001b]8;;http://x\u0007a link', `${RED}${PLAIN}`, RED])(
  'a colour within the head makes no level of %j',
  (text) => {
    expect(readLine(text)).not.toHaveProperty('severityNumber');
  },
);

it.each([
  ['signale', '[orders] › ⚠  warning   stock is low'],
  ['systemd and .NET', '<4>Shop.Orders[0] stock is low'],
  ['log4perl', '2024/05/20 16:29:45 WARN> script.pl:7 main - stock is low'],
  ['php-fpm', 'NOTICE: PHP message: PHP Warning:  Undefined variable $x in a.php on line 7'],
  ["structlog's pairs", `event='stock is low' level='warning' timestamp='${ISO}'`],
  ['go-kit with the caller first', `caller=main.go:7 ts=${ISO} level=warn msg="low \\"7\\""`],
])('the level is read from the line of %s', (_logger, text) => {
  expect(readLine(text)).toMatchObject({ body: text, severityNumber: 13 });
});

it.each([
  ['log4js', { level: { level: 30_000, levelStr: 'WARN' }, data: ['stock is low'] }],
  ['tslog', { 0: 'stock is low', _meta: { logLevelId: 4, logLevelName: 'WARN' } }],
  ['roarr', { context: { logLevel: 40 }, message: 'stock is low' }],
  ['hclog', { '@level': 'warn', '@message': 'stock is low' }],
])('the level is read from the record of %s', (_logger, record) => {
  expect(readLine(record)).toMatchObject({ severityNumber: 13 });
});

it.each([
  '<b>WARN</b>',
  '<4 items left>',
  '<999>items',
  'a=1 b=2',
  'level=high',
  'a=hello world level=warn',
  'name=x level=beginner',
  '→ error  handling',
])('no level is read from a part of %j', (text) => {
  expect(readLine(text)).not.toHaveProperty('severityNumber');
});

it.each([
  ['Django', 'WARNING 2024-05-20 16:29:45,009 orders 8 1399 stock is low'],
  ['Dropwizard', 'WARN  [2024-05-20 16:29:45,009] shop.Orders: stock is low'],
  ['columns', 'WARNING | 2024-05-20 16:29:45,009 | orders | stock is low'],
  ['Dart', 'WARNING: 2024-05-20 16:29:45.009: stock is low'],
  ['syslog', `<12>1 ${ISO} host orders 8 - - stock is low`],
  ['pairs whose first is another', `caller=main.go:7 ts=${ISO} level=warn msg=low`],
])('the time is read behind the level of %s', (_logger, text) => {
  expect(readLine(text)).toMatchObject({ body: text, severityNumber: 13, time: LINE_TIME });
});

it('the time is read from the metadata of tslog', () => {
  expect(readLine({ 0: 'x', _meta: { date: ISO, logLevelName: 'INFO' } }).time).toEqual(LINE_TIME);
});

it('the time is read of the event, where the level is followed by a date of long ago', () => {
  expect(readLine('ERROR 2019-05-20 16:29:45,009 x', {}, EVENT_TIME)).not.toHaveProperty('time');
});

const record = {
  timestamp: ISO,
  level: 'Information',
  requestId: REQUEST_ID,
  message: '{"Level":"Error","Message":"failed"}',
};

it("the record of .NET's runtime is its own with X-Ray's header as traceId, and what a logger printed into it is read", () => {
  const traceId = 'Root=1-6549a1b2-4c0ffee0deadbeef01020304;Parent=53995c3f42cd8ad8;Sampled=1';
  expect(readLine({ ...record, traceId })).toMatchObject({
    body: 'failed',
    severityNumber: 17,
    requestId: REQUEST_ID,
  });
});

it("the record of .NET's runtime is a logger's with a trace id", () => {
  const line = readLine({ ...record, traceId: '6549a1b24c0ffee0deadbeef01020304' });
  expect(line).toMatchObject({ body: record.message, possibleRequestId: REQUEST_ID });
  expect(line).not.toHaveProperty('requestId');
});

const STOCK = { message: 'no stock' };

it.each([
  [
    "Ruby's Logger",
    `E, [2024-05-20T16:29:45.009123 #8] ERROR ${REQUEST_ID} -- : no stock (Shop::StockError)\n/var/task/app.rb:3:in \`pay'\n/var/task/app.rb:9:in \`handler'`,
    'Shop::StockError',
  ],
  [
    'Monolog without a trace',
    '[2024-05-20T16:29:45.009+00:00] app.ERROR: failed {"exception":"[object] (RuntimeException(code: 0): no stock at /var/task/index.php:7)"} []',
    'RuntimeException',
  ],
  [
    'Monolog with escaped newlines',
    String.raw`[2024-05-20T16:29:45.009+00:00] app.ERROR: failed {"exception":"[object] (RuntimeException(code: 0): no stock at /var/task/index.php:7)\n[stacktrace]\n#0 {main}"} []`,
    'RuntimeException',
  ],
  [
    'loguru',
    '2024-05-20 16:29:45.009 | ERROR    | app:h:3 - failed\nTraceback (most recent call last):\n\n> File "/var/task/app.py", line 3, in h\n    raise ValueError("no stock")\n          └ <class>\n\nValueError: no stock\n',
    'ValueError',
  ],
  [
    "Python's groups",
    '  + Exception Group Traceback (most recent call last):\n  |   File "a.py", line 3, in h\n  | ExceptionGroup: no stock\n  +-+---------------- 1 ----------------\n    | ValueError: x\n    +------------------------------------',
    'ExceptionGroup',
  ],
])('the exception is read of the text of %s', (_logger, text, type) => {
  expect(readLine(text)).toMatchObject({ severityNumber: 17, exception: { type, ...STOCK } });
});

const GO_FRAMES = 'main.pay\n\t/app/main.go:12\nmain.main\n\t/app/main.go:20';
it.each([
  ["zap's console", `${ISO}\tERROR\tmain.go:12\tfailed\t{"error": "no stock"}\n${GO_FRAMES}`],
  ['pkg/errors', `2024/05/20 16:29:45 no stock\n${GO_FRAMES}`],
])('the exception is read of the text of %s, which has no type', (_logger, text) => {
  const exception = { ...STOCK, stacktrace: GO_FRAMES };
  expect(readLine(text)).toMatchObject({ body: text, severityNumber: 17, exception });
});

it("no exception is read of the stack that Go's debug.PrintStack printed", () => {
  const text = `goroutine 1 [running]:\n${GO_FRAMES}`;
  expect(readLine(text)).not.toHaveProperty('exception');
});

it.each([
  [
    "Microsoft's JSON console, where a space stands for each newline",
    {
      Exception:
        'System.InvalidOperationException: no stock    at Shop.Orders.Pay() in /src/Orders.cs:line 7    at Shop.H.Run()',
    },
    'System.InvalidOperationException',
  ],
  [
    "log4j2's layout for Google Cloud",
    { _exception: { class: 'a.StockException', message: 'no stock', stackTrace: 'x' } },
    'a.StockException',
  ],
  [
    "Monolog's text within a record",
    { context: { exception: '[object] (StockException(code: 0): no stock at /a.php:7)' } },
    'StockException',
  ],
])('the exception is read of the record of %s', (_logger, members, type) => {
  const line = readLine({ level: 'ERROR', message: 'failed', ...members });
  expect(line).toMatchObject({ body: 'failed', exception: { type, ...STOCK } });
});
