// The stack traces that are printed line by line, and what a runtime itself reports as the request's error.
import { findTraces, isTracePart } from '../../src/log-line/trace-lines';
import { readLine, REQUEST_ID } from './log-limits';

const ISO = '2024-05-20T16:29:45.009Z';
const PYTHON = [
  'Traceback (most recent call last):',
  '  File "/var/task/app.py", line 3, in handler',
  '    raise ValueError("no stock")',
  'ValueError: no stock',
];
const TRACES: readonly (readonly [string, readonly string[]])[] = [
  [
    "Java's, with its causes",
    [
      'java.lang.IllegalStateException: no stock',
      '\tat shop.Orders.pay(Orders.java:12)',
      '\tSuppressed: java.io.IOException: disk',
      '\t\tat shop.Disk.read(Disk.java:5)',
      'Caused by: java.io.IOException: disk',
      '\tat shop.Disk.read(Disk.java:5)',
      '\t... 1 more',
    ],
  ],
  [
    "what Java's runtime reports, line by line where its log has no descriptor of its own",
    [
      'no stock: java.lang.IllegalStateException',
      'java.lang.IllegalStateException: no stock',
      '\tat shop.Orders.pay(Orders.java:12)',
    ],
  ],
  ["Python's", PYTHON],
  [
    "Python's as loguru prints it",
    [
      'Traceback (most recent call last):',
      '',
      '> File "/var/task/app.py", line 3, in handler',
      '    pay()',
      '    └ <function>',
      '',
      '  File "/var/task/shop.py", line 9, in pay',
      '    raise ValueError("no stock")',
      '',
      'ValueError: no stock',
    ],
  ],
  [
    "Python's, in a chain",
    [
      ...PYTHON,
      '',
      'During handling of the above exception, another exception occurred:',
      '',
      'Traceback (most recent call last):',
      '  File "/var/task/app.py", line 5, in handler',
      'shop.Sold: out',
    ],
  ],
  [
    "that of Lambda's runtime for Python",
    [
      '[ERROR] ValueError: no stock',
      'Traceback (most recent call last):',
      '  File "a.py", line 3, in f',
    ],
  ],
  [
    "Go's panic",
    [
      'panic: no stock',
      '',
      'goroutine 1 [running]:',
      'main.pay(...)',
      '\t/var/task/main.go:12 +0x1d',
      'exit status 2',
    ],
  ],
  [
    "Rust's panic",
    [
      "thread 'main' panicked at src/main.rs:4:5:",
      'no stock',
      'note: run with `RUST_BACKTRACE=1`',
      'stack backtrace:',
      '   0: rust_begin_unwind',
      '             at /rustc/lib.rs:5:1',
    ],
  ],
  [
    "Node.js's, with the error's properties",
    ['Error: no stock', '    at pay (/var/task/index.js:3:9) {', "  code: 'E'", '}'],
  ],
  [
    ".NET's",
    [
      'Unhandled exception. System.Exception: no stock',
      ' ---> System.IO.IOException: disk',
      '   at Shop.Disk.Read() in /src/Disk.cs:line 5',
      '   --- End of inner exception stack trace ---',
      '   at Shop.Pay()',
    ],
  ],
  [
    "Ruby's",
    ["/var/task/app.rb:5:in 'pay': no stock (RuntimeError)", "\tfrom /var/task/app.rb:9:in 'f'"],
  ],
  [
    "PHP's",
    [
      'PHP Fatal error:  Uncaught RuntimeException: no stock in /var/task/a.php:3',
      'Stack trace:',
      '#0 /var/task/b.php(7): pay()',
      '#1 {main}',
      '  thrown in /var/task/a.php on line 3',
    ],
  ],
  [
    "PHP's, in a chain",
    [
      'PHP Fatal error:  Uncaught Exception: disk in /var/task/a.php:3',
      'Stack trace:',
      '#0 {main}',
      '',
      'Next RuntimeException: no stock in /var/task/a.php:9',
      'Stack trace:',
      '#0 {main}',
    ],
  ],
  [
    "Java's, with a message of two lines and a circle",
    [
      'java.lang.IllegalStateException: no stock',
      'of shoes',
      '\tat shop.Orders.pay(Orders.java:12)',
      'Caused by: java.io.IOException: disk',
      '\tat shop.Disk.read(Unknown Source)',
      '\t[CIRCULAR REFERENCE: java.lang.IllegalStateException: no stock]',
    ],
  ],
  [
    "that of Go's own threads",
    [
      'fatal error: runtime: out of memory',
      '',
      'runtime stack:',
      'runtime.throw({0x4a1234?, 0x0?})',
      '\t/usr/local/go/src/runtime/panic.go:1077 +0x5c',
      '',
      'goroutine 1 [running]:',
      'main.main()',
      '\t/var/task/main.go:8 +0x1',
    ],
  ],
  [
    "Rust's panic of more lines",
    [
      "thread 'main' panicked at src/main.rs:4:5:",
      'assertion `left == right` failed',
      '  left: 1',
      ' right: 2',
      'stack backtrace:',
      '   0: rust_begin_unwind',
    ],
  ],
  [
    'that of a Rust program whose `main` returns an error',
    ['Error: could not pay', '', 'Caused by:', '    0: no stock', '    1: disk'],
  ],
  [
    "Ruby's as people print it",
    ['Shop::Sold: no stock', "/var/task/app.rb:3:in 'pay'", "/var/task/app.rb:9:in 'handler'"],
  ],
  [
    "Dart's",
    [
      'Unhandled exception:',
      'FormatException: no stock',
      '#0      pay (file:///var/task/app.dart:3:3)',
      '<asynchronous suspension>',
      '#1      main (file:///var/task/app.dart:9:1)',
    ],
  ],
  [
    "Lua's",
    [
      'lua: app.lua:3: no stock',
      'stack traceback:',
      "\t[C]: in function 'error'",
      "\tapp.lua:3: in function 'pay'",
      '\t[C]: in ?',
    ],
  ],
  [
    "C++'s",
    ["terminate called after throwing an instance of 'std::runtime_error'", '  what():  no stock'],
  ],
  ["Elixir's", ['** (RuntimeError) no stock', '    (app 0.1.0) lib/app.ex:3: App.pay/0']],
];

it.each(TRACES)(
  'a trace printed line by line is found among other lines: %s',
  (_runtime, trace) => {
    const lines = ['before', '{"level":"info"}', ...trace, 'after', undefined, 'order: paid'];
    expect(trace.some((line) => isTracePart(line))).toBe(true);
    expect(findTraces(lines)).toEqual([{ start: 2, end: 2 + trace.length }]);
  },
);

it.each(TRACES)(
  'a trace printed line by line is one error when it is joined: %s',
  (_runtime, trace) => {
    const { exception } = readLine(trace.join('\n'));
    expect(exception?.type ?? exception?.message).toBeDefined();
    // C++ prints no frames.
    if (_runtime !== "C++'s") expect(exception?.stacktrace).toBeDefined();
  },
);

it.each(TRACES)(
  'a trace printed line by line never holds a record that is not text: %s',
  (_runtime, trace) => {
    for (let place = 1; place < trace.length; place += 1) {
      for (const rest of [trace.slice(place), trace.slice(place + 1)]) {
        const lines = [...trace.slice(0, place), undefined, ...rest];
        for (const { start, end } of findTraces(lines)) {
          expect(lines.slice(start, end)).not.toContain(undefined);
        }
      }
    }
  },
);

it.each([
  [['java.lang.Error: a', '[WARN] low', '\tat a.B.c(B.java:1)']],
  [['java.lang.Error: a', 'java.lang.Error: b', '\tat a.B.c(B.java:1)']],
])(
  'a trace printed line by line begins with the line before its frames in %j, which is no message of another',
  (lines) => {
    expect(findTraces(lines)).toEqual([{ start: 1, end: 3 }]);
  },
);

it('a trace printed line by line is two when two follow each other', () => {
  expect(findTraces([...PYTHON, ...PYTHON])).toEqual([
    { start: 0, end: 4 },
    { start: 4, end: 8 },
  ]);
});

it.each([
  [['Meeting', '  at noon', '  in room 7']],
  [['a list:', '  - one', '  - two']],
  [['Seq Scan on orders', '   at least 3 (rows)']],
  [['who called?', "/var/task/app.rb:3:in 'pay'", "/var/task/app.rb:9:in 'handler'"]],
  [['Error: x', '', 'order paid']],
  [['panic: none', 'order paid']],
  [['Traceback (most recent call last):', 'order paid']],
  [['{"a":1}', '    at f (a.js:1:2)']],
  [[undefined, '\tat a.B.c(B.java:1)']],
  [["thread 'main' panicked at src/main.rs:2:5:", undefined, 'x']],
  [["thread 'main' panicked at src/main.rs:2:5:"]],
  [['', '', '']],
])('a trace printed line by line is none of %j', (lines) => {
  expect(findTraces(lines)).toEqual([]);
});

it('a trace printed line by line is cut where it has no end', () => {
  const lines = ['Error: x', ...Array.from({ length: 5000 }, () => '    at f (a.js:1:2)')];
  for (const { start, end } of findTraces(lines)) expect(end - start).toBeLessThanOrEqual(1000);
});

it('a trace printed line by line is looked for once, however many errors led to each other', () => {
  const chain = [
    ...PYTHON,
    '',
    'During handling of the above exception, another exception occurred:',
    '',
  ];
  const lines = Array.from({ length: 5000 }, () => chain).flat();
  expect(findTraces(lines).length).toBeGreaterThan(30);
});

const stack = 'TypeError: no stock\n    at f (/var/task/a.js:3:9)';
const error = { errorType: 'TypeError', errorMessage: 'no stock' };
const node = { ...error, stack: stack.split('\n') };
it.each([
  ['Node.js', `${ISO}\t${REQUEST_ID}\tERROR\tInvoke Error \t${JSON.stringify(node)}`],
  ['Node.js, in an init', `${ISO}\tundefined\tERROR\tUncaught Exception \t${JSON.stringify(node)}`],
  ['PHP under Bref', `${REQUEST_ID}\tInvoke Error\t${JSON.stringify(node)}`],
  [
    'Python',
    '[ERROR] TypeError: no stock\nTraceback (most recent call last):\n  File "a.py", line 3, in f',
  ],
  [
    'Python, in an init',
    'LAMBDA_WARNING: Unhandled exception. The most likely cause is …\r[ERROR] TypeError: no stock\rTraceback (most recent call last):',
  ],
  ['Python, without a trace', '[ERROR] TypeError: no stock'],
  ['Java', 'no stock: shop.TypeError\nshop.TypeError: no stock\n\tat a.B.c(B.java:1)\n'],
  [
    'Java with a level',
    '[ERROR] no stock: shop.TypeError\nshop.TypeError: no stock\n\tat a.B.c(B.java:1)\n',
  ],
  ['.NET', `${ISO}\t${REQUEST_ID}\tfail\tShop.TypeError: no stock\n   at Shop.Pay()`],
  ['.NET that exits', 'Unhandled exception. Shop.TypeError: no stock\n   at Shop.Pay()'],
  ['a Java thread', 'Exception in thread "main" shop.TypeError: no stock\n\tat a.B.c(B.java:1)'],
  [
    'Ruby',
    `Error raised from handler method\n${JSON.stringify({ errorMessage: 'no stock', errorType: 'Function<TypeError>', stackTrace: ['a'] }, undefined, 2)}`,
  ],
  ['PHP', 'PHP Fatal error:  Uncaught TypeError: no stock in /a.php:3\nStack trace:\n#0 {main}'],
  [
    'Deno',
    'error: Uncaught (in promise) TypeError: no stock\n    pay();\n    ^\n    at file:///a.ts:1:1',
  ],
])("the runtime's own report of %s is told from what a handler logs", (_runtime, text) => {
  const { exception } = readLine(text);
  expect(exception).toMatchObject({ message: 'no stock', isRuntimeReport: true });
  expect(exception?.type).toContain('TypeError');
});

it.each([
  ['Go', 'panic: no stock\n\ngoroutine 1 [running]:\nmain.f()\n\t/a.go:8'],
  ['Rust', "thread 'main' panicked at src/main.rs:4:5:\nno stock\nnote: x"],
])("the runtime's own report of %s is its panic", (_runtime, text) => {
  const expected = { type: 'panic', message: 'no stock', isRuntimeReport: true };
  expect(readLine(text).exception).toMatchObject(expected);
});

const wrapper = { timestamp: ISO, level: 'ERROR', requestId: REQUEST_ID };
it.each([
  ['Python', { timestamp: ISO, log_level: 'ERROR', requestId: REQUEST_ID, ...error }],
  ['Go and Ruby', { errorType: 'TypeError', errorMessage: 'no stock', stackTrace: [] }],
  ['Node.js', { ...wrapper, message: node }],
  [
    'Java',
    {
      timestamp: ISO,
      level: 'ERROR',
      AWSRequestId: REQUEST_ID,
      message: 'no stock: a.TypeError\na.TypeError: no stock\n\tat a.B.c(B.java:1)',
    },
  ],
])("the runtime's own report of %s in JSON format is one too", (_runtime, record) => {
  expect(readLine(record).exception).toMatchObject({
    message: 'no stock',
    isRuntimeReport: true,
  });
});

it.each([
  ['Node.js', `${ISO}\t${REQUEST_ID}\tERROR\t${stack}`],
  ['Python', `[ERROR]\t${ISO}\t${REQUEST_ID}\tno\n${PYTHON.join('\n')}`],
  [
    '.NET',
    `${ISO}\t${REQUEST_ID}\terror\tcould not pay\nShop.TypeError: no stock\n   at Shop.Pay()`,
  ],
  ['Java', 'could not pay\nshop.TypeError: no stock\n\tat a.B.c(B.java:1)'],
  ['pino', { level: 50, msg: 'no', err: { type: 'TypeError', message: 'no stock', stack } }],
  ['Python in JSON format', { ...wrapper, message: 'no', ...node }],
])("the runtime's own report is not what a handler of %s logs", (_runtime, record) => {
  const { exception } = readLine(record);
  expect(exception).toBeDefined();
  expect(exception).not.toHaveProperty('isRuntimeReport');
});
