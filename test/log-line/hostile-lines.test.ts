// Lines made to send a pattern back and forth: their cost is that of reading so many bytes, as a ratio to
// JSON.parse of the same text in the same process.
import fc from 'fast-check';
import { readLine } from './log-limits';

const LENGTH = 250_000;
const fill = (part: string): string => part.repeat(Math.ceil(LENGTH / part.length));
const ISO = '2024-05-20T16:29:45.009Z';

const LINES: readonly (readonly [string, unknown])[] = [
  ['spaces', fill(' ')],
  ['a newline and spaces', `\n${fill(' ')}`],
  ['digits', fill('1')],
  ['tabs behind a time', `${ISO}${fill('\t')}`],
  ['one word', fill('E')],
  ['braces', `{"${fill('{')}}`],
  ['newlines', fill('\n')],
  ['carriage returns', fill('\r')],
  ['first lines of an error', `${fill('Error: x\n')}\n    at f`],
  ['half names before a frame', `${fill(`${'a.'.repeat(250)}\n`)}\n    at f`],
  ['spaces between an error and its frame', `Error: a\n${fill(' ')}\n   at x`],
  ['tracebacks', fill('Traceback (most recent call last):\n')],
  ['a name without end behind a traceback', `Traceback (most recent call last):\n${fill('a.')}!`],
  ["Ruby's error without its class", `/a.rb:1:in '${fill("': ")}\n\tfrom x`],
  ["Ruby's head without its end", `I, [2024-05-20T16:29:45.009123 #8]  INFO ${fill('a')}`],
  ["Go's panics", `goroutine ${fill('panic: ')}\n`],
  ["Rust's panics", `x panicked at \n${fill("thread '' panicked at ")}`],
  ["PHP's errors", `Stack trace:\n${fill('PHP Fatal error:  Uncaught A: b')}`],
  ['logfmt', `time=${fill('requestId=')}`],
  ['half escape sequences', fill('\u001b[3')],
  ['colours', `${fill('\u001b[32m')}INFO x`],
  ['qualified names before a frame', `${fill('a.')}!\n    at x`],
  ['qualified names in front of each frame', fill(`${'a.'.repeat(100)}!\n    at x`)],
  ['errors without an end before a frame', `${fill('Error')}\n    at x`],
  ['columns', `2026-03-02 08:15:00 ${fill('[a] - ')}`],
  ["Laravel's objects", `[stacktrace]${fill('[object] (A(code: 0): ')}`],
  ["Elixir's errors", fill('\\n** (A) ')],
  ["Dart's frames without a place", `x\n#0 ${fill(' ')}(`],
  ["frames in Ruby's form without an end", fill('\na:1:in ')],
  ['names before a colon', fill('a:')],
  ['a name before a date', `${'a'.repeat(64)} 2024-05-20 ${fill('[a] ')}`],
  ["Rust's causes", `Error: x\n\nCaused by:\n    ${fill('a')}`],
  ["OCaml's error", `Fatal error: exception ${fill('A(')}`],
  ["X-Ray's names", fill('xray_trace_id=1-')],
  ["names of Ruby's modules before a frame", `${fill('A::')}Error: x\n    at x`],
  ['rich boxes', fill('\u2500 Traceback (most recent call last) \u2500\n\u256f\n')],
  [
    'an error level with many members',
    { level: 'error', message: 'm', a: Array.from({ length: 5000 }, () => ({ stack: 'x' })) },
  ],
  ['a request id without end', `RequestId: ${fill('a')} Error: \n`],
  ['half trace ids', { message: 'm', xray_trace_id: fill('Root='), traceparent: fill('0') }],
  ['half levels and times', { message: 'm', level: fill('a '), timestamp: fill('2024-') }],
  [
    'beginnings of a name',
    `${'a.'.repeat(8_000)}\n${`${'a'.repeat(600)}\n`.repeat(100)}\n    at f`,
  ],
  ['10 000 members', Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`k${i}`, i]))],
  ['20 000 frames', { message: 'm', stackTrace: Array.from({ length: 20_000 }, () => ({ a: 1 })) }],
];

/**
 * How many times as much CPU as JSON.parse of the same text a line may cost. Linear readers need about ten, and up to
 * 430 with V8 as other tests of the process leave it; quadratic ones would need tens of thousands.
 */
const MAX_RATIO = 2000;
/** Microseconds of CPU below which a figure is noise. */
const LEAST_US = 2000;

function cpuUsOf(work: () => void): number {
  let runs = 0;
  let us = 0;
  const before = process.cpuUsage();
  do {
    work();
    runs += 1;
    const { user, system } = process.cpuUsage(before);
    us = user + system;
  } while (us < LEAST_US);
  return us / runs;
}

/** The least of three, so that another process does not count. */
function ratioToParse(record: unknown): number {
  const json = JSON.stringify(record);
  const ratios = [1, 2, 3].map(() => {
    const parse = cpuUsOf(() => void JSON.parse(json));
    return cpuUsOf(() => readLine(record)) / parse;
  });
  return Math.min(...ratios);
}

it.each(LINES)(
  'a line of %s costs as much as so many bytes do, whatever they are',
  (_name, record) => {
    expect(ratioToParse(record)).toBeLessThan(MAX_RATIO);
  },
);

describe('any line', () => {
  const PARTS = [
    ...[
      'a.',
      'a',
      'A',
      '.',
      '!',
      '\n',
      '\r',
      '\n    at x',
      '\n\tat ',
      ' ',
      '\t',
      '\u00a0',
      ': ',
      '(',
      ')',
      '[',
      ']',
    ],
    ...[
      'Error',
      'Exception: ',
      'Traceback (most recent call last):',
      '  File "',
      'Caused by: ',
      'panic: ',
      'goroutine ',
    ],
    ...[
      'Fatal error: Uncaught ',
      '\nStack trace:\n#',
      "thread '",
      "' panicked at ",
      ':in ',
      "': ",
      ' (A)',
      '\n\tfrom ',
    ],
    ...[
      '[object] (A(code: ',
      '[stacktrace]',
      '** (A) ',
      ' in ',
      ' at ',
      'trace_id=',
      'span_id=',
      '0',
      'f',
      '-',
      '{',
      '}',
      '"',
    ],
    ...[
      '2026-03-02T08:15:00.749Z',
      '08:15:00',
      'WARN',
      '[WARN]',
      '|',
      'level=',
      'time=',
      '\u001b[3',
      '\nstack traceback:\n',
      '\n#0   ',
      "a:1:in '",
      '::',
      ':WARN:',
      'xray_trace_id=1-',
      'terminate called ',
      'RequestId: ',
      '[ERROR] ',
    ],
  ];

  it('made of the beginnings of what is looked for costs no more', () => {
    const hostile = fc
      .tuple(
        fc.array(fc.constantFrom(...PARTS), { maxLength: 4 }),
        fc.array(fc.constantFrom(...PARTS), { minLength: 1, maxLength: 5 }),
        fc.array(fc.constantFrom(...PARTS), { maxLength: 4 }),
      )
      .map(([start, middle, end]) => {
        const filler = middle.join('');
        return start.join('') + filler.repeat(Math.ceil(16_384 / filler.length)) + end.join('');
      });
    fc.assert(
      fc.property(hostile, (text) => {
        readLine(text);
        expect(ratioToParse(text)).toBeLessThan(MAX_RATIO);
      }),
      { numRuns: 200 },
    );
  });
});
