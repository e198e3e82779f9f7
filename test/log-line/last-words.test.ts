// Errors in forms of their own: uncaught without frames, frames below a line, in boxes, in one line, among sources.
import { readLine, REQUEST_ID } from './log-limits';

const ISO = '2024-05-20T16:29:45.009Z';
const PYTHON =
  'Traceback (most recent call last):\n  File "a.py", line 3, in f\nStockError: no stock';
const RUBY = "/var/task/app.rb:3:in 'pay'\n/var/task/app.rb:9:in 'handler'";

it.each([
  ['.NET', 'Unhandled exception. Shop.StockError: no stock', 'Shop.StockError'],
  [
    '.NET, with an empty line',
    'Unhandled exception. Shop.StockError: no stock\n\n',
    'Shop.StockError',
  ],
  ['a Java thread', 'Exception in thread "main" shop.StockError: no stock', 'shop.StockError'],
  ['JavaScript', 'Uncaught StockError: no stock', 'StockError'],
  [
    'C++',
    "terminate called after throwing an instance of 'shop::StockError'\n  what():  no stock",
    'shop::StockError',
  ],
  ['OCaml', 'Fatal error: exception Shop.StockError("no stock")', 'Shop.StockError'],
])('the runtime reports an error without frames: %s', (_runtime, text, type) => {
  const { exception, severityNumber } = readLine(`${text}\n`);
  expect(exception).toEqual({ type, message: 'no stock', isRuntimeReport: true });
  expect(severityNumber).toBeGreaterThanOrEqual(17);
});

it.each([
  'Uncaught exceptions are bad: fix them',
  'Exception in thread "main" was handled',
  'Exceptional: no stock',
  'terminated: no stock',
  'ErrorPage: shown',
])('%j is no error without frames', (text) => {
  expect(readLine(text)).not.toHaveProperty('exception');
});

it("the runtime reports an error without frames: C++'s may have no error", () => {
  const message = 'terminate called without an active exception';
  expect(readLine(message).exception).toEqual({ message, isRuntimeReport: true });
});

const named = { type: 'StockError', message: 'no stock' };
it.each([
  [
    "Ruby's Logger with class and message",
    `ERROR ${REQUEST_ID} -- : StockError: no stock\n${RUBY}`,
  ],
  [
    'semantic_logger',
    `2024-05-20 16:29:45.009 E [8:1] Orders -- failed -- Exception: StockError: no stock\n${RUBY}`,
  ],
  ["Lua's traceback behind a name", 'lua: StockError: no stock\nstack traceback:\n\t[C]: in ?'],
  ['Julia', 'ERROR: StockError: no stock\nStacktrace:\n [1] pay()\n   @ Main main.jl:3'],
  ['Crystal', "Unhandled exception: no stock (StockError)\n  from app.cr:3:3 in 'pay'"],
  ['Dart', 'Unhandled exception:\nStockError: no stock\n#0      main (file:///a.dart:3:3)'],
  [
    'an indented traceback of Python',
    `[E 240520 16:29:45 web:1] failed\n    ${PYTHON.replaceAll('\n', '\n    ')}`,
  ],
  [
    'a box of rich',
    `${ISO} [error] failed\n╭──── Traceback (most recent call last) ────╮\n│ /var/task/a.py:3 in f │\n╰──────────╯\nStockError: no stock`,
  ],
  [
    'Bun, below the source',
    `1 | throw new StockError()\n          ^\nStockError: no stock\n      at f (/a.ts:1:9)`,
  ],
  [
    ".NET's console in a single line",
    '<3>Shop.Orders[0] failed StockError: no stock    at Shop.Pay()    at Shop.F()',
  ],
  [
    "winston's text",
    String.raw`error: failed {"stack":"StockError: no stock\n    at f (/a.js:1:2)"}`,
  ],
])('the exception is read from %s', (_logger, text) => {
  expect(readLine(text)).toMatchObject({ severityNumber: 17, exception: named });
});

it.each([
  [
    "Ruby's Logger with the message alone",
    `E, [2024-05-20T16:29:45.009123 #8] ERROR -- : no stock\n${RUBY}`,
  ],
  [
    "Go's HTTP server",
    '2024/05/20 16:29:45 http: panic serving 127.0.0.1:5000: no stock\ngoroutine 19 [running]:\nmain.f()',
  ],
  ['a Rust program', 'Error: no stock\n\nCaused by:\n    0: disk'],
  ['Haskell', 'no stock\nCallStack (from HasCallStack):\n  error, called at src/Main.hs:3:5'],
  [
    'Bun with a plain Error',
    '1 | throw new Error()\n          ^\nerror: no stock\n      at f (/a.ts:1:9)',
  ],
])('the exception is read from %s, by its message', (_logger, text) => {
  const { exception, severityNumber } = readLine(text);
  expect(exception).toMatchObject({ message: 'no stock' });
  expect(severityNumber).toBe(17);
});

it("the exception is read from Ruby's class of any module", () => {
  const { exception } = readLine(`Shop::Orders::Sold: no stock\n${RUBY}`);
  expect(exception).toMatchObject({ type: 'Shop::Orders::Sold', message: 'no stock' });
});

it.each([
  ["Ruby's callers", `who called?\n${RUBY}`],
  ['a handled panic of a sentence', 'the panic serving breakfast: no stock\n  goroutine '],
  ['numbered items', 'the list\n#0   shoes\n#1   socks'],
  ['numbered calls', 'a\n#0   f(x:1'],
  ['numbered calls with a place', 'a\n#0   f (x:1) and more'],
  ['rows of numbers', "rows:\n  from 1.2:3:4 in 'x"],
  ['a line below a caret', 'x ^\nerror: no stock\n  at noon'],
  ['.NET frames below ERROR', 'info: failed StockError: no stock    at Shop.Pay()'],
])('%s are no exception', (_text, text) => {
  expect(readLine(text)).not.toHaveProperty('exception');
});
