// What an invocation's end comes to: Lambda's word, the answer that was not given, the runtime's own
// report, memory that ran out.
import type { ExceptionFact, Fact } from '../../src/invocation/fact';
import type { TrackerOptions } from '../../src/invocation/tracker';
import type { TestLine, WireEvent } from './scenario';
import {
  REQUEST,
  at,
  createTracker,
  done,
  feed,
  init,
  line,
  ofKind,
  report,
  start,
  wire,
} from './scenario';

const UNANSWERED = { metrics: { durationMs: 100, producedBytes: 0 }, spans: undefined };
const FULL = { memorySizeMB: 128, maxMemoryUsedMB: 128 };
const thrown = (ms: number, fields: Partial<ExceptionFact>, rest: Partial<TestLine> = {}) =>
  line(ms, 'thrown', { exception: { time: at(ms), ...fields }, ...rest });
const reported = (ms: number, type: string, message?: string) =>
  thrown(ms, { type, isRuntimeReport: true, ...(message !== undefined && { message }) });

function settle(
  items: readonly (WireEvent | TestLine)[],
  options: Partial<TrackerOptions> = {},
): Fact<TestLine>[] {
  const tracker = createTracker(options);
  feed(tracker, items);
  return [...tracker.settle(), ...tracker.settle({ time: at(9999) })];
}
const spanOf = (facts: readonly Fact<TestLine>[]) => ofKind(facts, 'invocation')[0];
const outcomesOf = (facts: readonly Fact<TestLine>[]) =>
  ofKind(facts, 'outcome').map(({ outcome, errorType }) => [outcome, errorType]);

const spans = (...names: string[]) =>
  names.map((name) => ({ name, start: '2026-03-02T08:15:00.000Z', durationMs: 1 }));

it.each([
  ['no bytes and no spans', UNANSWERED, true],
  ['no bytes and other spans', { ...UNANSWERED, spans: spans('runtimeOverhead') }, true],
  ['an empty answer', { ...UNANSWERED, spans: spans('responseLatency') }, false],
  [
    'an answer whose span cannot be read',
    { ...UNANSWERED, spans: [{ name: 'responseLatency', start: 'soon' }] },
    false,
  ],
  [
    'a stream that broke after its first byte',
    { ...UNANSWERED, metrics: { producedBytes: 1 } },
    false,
  ],
  ['no metrics', { metrics: undefined, spans: undefined }, false],
  ['metrics without bytes', { metrics: { durationMs: 100 }, spans: undefined }, false],
  ['bytes that are no number', { metrics: { producedBytes: '0' }, spans: undefined }, false],
  ['no status', { ...UNANSWERED, status: undefined }, false],
])('a success without an answer (%s) is a function error: %s', (_, fields, expected) => {
  const facts = settle([start(0), done(100, REQUEST, fields), report(101)]);
  expect(spanOf(facts)?.isFunctionError).toBe(expected);
  expect(spanOf(facts)?.isError).toBe(expected);
  expect(outcomesOf(facts)).toEqual([expected ? ['error', '_OTHER'] : ['success', undefined]]);
});

it('a success without an answer is named after what the runtime reported, be it the tenth that was logged', () => {
  const logged = Array.from({ length: 9 }, (_, index) =>
    thrown(10 + index, { type: 'Handled', message: `no ${index}` }),
  );
  const facts = settle([
    start(0),
    ...logged,
    reported(50, 'Error', 'no stock'),
    done(100, REQUEST, UNANSWERED),
    report(101),
  ]);
  const span = spanOf(facts);
  expect(span).toMatchObject({ status: 'success', errorType: 'Error', errorMessage: 'no stock' });
  expect(span?.exceptions).toHaveLength(8);
  expect(span?.exceptions.at(-1)).toMatchObject({ message: 'no stock' });
  expect(span?.droppedExceptions).toBe(2);
  expect(outcomesOf(facts)).toEqual([['error', 'Error']]);
  expect(ofKind(facts, 'runtimeDone')).toMatchObject([{ errorType: 'Error' }]);
});

it('a success without an answer is named after the last of several reports', () => {
  const facts = settle([
    start(0),
    reported(50, 'First', 'a'),
    reported(51, 'Error', 'b'),
    done(100, REQUEST, UNANSWERED),
  ]);
  expect(spanOf(facts)).toMatchObject({ errorType: 'Error', errorMessage: 'b' });
});

it('a success without an answer that nobody reported has no name and no description, whatever was logged', () => {
  const logged = thrown(50, { type: 'Handled', message: 'again' });
  const span = spanOf(settle([start(0), logged, done(100, REQUEST, UNANSWERED)]));
  expect(span).toMatchObject({ errorType: '_OTHER' });
  expect(span?.errorMessage).toBeUndefined();
});

it('a success without an answer is noted beside the events of its end', () => {
  const facts = settle([start(0), reported(50, 'E'), done(100, REQUEST, UNANSWERED), report(101)]);
  expect(
    ofKind(facts, 'platformLog').map(({ event, errorType, isFunctionError }) => [
      event.type,
      errorType,
      isFunctionError,
    ]),
  ).toEqual([
    ['platform.start', undefined, undefined],
    ['platform.runtimeDone', 'E', true],
    ['platform.report', 'E', true],
  ]);
});

it("a success without an answer is Lambda's success where the user wants it so, and on Managed Instances", () => {
  const items = [start(0), reported(50, 'E'), done(100, REQUEST, UNANSWERED)];
  const managed = { initializationType: 'lambda-managed-instances' };
  for (const options of [{ functionErrors: false }, managed]) {
    const facts = settle(items, options);
    expect(spanOf(facts)).toMatchObject({ isError: false, isFunctionError: false });
    expect(outcomesOf(facts)).toEqual([['success', undefined]]);
  }
});

it('a success without an answer is a timeout where the report says so', () => {
  const timedOut = report(101, REQUEST, { status: 'timeout' });
  const facts = settle([start(0), done(100, REQUEST, UNANSWERED), timedOut]);
  expect(spanOf(facts)).toMatchObject({ status: 'timeout', isFunctionError: false });
  expect(outcomesOf(facts)).toEqual([
    ['error', '_OTHER'],
    ['timeout', 'timeout'],
  ]);
});

it('a success without an answer waits for the exception of a Java function, which comes last, but not for long', () => {
  const java = { runtimeVersion: 'java:21.v33', initializationType: 'on-demand', phase: 'init' };
  const [initStart, ...rest] = init(-600);
  if (initStart === undefined) throw new Error('expected an initStart');
  const cold = [wire(-600, 'platform.initStart', java), ...rest];
  const tracker = createTracker();
  feed(tracker, [...cold, start(0), done(100, REQUEST, UNANSWERED)]);
  expect(ofKind(tracker.settle(), 'invocation')).toEqual([]);
  feed(tracker, [reported(100.5, 'java.lang.RuntimeException', 'no stock')]);
  expect(ofKind(tracker.settle(), 'invocation')).toMatchObject([{ errorMessage: 'no stock' }]);
  feed(tracker, [start(200, 'b'), done(300, 'b', UNANSWERED)]);
  expect(ofKind(tracker.settle(), 'invocation')).toEqual([]);
  expect(ofKind(tracker.settle(), 'invocation')).toMatchObject([{ errorType: '_OTHER' }]);
});

it('an exception of an answered invocation is an event only', () => {
  const facts = settle([start(0), reported(50, 'Error', 'handled'), done(100), report(101)]);
  expect(spanOf(facts)).toMatchObject({ isError: false, exceptions: [{ message: 'handled' }] });
  expect(outcomesOf(facts)).toEqual([['success', undefined]]);
});

it.each([
  [{ status: 'error' }, 'Error'],
  [{ status: 'error', errorType: 'Runtime.ExitError' }, 'Runtime.ExitError'],
])(
  "an error of Lambda's word %j is described by what the runtime reported",
  (fields, errorType) => {
    const uncaught = reported(50, 'Error', 'no stock');
    const facts = settle([start(0), uncaught, done(100, REQUEST, { ...fields, spans: undefined })]);
    expect(spanOf(facts)).toMatchObject({ errorType, errorMessage: 'no stock' });
    expect(outcomesOf(facts)).toEqual([['error', errorType]]);
  },
);

it("an error of Lambda's word has, for an init, the type and the message of what the runtime reported", () => {
  const common = { initializationType: 'on-demand', phase: 'init', status: 'error' };
  const facts = settle([
    wire(-600, 'platform.initStart', { ...common }),
    reported(-200, 'Runtime.ImportModuleError', "No module named 'x'"),
    wire(-100, 'platform.initRuntimeDone', common),
    start(0),
    done(100, REQUEST, { status: 'error', errorType: 'Runtime.ImportModuleError' }),
  ]);
  const named = { errorType: 'Runtime.ImportModuleError', errorMessage: "No module named 'x'" };
  expect(ofKind(facts, 'initialization')).toMatchObject([named]);
  expect(ofKind(facts, 'outcome')).toMatchObject([
    { phase: 'invoke' },
    { phase: 'init', errorType: named.errorType },
  ]);
  expect(spanOf(facts)).toMatchObject(named);
});

const counts = (facts: readonly Fact<TestLine>[]) => ofKind(facts, 'outOfMemory').length;
const failed = (fields = {}) =>
  done(100, REQUEST, { status: 'error', spans: undefined, ...fields });
const full = (fields = {}) => report(101, REQUEST, { metrics: FULL, ...fields });
const words = line(50, 'heap out of memory', { saysOutOfMemory: true });

it.each([
  ['Lambda names it', [failed({ errorType: 'Runtime.OutOfMemory' })]],
  ['the runtime says so', [words, failed({ errorType: 'Runtime.ExitError' })]],
  ['memory was full', [failed({ errorType: 'Runtime.ExitError' }), full({ status: 'error' })]],
  [
    'memory was full at a timeout',
    [done(100, REQUEST, { status: 'timeout' }), full({ status: 'timeout' })],
  ],
  ['all of it', [words, failed({ errorType: 'Runtime.OutOfMemory' }), full({ status: 'failure' })]],
  [
    'a Java handler throws it',
    [
      thrown(50, { type: 'java.lang.OutOfMemoryError', isRuntimeReport: true }),
      done(100, REQUEST, UNANSWERED),
    ],
  ],
])('memory that ran out (%s) counts once and names the error', (_, items) => {
  const facts = settle([start(0), ...items]);
  expect(counts(facts)).toBe(1);
  expect(spanOf(facts)).toMatchObject({ isError: true, errorType: 'Runtime.OutOfMemory' });
});

it.each([
  ['full memory and success', [done(100), full()]],
  ['full memory and a function error', [done(100, REQUEST, UNANSWERED), full()]],
  ['words and success', [words, done(100), full()]],
  [
    'almost full memory',
    [failed(), full({ status: 'error', metrics: { ...FULL, maxMemoryUsedMB: 127 } })],
  ],
  ['a report without sizes', [failed(), full({ status: 'error', metrics: {} })]],
  [
    'an error of another type after one that was handled',
    [
      thrown(40, { type: 'java.lang.OutOfMemoryError' }, { saysOutOfMemory: true }),
      reported(50, 'Other'),
      done(100, REQUEST, UNANSWERED),
    ],
  ],
])('memory that ran out is not concluded from %s', (_, items) => {
  expect(counts(settle([start(0), ...items]))).toBe(0);
});

it('memory that ran out as only the report tells, after the span has left, is counted and logged', () => {
  const tracker = createTracker();
  feed(tracker, [start(0), failed({ errorType: 'Runtime.ExitError' })]);
  const first = tracker.settle();
  expect(spanOf(first)).toMatchObject({ errorType: 'Runtime.ExitError' });
  expect(counts(first)).toBe(0);
  feed(tracker, [full({ status: 'error' })]);
  const second = [...tracker.settle(), ...tracker.settle()];
  expect(counts(second)).toBe(1);
  expect(ofKind(second, 'platformLog')).toMatchObject([{ errorType: 'Runtime.OutOfMemory' }]);
});

it('memory that ran out is counted by one process of two', () => {
  const first = createTracker();
  feed(first, [start(0), words]);
  const closed = first.settle({ reason: 'failure', time: at(200) });
  expect(spanOf(closed)).toMatchObject({ errorType: 'Runtime.OutOfMemory' });
  expect(counts(closed)).toBe(1);
  const handover = first.handover();
  expect(handover.invocations).toMatchObject([{ outOfMemory: true }]);
  const killed = full({ status: 'error' });
  const second = createTracker({ handover });
  feed(second, [killed]);
  expect(counts([...second.settle(), ...second.settle()])).toBe(0);
  const unaware = createTracker();
  feed(unaware, [killed]);
  expect(counts([...unaware.settle(), ...unaware.settle()])).toBe(1);
});
