// Lines of 250 000 characters made to send a pattern back and forth: each is read in a moment.
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
  ['a request id without end', `RequestId: ${fill('a')} Error: \n`],
  ['half trace ids', { message: 'm', xray_trace_id: fill('Root='), traceparent: fill('0') }],
  ['half levels and times', { message: 'm', level: fill('a '), timestamp: fill('2024-') }],
  ['10 000 members', Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`k${i}`, i]))],
  ['20 000 frames', { message: 'm', stackTrace: Array.from({ length: 20_000 }, () => ({ a: 1 })) }],
];

describe('a line of', () => {
  it.each(LINES)('%s is read in less than two seconds', (_name, record) => {
    const start = process.hrtime.bigint();
    readLine(record);
    expect(Number(process.hrtime.bigint() - start) / 1e9).toBeLessThan(2);
  });
});
