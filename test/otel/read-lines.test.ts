// What a log event is to the tracker: whose it may be, whether its error is the request's, and the lines of a trace.
import type { HrTime } from '@opentelemetry/api';
import { LogEventReader } from '../../src/otel/read-lines';
import { DEFAULT_LIMITS, EVENT_TIME, REQUEST_ID } from '../log-line/log-limits';

const OBSERVED: HrTime = [EVENT_TIME[0] + 1, 0];
const reader = new LogEventReader(DEFAULT_LIMITS);
const read = (record: unknown, time = EVENT_TIME) =>
  reader.read({ type: 'function', time, record }, OBSERVED);

const err = { type: 'StockError', message: 'no stock' };
it.each([
  ['at ERROR', 50, true],
  ['at FATAL', 60, true],
  ['without a level', undefined, true],
  ['but not at WARN', 40, false],
  ['but not at INFO', 30, false],
])('the error of a line is the request’s: %s', (_when, level, isRequestError) => {
  const line = read({ msg: 'x', err, ...(level !== undefined && { level }) });
  expect(line.content.exception).toEqual(err);
  expect(line.exception).toEqual(isRequestError ? { time: EVENT_TIME, ...err } : undefined);
});

it('the error of a line is the request’s, with the mark that the runtime itself reported it', () => {
  const line = read({ errorType: 'StockError', errorMessage: 'no stock', stackTrace: ['a'] });
  expect(line.exception?.isRuntimeReport).toBe(true);
});

it.each([
  ['Node.js', 'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory'],
  ['Java', 'Terminating due to java.lang.OutOfMemoryError: Java heap space'],
  ['Java, thrown', 'java.lang.OutOfMemoryError: Metaspace\n\tat shop.Orders.pay(Orders.java:12)'],
  ['.NET', 'Out of memory.\n'],
  [
    'Python',
    '[ERROR] MemoryError\nTraceback (most recent call last):\n  File "a.py", line 5, in h',
  ],
  ['Go', 'fatal error: runtime: out of memory\n\ngoroutine 1 [running]:\nmain.main()\n'],
  ['Go, of the system', 'fatal error: runtime: cannot allocate memory\n'],
  ['Rust', 'memory allocation of 1073741824 bytes failed\n'],
  ['C++', "terminate called after throwing an instance of 'std::bad_alloc'\n"],
  ['PHP', 'PHP Fatal error:  Allowed memory size of 134217728 bytes exhausted in /a.php on line 7'],
  ['PHP, of the system', 'PHP Fatal error:  Out of memory (allocated 2097152) in /a.php on line 7'],
  ['Ruby', '[FATAL] failed to allocate memory\n'],
  [
    'Ruby, raised',
    { errorType: 'Function<NoMemoryError>', errorMessage: 'failed', stackTrace: ['a'] },
  ],
])('memory that ran out is said in the words of %s', (_runtime, record) => {
  expect(read(record).saysOutOfMemory).toBe(true);
});

it.each([
  'the customer ran out of memory cards',
  'PHP Fatal error:  Uncaught Error: x in /a.php:7',
  'memory allocation of the day failed',
  'fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [running]:\nmain.main()\n',
  { level: 'error', msg: 'x', err: { type: 'shop.MemoryError', message: 'm' } },
  { level: 'info', msg: 'memory allocation of 7 bytes failed' },
])('memory that ran out is not said by %j', (record) => {
  expect(read(record).saysOutOfMemory).toBe(false);
});

it('a line tells the id that only Lambda writes from any other', () => {
  const ids = (record: unknown) => {
    const { requestId, possibleRequestId } = read(record);
    return { requestId, possibleRequestId };
  };
  expect(ids({ msg: 'x', AWSRequestId: REQUEST_ID })).toEqual({
    requestId: REQUEST_ID,
    possibleRequestId: undefined,
  });
  expect(ids({ msg: 'x', requestId: REQUEST_ID })).toEqual({
    requestId: undefined,
    possibleRequestId: REQUEST_ID,
  });
});

const later: HrTime = [EVENT_TIME[0], EVENT_TIME[1] + 1_000_000];
const lines = [
  read('before\n'),
  read('java.lang.IllegalStateException: no stock\n'),
  read('\tat shop.Orders.pay(Orders.java:12)\n', later),
  read('Caused by: java.io.IOException: disk\n', later),
  read({ message: 'after' }),
];

it('a trace printed line by line is one line with one error, of the time of its first', () => {
  const [before, trace, ...rest] = reader.joinTraces(lines);
  expect(before).toBe(lines[0]);
  expect(rest).toEqual([undefined, undefined, lines[4]]);
  expect(trace).toMatchObject({
    time: EVENT_TIME,
    observed: OBSERVED,
    content: {
      body: 'java.lang.IllegalStateException: no stock\n\tat shop.Orders.pay(Orders.java:12)\nCaused by: java.io.IOException: disk',
      severityNumber: 17,
    },
    exception: { time: EVENT_TIME, type: 'java.lang.IllegalStateException', message: 'no stock' },
  });
});

it('a trace printed line by line is looked for only where a line looks like a part of one', () => {
  expect(lines.map(({ isTracePart }) => isTracePart)).toEqual([false, false, true, true, false]);
});
