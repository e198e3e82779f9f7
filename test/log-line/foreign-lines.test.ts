// What journals, virtual machines and less common loggers print, and sentences that look like their lines.
import { LINE_TIME, readLine } from './log-limits';

const ISO = '2024-05-20T16:29:45.009Z';

it.each([
  ['a journal', { MESSAGE: 'low', PRIORITY: '4', _PID: '8' }],
  ['a journal, as a number', { MESSAGE: 'low', PRIORITY: 4 }],
  ['capital names', { LEVEL: 'WARN', MESSAGE: 'low', TIMESTAMP: ISO }],
  ['Pascal case', { Level: 'warn', Msg: 'low', Time: ISO }],
  ['zap in development', { L: 'WARN', T: ISO, M: 'low' }],
  ['MongoDB', { t: { $date: ISO }, s: 'W', c: 'NETWORK', id: 1, ctx: 'x', msg: 'low' }],
  ['tslog', { 0: 'low', _meta: { logLevelName: 'WARN', date: ISO } }],
  ['Logstash, the first format', { '@message': 'low', '@fields': { level: 'warn' } }],
  ['a level with its label', { level: { label: 'warn', value: 40 }, msg: 'low' }],
  ['lambda-log', { _logLevel: 'warn', msg: 'low' }],
])('the level is read from the record of %s, and its message', (_logger, record) => {
  const line = readLine(record);
  expect(line).toMatchObject({ body: 'low', severityNumber: 13 });
  expect(readLine(`\ufeff${JSON.stringify(record)}\n`)).toEqual(line);
});

it.each([
  ['SLF4J', 'SLF4J(W): No SLF4J providers were found.'],
  ['log4j', 'log4j:WARN No appenders could be found for logger (shop.Orders).'],
  ['a JVM', 'OpenJDK 64-Bit Server VM warning: Sharing is only supported for boot loader classes'],
  ["Oracle's JVM", 'Java HotSpot(TM) 64-Bit Server VM warning: INFO: os::commit_memory failed'],
  ["a JVM's own log", '[0.035s][warning][os,thread] stock is low'],
  ['OCaml', 'main.exe: [WARNING] stock is low'],
  ['Erlang', '=WARNING REPORT==== 20-May-2024::16:29:45.009123 ===\nstock is low'],
  ['Julia', '┌ Warning: stock is low\n└ @ Main main.jl:7'],
  ['Julia, of one line', '[ Warning: stock is low'],
  ['signale without a scope', '⚠  warning   stock is low'],
  ['Zig', 'warning(orders): stock is low'],
  ['Haskell', '[Warn#orders] stock is low'],
  ['Python by name', 'shop.orders - WARNING - stock is low'],
  ["Python's warnings of code without a file", '<string>:5: DeprecationWarning: old'],
  ["Ruby's warnings of a relative path", 'app.rb:5: warning: already initialized constant X'],
  ['PHP behind its date', '[20-May-2024 16:29:45 UTC] PHP Warning:  Undefined variable $x'],
  ['env_logger without a time', '[WARN  shop::orders] stock is low'],
  ['Nim', 'WRN 2024-05-20 16:29:45.009+00:00 stock is low'],
  ['Airframe', '2024-05-20 16:29:45.009+0000  warn [Orders] stock is low'],
  ['geth', 'WARN [05-20|16:29:45.009] stock is low                 left=2'],
  ["ISO 8601's basic format", '20240520T162945.009Z WARN stock is low'],
  [
    "OpenTelemetry's agent for Java",
    '[otel.javaagent 2024-05-20 16:29:45:009 +0000] [main] WARN io.opentelemetry - stock is low',
  ],
  [
    "AWS's extension for parameters",
    '[AWS Parameters and Secrets Lambda Extension] 2024/05/20 16:29:45 WARN stock is low',
  ],
  ['a command, as Unix has it', 'orders: warning: stock is low'],
  ['a command with its process', 'orders[8]: WARNING: stock is low'],
  ['columns without a time', 'shop.orders|WARN|stock is low'],
  ['a request in front', '8f507cfc-5c3e-4f0b-9d6a-2b0f8f1c7e11 WARN stock is low'],
  ['semicolons', '2024-05-20T16:29:45.009Z;WARN;stock is low'],
  ['parentheses', '2024-05-20T16:29:45.009Z (WARN) stock is low'],
  ['angle brackets', '2024-05-20T16:29:45.009Z <WARN> stock is low'],
  ['a place behind the level', '2024-05-20T16:29:45.009Z WARN(orders): stock is low'],
  ["C's asctime", 'Mon May 20 16:29:45 2024 WARN stock is low'],
  ["RFC 1123's date", 'Mon, 20 May 2024 16:29:45 GMT WARN stock is low'],
  ['seconds in brackets', '[1716222585.009] WARN stock is low'],
  ['winston in colours without a colon', '\u001b[33mwarn\u001b[39m stock is low'],
  ['colours with colons', '\u001b[38:5:214mWARN\u001b[m stock is low'],
  ['an emoji in front', '\u26a0\ufe0f WARN: stock is low'],
  ['a tab in front', '\tWARN stock is low'],
  ['a short name with a colon', 'WRN: stock is low'],
  ['a line that is only its level', 'WARN'],
  ['a line that is only its level in brackets', '[WARN]'],
])('the level is read from the text of %s', (_logger, text) => {
  expect(readLine(`${text}\n`)).toMatchObject({ body: text, severityNumber: 13 });
});

it.each([
  ['ERROR', 17],
  ['SLF4J(E): x', 17],
  ['SLF4J(I): x', 9],
  ['=ERROR REPORT==== 20-May-2024::16:29:45 ===\nx', 17],
  ['ERROR[05-20|16:29:45.009] x', 17],
  ['DEBU x', 5],
  ['FATA x', 21],
  ['SHOUT: 2024-05-20 16:29:45.009123: x', 21],
  ['4:29PM PNC x', 19],
])('the level is read from %j, as %i', (text, severityNumber) => {
  expect(readLine(text)).toMatchObject({ body: text, severityNumber });
});

it.each([
  '10:30 meeting ERROR budget',
  '9:30 WARN team standup',
  '12:30 | lunch | WARN team',
  '16:29:45 set WARN level',
  '2024/05/20 16:29:45 got ERROR from server',
  '2024-05-20 16:29:45 Received WARNING from x',
  '[x] ERROR handling is done',
  '[ ] WARN the customer',
  '[1/4] WARN people',
  '[50%] WARN x',
  '[+] INFO x',
  '[a,b] ERROR x',
  '[orders] the ERROR page',
  '[orders] ok: ERROR',
  'ERROR-RATE 5',
  'user=bob action=login level=42',
  '<4> hearts',
  'error',
  'The OpenJDK VM warning: x',
  'A = REPORT====',
  '→ warning about it',
  'orders - shipped - x',
  'Bob Smith WARN',
  'Mon May 20 was without a WARN',
  'TODO: ERROR handling',
  'note: warning labels',
  '8f507cfc-5c3e-4f0b-9d6a-2b0f8f1c7e11 shipped with a WARN label',
  '2024-05-20T16:29:45.009Z shipped (see WARN)',
  '\u001b[33mwarning labels\u001b[39m printed',
  '🎉 error handling is done',
  '• WARN the customer',
  '→ ERROR page shown',
  'Emergency: call Bob',
  'a;WARN;b',
])('no level is read from %j', (text) => {
  expect(readLine(text)).not.toHaveProperty('severityNumber');
});

it.each([
  { PRIORITY: 1, task: 'x' },
  { L: 'ERROR' },
  { L: 10, M: 'x' },
  { s: 'W', t: 'I' },
  { s: 'W', x: 1 },
])('no level is read from %j', (record) => {
  expect(readLine(record)).toMatchObject({ body: record, attributes: {} });
  expect(readLine(record)).not.toHaveProperty('severityNumber');
});

it.each([
  '20240520T162945.009Z',
  '20240520T182945.009+0200',
  '2024-05-20 16:29:45.009 +0000 UTC',
  '2024-05-20 18:29:45.009 +0200 CEST',
  { $date: ISO },
  { $date: { $numberLong: '1716222585009' } },
])('the time is read from %j in a record', (time) => {
  expect(readLine({ message: 'low', time }).time).toEqual(LINE_TIME);
});

it.each(['dateTime', 'timeStamp', '_time'])('the time is read from %s in a record', (name) => {
  expect(readLine({ message: 'low', [name]: ISO }).time).toEqual(LINE_TIME);
});

it('the time is read from a journal, in microseconds', () => {
  const record = { MESSAGE: 'low', __REALTIME_TIMESTAMP: '1716222585009000' };
  expect(readLine(record).time).toEqual(LINE_TIME);
});

it.each([
  '20240520T162945.009Z WARN low',
  '[WARN] [1716222585009] low',
  '[1716222585.009] WARN low',
  'ts=1716222585.009 level=warn msg=low',
  'time="2024-05-20 16:29:45.009" level=warn msg=low',
  "date='2024-05-20 16:29:45,009' level='warn'",
])('the time is read from %j', (text) => {
  expect(readLine(text).time).toEqual(LINE_TIME);
});

it('a byte order mark is no part of the body', () => {
  expect(readLine('\ufeff[WARN] low').body).toBe('[WARN] low');
});

it("PHP's fatal error behind its date is what the runtime reports", () => {
  const text =
    '[20-May-2024 16:29:45 UTC] PHP Fatal error:  Uncaught StockError: no stock in /a.php:7\nStack trace:\n#0 {main}';
  expect(readLine(text)).toMatchObject({
    severityNumber: 21,
    exception: { type: 'StockError', message: 'no stock', isRuntimeReport: true },
  });
});

it('trace ids are read from within `trace`', () => {
  const trace = { trace_id: '6549a1b24c0ffee0deadbeef01020304', span_id: '53995c3f42cd8ad8' };
  expect(readLine({ message: 'low', trace })).toMatchObject({
    traceId: trace.trace_id,
    spanId: trace.span_id,
  });
});

it.each([
  { error_type: 'StockError', error_message: 'no stock' },
  { errorName: 'StockError', errorMessage: 'no stock' },
  {
    traceback: 'Traceback (most recent call last):\n  File "a.py", line 3\nStockError: no stock',
  },
  { error_stack: 'StockError: no stock\n    at pay (a.js:3:9)' },
])('the exception is read from %j', (members) => {
  expect(readLine({ level: 'ERROR', message: 'failed', ...members })).toMatchObject({
    body: 'failed',
    exception: { type: 'StockError', message: 'no stock' },
  });
});

it.each([{ traceback: 'on' }, { error_type: 'none', error_message: '' }])(
  'no exception is read from %j',
  (members) => {
    expect(readLine({ message: 'x', ...members })).not.toHaveProperty('exception');
  },
);
