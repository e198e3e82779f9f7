// Which word of a text line is its level: in the default formats of the loggers in use, and in sentences.
import { readLine, REQUEST_ID } from './log-limits';

const WARN = 13;

it.each([
  ['Serilog on the console', '[08:15:00 WRN] stock is low'],
  ['Serilog in a file', '2026-03-02 10:15:00.749 +02:00 [WRN] stock is low'],
  ['NLog', '2026-03-02 08:15:00.7490|WARN|Shop.Orders|stock is low'],
  ['log4net', '2026-03-02 08:15:00,749 [1] WARN  Shop.Orders - stock is low'],
  ["log4j2's default", '08:15:00.749 [main] WARN  shop.Orders - stock is low'],
  [
    'log4j2 for Lambda',
    '2026-03-02 08:15:00 9d6b0000-1111-4222-8333-444455556666 WARN  Orders:12 - stock is low',
  ],
  ["log4j's TTCC", '0    [main] WARN  shop.Orders  - stock is low'],
  ["logback's default", '08:15:00.749 [main] WARN shop.Orders -- stock is low'],
  [
    'Spring Boot',
    '2026-03-02T08:15:00.749Z  WARN 8 --- [orders] [           main] shop.Orders                              : stock is low',
  ],
  ['java.util.logging', 'Mar 02, 2026 8:15:00 AM shop.Orders pay\nWARNING: stock is low'],
  ["java.util.logging's second line", 'WARNING: stock is low'],
  ['Tomcat', '02-Mar-2026 08:15:00.749 WARNING [main] shop.Orders.pay stock is low'],
  ['slf4j-simple', '[main] WARN shop.Orders - stock is low'],
  ['JBoss and Quarkus', '2026-03-02 08:15:00,749 WARN  [sho.Orders] (main) stock is low'],
  ['Quarkus without a date', '08:15:00 WARN  traceId=, parentId= [sho.Orders] (main) stock is low'],
  ['Micronaut', '08:15:00.749 [main] WARN  shop.Orders - stock is low'],
  ['Helidon', '2026.03.02 08:15:00 WARNING shop.Orders Thread[#1,main,5,main]: stock is low'],
  ['Akka', '[WARN] [03/02/2026 08:15:00.749] [main] [akka://x] stock is low'],
  ['Akka by logback', '[2026-03-02 08:15:00,749] [WARN] [akka.x] [main] [] - stock is low'],
  ['Play', '[warn] shop.Orders - stock is low'],
  ['zap dev', '2026-03-02T08:15:00.749Z\tWARN\tmain.go:7\tstock is low\t{"left": 2}'],
  ['zap prod console', '2026-03-02T08:15:00.749Z\twarn\tmain.go:7\tstock is low'],
  ['zap console with logger', '2026-03-02T08:15:00.749Z\twarn\torders\tmain.go:7\tstock is low'],
  ['zerolog console', '8:15AM WRN stock is low left=2'],
  [
    'zerolog console colour',
    '\u001b[90m8:15AM\u001b[0m \u001b[33mWRN\u001b[0m stock is low \u001b[36mleft=\u001b[0m2',
  ],
  ['zerolog console rfc3339', '2026-03-02T08:15:00Z WRN stock is low left=2'],
  ['logrus tty', '\u001b[33mWARN\u001b[0m[0000] stock is low    left=2'],
  ['logrus logfmt', 'time="2026-03-02T08:15:00Z" level=warning msg="stock is low" left=2'],
  ['slog text', 'time=2026-03-02T08:15:00.749Z level=WARN msg="stock is low" left=2'],
  ['slog default', '2026/03/02 08:15:00 WARN stock is low left=2'],
  ['`date` in a shell script', 'Mon Mar  2 08:15:00 UTC 2026: WARN: stock is low'],
  ['`date` in en_US', 'Mon Mar  2 08:15:00 AM UTC 2026 WARN stock is low'],
  ['`date` in en_GB', 'Mon  2 Mar 08:15:00 CET 2026 [warn] stock is low'],
  ['`date` with one space, pipes', 'Mon 2 Mar 08:15:00 CET 2026 | WARN | stock is low'],
  ['tint', 'Mar  2 08:15:00.749 WRN stock is low left=2'],
  ['charm', '2026/03/02 08:15:00 WARN stock is low left=2'],
  ['klog', 'W0302 08:15:00.749123       8 main.go:7] stock is low'],
  ['glog with the year', 'W20260302 08:15:00.749123     8 main.cc:7] stock is low'],
  ['hclog', '2026-03-02T08:15:00.749Z [WARN]  orders: stock is low: left=2'],
  ['log15', 'WARN[03-02|08:15:00] stock is low                             left=2'],
  ['tracing full', '2026-03-02T08:15:00.749123Z  WARN orders: stock is low left=2'],
  ['tracing with span', '2026-03-02T08:15:00.749123Z  WARN pay{order=7}: orders: stock is low'],
  ['tracing no time', ' WARN orders: stock is low'],
  ['env_logger', '[2026-03-02T08:15:00Z WARN  orders] stock is low'],
  ['simplelog', '08:15:00 [WARN] stock is low'],
  ['fern', '[2026-03-02][08:15:00][orders][WARN] stock is low'],
  ['fern2', '[2026-03-02 08:15:00 WARN orders] stock is low'],
  ['flexi', 'WARN [orders] stock is low'],
  ['winston simple', 'warn: stock is low {"left":2}'],
  ['winston printf', '2026-03-02T08:15:00.749Z [orders] warn: stock is low'],
  [
    'Nest in colour',
    '\u001b[32m[Nest] 8  - \u001b[39m03/02/2026, 8:15:00 AM \u001b[33m   WARN\u001b[39m \u001b[38;5;3m[Orders] \u001b[39m\u001b[33mstock is low\u001b[39m',
  ],
  ['Nest', '[Nest] 8  - 03/02/2026, 8:15:00 AM    WARN [Orders] stock is low'],
  ['pino-pretty', '[08:15:00.749] WARN (8): stock is low'],
  ['pino-pretty old', '[1772439300749] WARN (8 on host): stock is low'],
  ['bunyan cli', '[2026-03-02T08:15:00.749Z]  WARN: orders/8 on host: stock is low'],
  ['tslog', '2026-03-02 08:15:00.749\tWARN\t/index.ts:7\tstock is low'],
  ['log4js', '[2026-03-02T08:15:00.749] [WARN] orders - stock is low'],
  ['consola', ' WARN  stock is low'],
  ["Deno's std/log", 'WARN stock is low'],
  ['structlog console', '2026-03-02 08:15:00 [warning  ] stock is low                   left=2'],
  [
    'structlog colour',
    '\u001b[2m2026-03-02T08:15:00.749123Z\u001b[0m [\u001b[33m\u001b[1mwarning  \u001b[0m] \u001b[1mstock is low\u001b[0m',
  ],
  ['loguru', '2026-03-02 08:15:00.749 | WARNING  | app:f:3 - stock is low'],
  ["Python's basicConfig", 'WARNING:root:stock is low'],
  ['python asctime', '2026-03-02 08:15:00,749 - orders - WARNING - stock is low'],
  ['python asctime2', '2026-03-02 08:15:00,749 WARNING orders stock is low'],
  ['python asctime3', '2026-03-02 08:15:00,749 orders WARNING stock is low'],
  ['python asctime4', '[2026-03-02 08:15:00,749] WARNING in app: stock is low'],
  ['gunicorn', '[2026-03-02 08:15:00 +0000] [8] [WARNING] stock is low'],
  ['celery', '[2026-03-02 08:15:00,749: WARNING/MainProcess] stock is low'],
  ['uvicorn', 'WARNING:  stock is low'],
  ['tornado', '[W 260302 08:15:00 web:2246] 404 GET /'],
  ['jupyter', '[W 2026-03-02 08:15:00.749 ServerApp] stock is low'],
  ['rich', '[08:15:00] WARNING  stock is low                app.py:3'],
  ["Ruby's Logger", 'W, [2026-03-02T08:15:00.749123 #8]  WARN -- : stock is low'],
  ['Monolog', '[2026-03-02T08:15:00.749123+00:00] app.WARNING: stock is low {"left":2} []'],
  ['Laravel', '[2026-03-02 08:15:00] production.WARNING: stock is low {"left":2}'],
  ["Symfony's console", '08:15:00 WARNING   [app] stock is low ["left" => 2]'],
  ['PHP', 'PHP Warning:  Undefined variable $x in /var/task/index.php on line 7'],
  ['php-fpm', '[02-Mar-2026 08:15:00] WARNING: [pool www] stock is low'],
  [
    "PHP's own words on the console",
    'Warning: Undefined variable $x in /var/task/index.php on line 7',
  ],
  ['swift-log', '2026-03-02T08:15:00+0000 warning orders : [App] stock is low'],
  ['swift-log 1.6', '2026-03-02T08:15:00+0000 warning orders: left=2 [App] stock is low'],
  ['Elixir', '08:15:00.749 [warning] stock is low'],
  ['elixir 1.10', '08:15:00.749 [warn]  stock is low'],
  ["Microsoft's console", 'warn: Shop.Orders[0]\n      stock is low'],
  ["Microsoft's console with a time", '08:15:00 warn: Shop.Orders[0] stock is low'],
  ['spdlog', '[2026-03-02 08:15:00.749] [orders] [warning] stock is low'],
  ['nginx', '2026/03/02 08:15:00 [warn] 8#8: stock is low'],
  ['apache', '[Mon Mar 02 08:15:00.749123 2026] [core:warn] [pid 8] stock is low'],
  ['envoy', '[2026-03-02 08:15:00.749][8][warning][main] [source/x.cc:1] stock is low'],
  ['mysql', '2026-03-02T08:15:00.749123Z 0 [Warning] [MY-010] [Server] stock is low'],
  ['postgres', '2026-03-02 08:15:00.749 UTC [8] WARNING:  stock is low'],
  ['logcat, brief', 'W/Orders  (   8): stock is low'],
  ['logcat, threadtime', '03-02 08:15:00.749     8     8 W Orders  : stock is low'],
  ["Lambda's runtime for C++", '[WARN] [1772439300749] LAMBDA_RUNTIME stock is low'],
  ["Java's LambdaLogger", '[WARN] stock is low'],
  ['a level in brackets, lower case', '[warn] stock is low'],
  ['bracket date', '[2026-03-02 08:15:00.749] [WARN] stock is low'],
  [
    "OpenTelemetry's Python logging",
    '2026-03-02 08:15:00,749 WARNING [orders] [app.py:3] [trace_id=7b5b422a3756128859616cd60feb7e80 span_id=0dabdb19210281f8 resource.service.name=orders trace_sampled=True] - stock is low',
  ],
  ['a short name in brackets', '[wrn] stock is low'],
  ['dashes', '2026-03-02 08:15:00 - WARN - stock is low'],
  ['pipes', 'WARN | orders | stock is low'],
  ['pm2', '2026-03-02T08:15:00: WARN stock is low'],
  ['date W colon', '2026-03-02T08:15:00.749Z WARN: stock is low'],
  ['a level between time and pid', '2026-03-02 08:15:00.749 WARN 8 [main] stock is low'],
  ['coloredlogs', '2026-03-02 08:15:00 host orders[8] WARNING stock is low'],
  ['pairs between time and level', '2026-03-02T08:15:00.749Z pid=8 tid=oxu WARN: stock is low'],
  ["logback's own status", '08:15:00,749 |-WARN in ch.qos.logback.classic.Logger - stock is low'],
  ["tinylog's two lines", '2026-03-02 08:15:00 [main] shop.Orders.pay()\nWARN: stock is low'],
  [
    'java.util.logging with an ISO date',
    '2026-03-02 08:15:00 shop.Orders pay\nWARNING: stock is low',
  ],
  ['brackets around time and level', '[08:15:00 warn] stock is low'],
  ['zap prod console with its own time', '1.772439300749e+09\twarn\tmain.go:7\tstock is low'],
  ['epoch nanoseconds', '1772439300749000000 [Warn] stock is low'],
  ['logrus with a date', 'WARN[2026-03-02T08:15:00Z] stock is low                 left=2'],
  ["Datadog's extension", 'DD_EXTENSION | WARN | stock is low'],
  [
    "Node.js's own warnings",
    '(node:8) [DEP0040] DeprecationWarning: The `punycode` module is deprecated.',
  ],
  ["Python's warnings", '/var/task/app.py:5: DeprecationWarning: old\n  warnings.warn("old")'],
  ["Ruby's warnings", '/var/task/app.rb:5: warning: already initialized constant X'],
  ['PHP on stdout', '\nWarning: Undefined variable $x in /var/task/index.php on line 7'],
])('the head of a text line has its level: %s', (_logger, text) => {
  expect(readLine(`${text}\n`)).toMatchObject({
    body: text.replace(/^W, .* : /, ''),
    severityNumber: WARN,
  });
});

it.each([
  ['W0302 08:15:00.749123       8 main.go:7] x', 13],
  ['I0302 08:15:00.749123       8 main.go:7] x', 9],
  ['F0302 08:15:00.749123       8 main.go:7] x', 21],
  ['2026-03-02 10:15:00.749 +02:00 [ERR] x', 17],
  ['2026-03-02 10:15:00.749 +02:00 [VRB] x', 1],
  ['2026-03-02 10:15:00.749 +02:00 [FTL] x', 21],
  ['[08:15:00 DBG] x', 5],
  ['ERRO[0000] x', 17],
  ['PANI[0000] x', 19],
  ['PHP Fatal error:  x in y.php on line 7', 21],
  ['PHP Notice:  x in y.php on line 7', 10],
  ['[2026-03-02T08:15:00.749000+00:00] app.EMERGENCY: x [] []', 24],
  ['2026-03-02 08:15:00.749 | SUCCESS  | app:f:3 - x', 10],
  ['[Nest] 8  - 03/02/2026, 8:15:00 AM     LOG [Orders] x', 9],
  ['Mar 02, 2026 8:15:00 AM shop.Orders pay\nSEVERE: x', 17],
  ['08:15:00.749 [notice] x', 10],
  ['dbug: Shop.Orders[0]\n      x', 5],
  ['verbose: x', 1],
  ['silly: x', 1],
])('the level in the head of %j is %i', (text, severityNumber) => {
  expect(readLine(text)).toMatchObject({ body: text, severityNumber });
});

it.each([
  '1772439300 orders, and no WARN among them',
  '(see: 8) Warning',
  '/orders: warning',
  'total | error | 7',
  'May 2 people got an ERROR page',
  'Mon Mar  2 08:15:00 AM UTC 2026 the customer got an ERROR page',
  'we could not WARN the customer',
  '2026-03-02 08:15:00 the customer got an ERROR page',
  '08:15:00 shipped with no error',
  '[orders] stock is fine',
  '[main] nothing to warn about',
  '2026-03-02T08:15:00.749Z I went home',
  '12:30 lunch',
  '10:30:00 error budget is fine',
  'Warning labels printed',
  'Notice period is 7 days',
  'Error bars: 3',
  '2026-03-02 08:15:00,749 orders shipped WARNING labels',
  'error in a word',
  'info about order',
  'GET /warn 200',
  'Fatal attraction rated',
  'panic room booked',
  '[a] [b] [c] done',
  'Mar 02 sales were fine',
  'E/mail sent (ok)',
  'WRN stock is low',
  '[1,2]',
  '{not json}',
  '[section]',
  'Debug flag off',
  'fatality rate',
  'level one',
  '(error) x',
  '08:15 AM meeting: warn Bob',
  '2026-03-02 order 7 ERROR',
  'INFOrmation',
  'warn the customer: now',
  'critical mass reached',
])('a word inside a sentence is no level: %j', (text) => {
  expect(readLine(text)).not.toHaveProperty('severityNumber');
});

it.each([
  `2026-03-02 08:15:00 ${REQUEST_ID} WARN  Orders:12 - x`,
  `time=2026-03-02T08:15:00.749Z level=INFO msg=x aws_request_id=${REQUEST_ID}`,
  `2026-03-02T08:15:00.749Z INFO Lambda runtime invoke{requestId="${REQUEST_ID}"}: orders: x`,
])('the request in a text line is that of %j, where only Lambda writes it', (text) => {
  const line = readLine(text);
  expect(line.requestId).toBe(REQUEST_ID);
  expect(line).not.toHaveProperty('possibleRequestId');
});

it.each([
  `2026-03-02 08:15:00,749 - orders - INFO - ${REQUEST_ID} created`,
  `2026-03-02T08:15:00.749Z\t${REQUEST_ID}\tx`,
  `time=2026-03-02T08:15:00.749Z level=INFO msg=x request_id=${REQUEST_ID}`,
  `INFO requestId=${REQUEST_ID} x`,
  `[INFO] ${REQUEST_ID} x`,
])(
  'the request in a text line is perhaps that of %j, where anybody may have written it',
  (text) => {
    const line = readLine(text);
    expect(line.possibleRequestId).toBe(REQUEST_ID);
    expect(line).not.toHaveProperty('requestId');
  },
);

const EVENT_TIME = [1_772_439_300, 750_000_000] as const;
const timeOf = (text: string) => readLine(text, {}, [...EVENT_TIME]).time;

it.each([
  '2026-03-02 10:15:00.749 +02:00 [WRN] x',
  '2026-03-02T08:15:00.749Z WARN x',
  '2026-03-02 08:15:00.749 UTC [WARN] x',
  '2026-03-02 08:15:00,749 GMT WARN x',
  '2026/03/02 08:15:00.749 WARN x',
  '[2026-03-02T09:15:00.749+01:00] app.WARNING: x',
  'time=2026-03-02T08:15:00.749Z level=WARN msg=x',
  '1.772439300749e+09\twarn\tx',
  '1772439300.749 WARN x',
  '1772439300749 | WARN | x',
])('the time in a text line is read from %j', (text) => {
  expect(timeOf(text)).toEqual([1_772_439_300, 749_000_000]);
});

it.each([
  ['a zone by its name', '2026-03-02 09:15:00.749 CET WARN x'],
  ['local time', '2026-03-02 03:15:00,749 - orders - WARNING - x'],
  ['whole seconds', '[2026-03-02T08:15:00Z WARN  orders] x'],
  ['a time of day', '08:15:00.749 [main] WARN x'],
  ['another year', '2019-03-02 08:15:00.749 WARN x'],
])('no time is read from a text line with %s', (_why, text) => {
  expect(timeOf(text)).toBeUndefined();
});
