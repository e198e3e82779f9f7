// Heads that were read wrongly when somebody tried them: columns by colons, names before a date, levels that share
// their brackets, times of other forms, and the last words of runtimes.
import { LINE_TIME, readLine } from './log-limits';

const WARN = 13;
const FATAL = 21;

it.each([
  ["Python's columns by colons", '2024-05-20 16:29:45,009:shop.orders:WARNING:stock is low'],
  ['colons without a name', '2024-05-20 16:29:45,009:WARNING:stock is low'],
  ['Jetty', '2024-05-20 16:29:45.009:WARN:oejs.HttpChannel:qtp1-2: stock is low'],
  ['a name before the time', 'orders 2024-05-20T16:29:45.009Z WARN stock is low'],
  ['a name and pipes', 'orders | 2024-05-20T16:29:45.009Z | WARN | stock is low'],
  ['a date with a comma', '2024-05-20, 16:29:45.009 WARN stock is low'],
  ['a date with an underscore', '2024-05-20_16:29:45.009 WARN stock is low'],
  ['a place in braces', '[2024-05-20, 16:29:45.009 UTC] {jobs.py:7} WARNING - stock is low'],
])('the level is read from %s, and the time', (_logger, text) => {
  expect(readLine(`${text}\n`)).toMatchObject({
    body: text,
    severityNumber: WARN,
    time: LINE_TIME,
  });
});

it.each([
  ['a whole second and a colon', '2024-05-20 16:29:45:WARNING:stock is low'],
  ['a name and colons', 'shop.orders:WARNING:stock is low'],
  ['colons with spaces', 'orders : WARNING : stock is low'],
  ["the prefix of Go's log package", 'SDK 2024/05/20 16:29:45 WARN stock is low'],
  ['that prefix with a colon', 'orders: 2024/05/20 16:29:45 WARN stock is low'],
  ['a time without seconds', '2024-05-20 16:29 WARN stock is low'],
  ['a time of day in UTC', '16:29:45Z WARN stock is low'],
  ['a level and a time in brackets', '[WARN  16:29:45] app.lua:3: stock is low'],
  ['a level and a name in brackets', '[WARN orders] stock is low'],
  ['a level and a name, with a pipe', '[WARN|orders] stock is low'],
  ['parentheses', '(WARN) stock is low'],
  ['angle brackets', '<WARN> stock is low'],
  ['a level with an angle bracket', 'WARN> stock is low'],
  ['a level with a semicolon', 'WARN; stock is low'],
  ['asterisks', '*** WARNING: stock is low'],
  ['angle brackets in front', '>> WARN: stock is low'],
  ["a process's number", '[8] WARN stock is low'],
  ['seconds since the start', '   0.001s  WARN orders: stock is low'],
  ['those in brackets', '[0.012s] WARN stock is low'],
  ["the kernel's seconds", '[    1.234567] WARN stock is low'],
  ['librdkafka', '%4|1716222585.009|CONFWARN|orders#producer-1| [thrd:app]: stock is low'],
  ["log4j's own status", 'main WARN Unable to register Log4j shutdown hook'],
  ["Python's frozen modules", '<frozen importlib._bootstrap>:241: RuntimeWarning: old'],
])('the level is read from %s', (_logger, text) => {
  expect(readLine(`${text}\n`)).toMatchObject({ body: text, severityNumber: WARN });
});

it.each([
  ['=CRASH REPORT==== 20-May-2024::16:29:45.009123 ===\n  x', 17],
  ['=SUPERVISOR REPORT==== 20-May-2024::16:29:45.009 ===\nx', 17],
  ['=PROGRESS REPORT==== 20-May-2024::16:29:45.009 ===\nx', 9],
  ['%3|1716222585.009|FAIL|orders#producer-1| x', 17],
  ['Error in pay(7) : no stock', 17],
  ['Deprecated: Creation of dynamic property is deprecated in /a.php on line 3', 10],
  ['Parse error: syntax error, unexpected end of file in /a.php on line 3', FATAL],
  ['Fatal Python error: Segmentation fault\n\nCurrent thread 0x00007f:', FATAL],
  ['fatal runtime error: stack overflow', FATAL],
  ['Stack overflow.\n   at Shop.Pay()', FATAL],
  ['Process terminated. Assertion failed.', FATAL],
  ['# A fatal error has been detected by the Java Runtime Environment:', FATAL],
])('the level is read from %j, as %i', (text, severityNumber) => {
  expect(readLine(text)).toMatchObject({ body: text, severityNumber });
});

it.each([
  'main ERRORS were found',
  'main course WARN',
  'orders 2024-05-20 shipped',
  'orders 2024 WARN',
  'a:WARN',
  '(warning) x',
  '- ERROR codes: 3',
  '* WARN the customer',
  '# INFO',
  '--- a/orders.ts',
  '!important: WARN',
  '%d orders',
  '%9|x',
  'Error in my calculation',
  'Deprecated: use pay()',
  'fatal runtime behaviour',
  'Stack overflowed',
  '[WARN, ERROR] are levels',
  '[7] orders shipped',
  '16:29 WARN team standup',
  'Declined: card: expired: 7\n    at f (/var/task/a.js:1:2)\n  card: WARN: x',
  '16:29:45 [x] e (paid)',
])('no level is read from %j', (text) => {
  const { severityText } = readLine(text);
  expect(severityText).toBeUndefined();
});
