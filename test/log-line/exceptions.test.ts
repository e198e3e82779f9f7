// Errors as runtimes and loggers report them, in text and in objects.
import { readStackText } from '../../src/log-line/stack-text';
import { readLine, REQUEST_ID } from './log-limits';

const ISO = '2024-05-20T16:29:45.009Z';
const NODE_STACK = [
  "TypeError: Cannot read properties of undefined (reading 'id')",
  '    at handler (/var/task/index.js:3:9)',
  '    at Runtime.handleOnceNonStreaming (file:///var/runtime/index.mjs:1173:29)',
];
const NODE_MESSAGE = "Cannot read properties of undefined (reading 'id')";
const PYTHON_TRACE = [
  'Traceback (most recent call last):',
  '  File "/var/task/app.py", line 7, in handler',
  '    raise ValueError("no stock")',
  '           ~~~~~~~~~~^^^^^^^^^^',
  'ValueError: no stock',
].join('\n');
const JAVA_TRACE = [
  'java.lang.IllegalStateException: no stock',
  '\tat shop.Handler.handleRequest(Handler.java:22)',
  'Caused by: java.io.IOException: disk',
  '\tat shop.Disk.read(Disk.java:5)',
  '\t... 1 more',
].join('\n');
const DOTNET_TRACE = [
  'System.InvalidOperationException: no stock',
  ' ---> System.IO.IOException: disk',
  '   at Shop.Disk.Read() in /src/Disk.cs:line 5',
  '   --- End of inner exception stack trace ---',
  '   at Shop.Function.Handler() in /src/Function.cs:line 22',
].join('\n');
const GO_PANIC =
  'panic: no stock\n\ngoroutine 1 [running]:\nmain.handler()\n\t/app/main.go:8 +0x1d';

it.each([
  ['Node.js', NODE_STACK.join('\n'), 'TypeError', NODE_MESSAGE],
  [
    'Node.js with a code and properties',
    'Error [ERR_STOCK]: no stock\n    at f (a.js:1:2) {\n  code: "ERR_STOCK"\n}',
    'Error',
    'no stock',
  ],
  [
    'Node.js with an error class of any name',
    'OutOfStock: no stock\n    at f (a.js:1:2)',
    'OutOfStock',
    'no stock',
  ],
  [
    'Node.js with a message of two lines',
    'Error: no stock\nof shoes\n    at f (a.js:1:2)',
    'Error',
    'no stock\nof shoes',
  ],
  ['Node.js without a message', 'RangeError\n    at f (a.js:1:2)', 'RangeError', undefined],
  ['Python', PYTHON_TRACE, 'ValueError', 'no stock'],
  [
    'Python with a chain, of which the last was raised',
    `${PYTHON_TRACE}\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File "b.py", line 1, in f\nshop.errors.Sold: out`,
    'shop.errors.Sold',
    'out',
  ],
  [
    'Python without a message',
    'Traceback (most recent call last):\n  File "a"\nKeyError',
    'KeyError',
    undefined,
  ],
  ['Java', JAVA_TRACE, 'java.lang.IllegalStateException', 'no stock'],
  [
    'a Java thread',
    `Exception in thread "main" ${JAVA_TRACE}`,
    'java.lang.IllegalStateException',
    'no stock',
  ],
  [
    "Java's runtime, which puts the message first",
    `no stock: java.lang.IllegalStateException\n${JAVA_TRACE}\n\n`,
    'java.lang.IllegalStateException',
    'no stock',
  ],
  ['.NET', DOTNET_TRACE, 'System.InvalidOperationException', 'no stock'],
  [
    '.NET, unhandled',
    `Unhandled exception. ${DOTNET_TRACE}`,
    'System.InvalidOperationException',
    'no stock',
  ],
  ['Go', GO_PANIC, 'panic', 'no stock'],
  [
    'Rust',
    "thread 'main' panicked at src/main.rs:4:5:\nno stock\nnote: run with `RUST_BACKTRACE=1`",
    'panic',
    'no stock',
  ],
  [
    'Rust before 1.73',
    "thread 'tokio-runtime-worker' panicked at 'no stock', src/main.rs:4:5\nnote: run with",
    'panic',
    'no stock',
  ],
  [
    'Ruby',
    "/var/task/app.rb:5:in 'Object#handler': no stock (Shop::Sold)\n\tfrom /var/task/b.rb:1:in '<main>'",
    'Shop::Sold',
    'no stock',
  ],
  [
    'PHP',
    'PHP Fatal error:  Uncaught Shop\\Sold: no stock in /var/task/a.php:3\nStack trace:\n#0 {main}',
    'Shop\\Sold',
    'no stock',
  ],
  [
    'Rust in one line',
    "thread '<unnamed>' panicked at 'no stock', src/lib.rs:4:5",
    'panic',
    'no stock',
  ],
  [
    '.NET with a nested class of a generic one',
    'Shop.Result`1+SoldException: no stock\n   at Shop.Orders.Pay() in /src/Orders.cs:line 7',
    'Shop.Result`1+SoldException',
    'no stock',
  ],
  [
    'Rails',
    "\nShop::Sold (no stock):\n\napp/controllers/orders_controller.rb:5:in `show'",
    'Shop::Sold',
    'no stock',
  ],
  [
    'Laravel, whose line ends with a space',
    '[2024-05-20 16:29:45] production.ERROR: failed {"exception":"[object] (Shop\\\\Sold(code: 0): no stock at /a.php:7)\n[stacktrace]\n#0 {main}\n"} ',
    String.raw`Shop\\Sold`,
    'no stock',
  ],
])('the reader of stack traces in text reads %s', (_runtime, text, type, message) => {
  const exception = readStackText(text);
  expect(exception?.type).toBe(type);
  expect(exception?.message).toBe(message);
  expect(text).toContain(exception?.stacktrace);
});

it('the reader of stack traces in text reads a trace behind a sentence', () => {
  expect(readStackText(`Could not pay: ${NODE_STACK.join('\n')}`)).toEqual({
    type: 'TypeError',
    message: NODE_MESSAGE,
    stacktrace: NODE_STACK.join('\n'),
  });
});

it('the reader of stack traces in text reads a trace whose lines Node joined by carriage returns', () => {
  expect(readStackText(NODE_STACK.join('\r'))?.stacktrace).toBe(NODE_STACK.join('\n'));
});

it('the reader of stack traces in text reads the first line also where its message is long', () => {
  const message = 'x'.repeat(5000);
  expect(readStackText(`Error: ${message}\n    at f (a.js:1:2)`)).toMatchObject({
    type: 'Error',
    message,
  });
});

it.each([
  'one line',
  'ValueError: one line',
  'two\nlines',
  'Meeting\n  at noon: with Error',
  'Trace: here\n    at f (a.js:1:2)',
  'list:\n\t- goroutine\n\t- panicked at',
  '\n\n\n',
])('the reader of stack traces in text finds none in %j', (text) => {
  expect(readStackText(text)).toBeUndefined();
});

it.each(['Invoke Error', 'Uncaught Exception', 'Unhandled Promise Rejection'])(
  "the reader of uncaught errors reads Node's %s",
  (title) => {
    const error = {
      errorType: 'TypeError',
      errorMessage: NODE_MESSAGE,
      code: 'E',
      stack: NODE_STACK,
    };
    const text = `${title} \t${JSON.stringify(error)}`;
    expect(readLine(`${ISO}\t${REQUEST_ID}\tERROR\t${text}\n`)).toMatchObject({
      body: text,
      severityNumber: 17,
      exception: {
        type: 'TypeError',
        message: NODE_MESSAGE,
        stacktrace: NODE_STACK.join('\n'),
      },
    });
  },
);

it("the reader of uncaught errors reads Python's, whose frames are indented by no-break spaces", () => {
  const frames =
    'Traceback (most recent call last):\n  File "/var/task/a.py", line 3, in handler\n    raise ValueError(m)';
  const text = `[ERROR] ValueError: no stock\n${frames.replaceAll('  ', '\u00a0\u00a0')}`;
  expect(readLine(text)).toMatchObject({
    body: text,
    severityNumber: 17,
    severityText: 'ERROR',
    exception: {
      type: 'ValueError',
      message: 'no stock',
      stacktrace: `ValueError: no stock\n${frames}`,
    },
  });
});

it("the reader of uncaught errors reads Python's failure to import the handler, which has no frames", () => {
  const message = "Unable to import module 'app': No module named 'x'";
  const text = `[ERROR] Runtime.ImportModuleError: ${message}\nTraceback (most recent call last):`;
  expect(readLine(text).exception).toMatchObject({ type: 'Runtime.ImportModuleError', message });
});

it.each([
  [
    "Ruby's",
    {
      errorMessage: 'no stock',
      errorType: 'Function<RuntimeError>',
      stackTrace: ["/var/task/a.rb:3:in 'f'"],
    },
    "/var/task/a.rb:3:in 'f'",
  ],
  [
    "Go's, whose frames are objects",
    {
      errorMessage: 'no stock',
      errorType: 'errorString',
      stackTrace: [{ path: 'main.go', line: 8, label: 'f' }],
    },
    '    at f (main.go:8)',
  ],
  [
    "Python's in JSON format",
    {
      timestamp: '2024-05-20T16:29:45Z',
      log_level: 'ERROR',
      errorMessage: 'no stock',
      errorType: 'ValueError',
      requestId: REQUEST_ID,
      stackTrace: ['  File "a.py", line 3, in f\n    raise\n', '  File "b.py", line 1, in g\n'],
    },
    '  File "a.py", line 3, in f\n    raise\n  File "b.py", line 1, in g',
  ],
])('the reader of uncaught errors reads %s', (_runtime, record, stacktrace) => {
  const line = readLine(`${JSON.stringify(record, undefined, 2)}\n`);
  expect(line.body).toBe('no stock');
  expect(line.severityNumber).toBe(17);
  expect(line.exception).toEqual({
    type: record.errorType,
    message: 'no stock',
    stacktrace,
    isRuntimeReport: true,
  });
});

it("the reader of uncaught errors reads Go's behind the time of its standard logger", () => {
  expect(
    readLine('2024/05/20 16:29:45 {"errorMessage":"no stock","errorType":"errorString"}\n'),
  ).toMatchObject({
    body: 'no stock',
    attributes: { errorType: 'errorString' },
    exception: { type: 'errorString', message: 'no stock' },
  });
});

it("the reader of uncaught errors reads an error that stands where Node's JSON message would be", () => {
  const message = {
    errorType: 'Error',
    errorMessage: 'no stock',
    stackTrace: ['Error: no stock'],
  };
  expect(readLine({ level: 'ERROR', message })).toMatchObject({
    body: message,
    exception: { type: 'Error', message: 'no stock', stacktrace: 'Error: no stock' },
  });
});

it.each([
  ['fail', DOTNET_TRACE],
  ['ERROR', JAVA_TRACE],
])('the reader of uncaught errors reads a trace in a line of level %s', (level, trace) => {
  const line = readLine(`${ISO}\t${REQUEST_ID}\t${level}\t${trace}\n`);
  expect(line.body).toBe(trace);
  expect(line.exception).toMatchObject({ message: 'no stock', stacktrace: trace });
});

const stack = NODE_STACK.join('\n');
const full = { type: 'TypeError', message: NODE_MESSAGE, stacktrace: stack };
it.each([
  ['pino', { err: { type: 'TypeError', message: NODE_MESSAGE, stack } }, full],
  ['bunyan', { err: { message: NODE_MESSAGE, name: 'TypeError', stack, code: 'E' } }, full],
  [
    'Powertools for TypeScript',
    { error: { name: 'TypeError', location: 'a.js:3', message: NODE_MESSAGE, stack } },
    full,
  ],
  ['winston, which writes the stack alone', { stack }, full],
  [
    'Serilog',
    { '@x': DOTNET_TRACE },
    { type: 'System.InvalidOperationException', message: 'no stock', stacktrace: DOTNET_TRACE },
  ],
  [
    "Microsoft's JSON console",
    { Exception: DOTNET_TRACE },
    { type: 'System.InvalidOperationException', message: 'no stock', stacktrace: DOTNET_TRACE },
  ],
  [
    'structlog',
    { exception: PYTHON_TRACE },
    { type: 'ValueError', message: 'no stock', stacktrace: PYTHON_TRACE },
  ],
  [
    'python-json-logger',
    { exc_info: PYTHON_TRACE },
    { type: 'ValueError', message: 'no stock', stacktrace: PYTHON_TRACE },
  ],
  [
    'Powertools for Python',
    { exception: PYTHON_TRACE, exception_name: 'ValueError' },
    { type: 'ValueError', message: 'no stock', stacktrace: PYTHON_TRACE },
  ],
  [
    'structlog with dictionaries',
    {
      exception: [
        {
          exc_type: 'ValueError',
          exc_value: 'no stock',
          frames: [{ filename: 'a.py', lineno: 7, name: 'f' }],
        },
      ],
    },
    { type: 'ValueError', message: 'no stock', stacktrace: '    at f (a.py:7)' },
  ],
  [
    'Powertools for .NET',
    {
      exception: {
        type: 'System.Exception',
        source: 'Shop',
        message: 'no stock',
        stack_trace: '   at Shop.F()',
      },
    },
    { type: 'System.Exception', message: 'no stock', stacktrace: '   at Shop.F()' },
  ],
  [
    'log4j2, JsonTemplateLayout of Lambda',
    {
      errorType: 'java.lang.IllegalStateException',
      errorMessage: 'no stock',
      stackTrace: JAVA_TRACE,
    },
    { type: 'java.lang.IllegalStateException', message: 'no stock', stacktrace: JAVA_TRACE },
  ],
  [
    'log4j2, JsonLayout',
    {
      thrown: {
        name: 'java.io.IOException',
        message: 'no stock',
        extendedStackTrace: [{ class: 'a.B', method: 'c', file: 'B.java', line: 5 }],
      },
    },
    { type: 'java.io.IOException', message: 'no stock', stacktrace: '    at a.B.c (B.java:5)' },
  ],
  [
    'logback for logstash',
    { stack_trace: JAVA_TRACE },
    { type: 'java.lang.IllegalStateException', message: 'no stock', stacktrace: JAVA_TRACE },
  ],
  [
    'ECS',
    { 'error.type': 'IOException', 'error.message': 'no stock', 'error.stack_trace': JAVA_TRACE },
    { type: 'IOException', message: 'no stock', stacktrace: JAVA_TRACE },
  ],
  [
    'OpenTelemetry',
    { 'exception.type': 'E', 'exception.message': 'no stock', 'exception.stacktrace': 's' },
    { type: 'E', message: 'no stock', stacktrace: 's' },
  ],
  [
    'a message that elsewhere says that nothing happened',
    { err: { type: 'NullPointerException', message: 'null', stack: 'a.B.c(B.java:5)' } },
    { type: 'NullPointerException', message: 'null', stacktrace: 'a.B.c(B.java:5)' },
  ],
  [
    'a message of that kind beside the record',
    { 'error.class': 'KeyError', 'error.message': '0', 'error.stack': "a.rb:5:in 'pay'" },
    { type: 'KeyError', message: '0', stacktrace: "a.rb:5:in 'pay'" },
  ],
])(
  'the reader of errors in objects reads those of %s and keeps them as attributes',
  (_logger, members, expected) => {
    const line = readLine({ level: 'error', message: 'could not pay', ...members });
    expect(line.exception).toEqual(expected);
    expect(line.attributes).toEqual({ level: 'error', ...members });
    expect(line.body).toBe('could not pay');
  },
);

it.each([
  { error: null },
  { error: 'connection refused' },
  { error: { code: 7 } },
  { err: 0, exception: false, stackTrace: [], stack: '' },
  { name: 'TypeError' },
  { errorType: 7, errorMessage: {} },
])('the reader of errors in objects finds none in %j', (members) => {
  expect(readLine({ message: 'paid', ...members })).not.toHaveProperty('exception');
});

it('the reader of errors in objects leaves the level of a handled error as it is', () => {
  const line = readLine({ level: 30, msg: 'retrying', err: { type: 'E', message: 'm' } });
  expect(line).toMatchObject({ severityNumber: 9, exception: { type: 'E', message: 'm' } });
});

it('the reader of errors in objects calls an error without any level one', () => {
  expect(readLine({ message: 'm', err: { type: 'E', message: 'm' } }).severityNumber).toBe(17);
});
