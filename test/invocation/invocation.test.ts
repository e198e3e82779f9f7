// What is said of one invocation, when, and in which order.
import type { HrTime } from '@opentelemetry/api';
import { toChildIdentity } from '../../src/invocation/identity';
import { createInvocation, endTimeOf, startTimeOf } from '../../src/invocation/invocation';
import type { Invocation } from '../../src/invocation/invocation';
import type { Ended } from '../../src/invocation/status';
import { toOutcome } from '../../src/invocation/status';
import { isError } from '../../src/invocation/result';
import type { ReportEvent, RuntimeDoneEvent } from '../../src/telemetry/event';
import {
  REQUEST,
  at,
  createTracker,
  done,
  feed,
  line,
  ofKind,
  report,
  sha256,
  start,
} from './scenario';
import type { TestLine, WireEvent } from './scenario';

const OTHER = '11111111-2222-4333-8444-555555555555';
const ENDING = { reason: 'spindown', time: at(60_000) };
const span = (name: string) => ({ name, start: '2026-03-02T08:15:00.000Z', durationMs: 1 });

function outcomesOf(events: readonly WireEvent[]): string[] {
  const tracker = createTracker();
  feed(tracker, events);
  return ofKind([...tracker.settle(), ...tracker.settle()], 'outcome').map(
    ({ outcome, errorType = '-' }) => `${outcome} ${errorType}`,
  );
}

/** The kinds of facts after each settling. */
function kindsOf(steps: readonly (readonly (WireEvent | TestLine)[])[], options = {}) {
  const tracker = createTracker(options);
  return steps.map((items) => {
    feed(tracker, items);
    return tracker.settle().map(({ kind }) => kind);
  });
}

const SAID_OF_DONE = ['runtimeDone', 'platformLog', 'outcome', 'childSpans'];
const SAID_OF_REPORT = ['report', 'platformLog', 'childSpans'];

it('an invocation says all of itself in order', () => {
  expect(kindsOf([[report(101), done(100), start(0)], []])).toEqual([
    ['platformLog', ...SAID_OF_DONE, ...SAID_OF_REPORT, 'invocation'],
    [],
  ]);
});

it('an invocation says each part with its event', () => {
  expect(kindsOf([[start(0)], [], [done(100)], [report(101)], [report(101)]])).toEqual([
    ['platformLog'],
    [],
    [...SAID_OF_DONE, 'invocation'],
    SAID_OF_REPORT,
    [],
  ]);
});

it('an invocation says nothing of a report without runtimeDone for one settling, however long it runs', () => {
  const expected = ['report', 'platformLog', 'outcome', 'childSpans', 'invocation'];
  expect(kindsOf([[start(0)], [], [report(101)], [], []])).toEqual([
    ['platformLog'],
    [],
    [],
    expected,
    [],
  ]);
});

it('an invocation says all of a report whose start never came once it has waited for it', () => {
  const other = [start(-5000, OTHER)];
  expect(kindsOf([other, [report(101)], []])[2]).toEqual([
    'report',
    'platformLog',
    'outcome',
    'childSpans',
    'invocation',
  ]);
});

it('an invocation says all of a report at once when the environment ends', () => {
  const tracker = createTracker();
  feed(tracker, [start(0), report(101)]);
  const facts = tracker.settle(ENDING);
  expect(ofKind(facts, 'report')).toMatchObject([{ endsInvocation: true }]);
  expect(ofKind(facts, 'invocation')).toMatchObject([{ end: at(101), incomplete: false }]);
});

it('an invocation says all of a report at once on managed instances, which send no runtimeDone', () => {
  const options = { initializationType: 'lambda-managed-instances' };
  expect(kindsOf([[start(0), report(101)]], options)).toEqual([
    ['platformLog', 'report', 'platformLog', 'outcome', 'childSpans', 'invocation'],
  ]);
});

it('an invocation says no more children where an event brings none', () => {
  const bare = { spans: undefined };
  expect(kindsOf([[start(0), done(100, REQUEST, bare), report(101, REQUEST, bare)]])).toEqual([
    ['platformLog', 'runtimeDone', 'platformLog', 'outcome', 'report', 'platformLog', 'invocation'],
  ]);
});

it('an invocation says no span of itself when its start cannot be known', () => {
  const tracker = createTracker();
  feed(tracker, [done(100, REQUEST, { metrics: undefined })]);
  const facts = [...tracker.settle(), ...tracker.settle(), ...tracker.settle(ENDING)];
  expect(facts.map(({ kind }) => kind)).toEqual(['runtimeDone', 'platformLog', 'outcome']);
});

it.each([
  ['start', ['a', 'b', 'c'], 'a'],
  ['runtimeDone', [undefined, 'b', 'c'], 'b'],
  ['report', [undefined, undefined, 'c'], 'c'],
])(
  'the tenant of an invocation is the one that its %s names first',
  (_, [first, second, third], expected) => {
    const tracker = createTracker({ spanAt: 'report' });
    feed(tracker, [
      start(0, REQUEST, { tenantId: first }),
      done(100, REQUEST, { tenantId: second }),
      report(101, REQUEST, { tenantId: third }),
    ]);
    expect(ofKind(tracker.settle(), 'invocation')).toMatchObject([{ tenantId: expected }]);
  },
);

const childrenOf = (events: readonly WireEvent[]) => {
  const tracker = createTracker();
  feed(tracker, events);
  return ofKind([...tracker.settle(), ...tracker.settle()], 'childSpans').map(({ children }) =>
    children.map((child) => child.span.name),
  );
};
const both = { spans: [span('responseLatency'), span('extensionOverhead')] };

it('the children of an invocation come from the report too, but for those that runtimeDone brought', () => {
  const early = { spans: [span('responseLatency'), span('runtimeOverhead')] };
  expect(childrenOf([start(0), done(100, REQUEST, early), report(101, REQUEST, both)])).toEqual([
    ['responseLatency', 'runtimeOverhead'],
    ['extensionOverhead'],
  ]);
});

it('the children of an invocation come all from the report when runtimeDone brought none', () => {
  const none = done(100, REQUEST, { spans: undefined });
  expect(childrenOf([start(0), none, report(101, REQUEST, both)])).toEqual([
    ['responseLatency', 'extensionOverhead'],
  ]);
  expect(childrenOf([start(0), report(101, REQUEST, both)])).toEqual([
    ['responseLatency', 'extensionOverhead'],
  ]);
});

it('the children of an invocation are none when runtimeDone brought them all', () => {
  expect(childrenOf([start(0), done(100, REQUEST, both), report(101, REQUEST, both)])).toEqual([
    ['responseLatency', 'extensionOverhead'],
  ]);
});

it('the children of an invocation of one name have ids of their own', () => {
  const tracker = createTracker();
  const twins = { spans: [span('a'), span('a'), span('a')] };
  feed(tracker, [start(0), done(100, REQUEST, twins)]);
  const facts = tracker.settle();
  const [invocation] = ofKind(facts, 'invocation');
  const [fact] = ofKind(facts, 'childSpans');
  const idOf = (ordinal: number) =>
    invocation && toChildIdentity(invocation.identity, { name: 'a', ordinal }, sha256);
  expect(fact?.children.map(({ identity }) => identity)).toEqual([0, 1, 2].map(idOf));
});

const ending = (doneStatus: string, reportStatus: string): WireEvent[] => [
  start(0),
  done(100, REQUEST, { status: doneStatus }),
  report(101, REQUEST, { status: reportStatus }),
];

it.each([
  ['success', 'success', ['success -']],
  ['error', 'error', ['error error']],
  ['error', 'failure', ['error error']],
  ['error', 'success', ['error error']],
  ['error', 'timeout', ['error error', 'timeout timeout']],
  ['success', 'error', ['success -', 'error error']],
  ['Timeout', 'timeout', ['timeout Timeout']],
  ['new-word', 'success', ['success -']],
  ['new-word', 'newer-word', []],
])(
  'the outcome of an invocation %s, then %s in the report',
  (doneStatus, reportStatus, expected) => {
    expect(outcomesOf(ending(doneStatus, reportStatus))).toEqual(expected);
  },
);

it('the outcome of an invocation is a success where neither event has a status', () => {
  const bare = { status: undefined };
  expect(outcomesOf([start(0), done(100, REQUEST, bare), report(101, REQUEST, bare)])).toEqual([
    'success -',
  ]);
});

it.each([
  ['success', 'failure', 'failure'],
  ['failure', 'error', 'failure'],
  ['timeout', 'failure', 'timeout'],
  ['new-word', 'success', 'new-word'],
  ['success', 'new-word', 'new-word'],
  ['new-word', 'error', 'error'],
])(
  'the outcome of an invocation on the span is the worse of %s and %s',
  (doneStatus, reportStatus, expected) => {
    const tracker = createTracker();
    feed(tracker, ending(doneStatus, reportStatus));
    expect(ofKind(tracker.settle(), 'invocation')).toMatchObject([{ status: expected }]);
  },
);

it('the outcome of an invocation keeps the error type of a word that AWS does not use yet', () => {
  const odd = { status: 'new-word', errorType: 'Odd' };
  const plain = { status: 'new-word' };
  const errorTypeOf = (fields: object) => {
    const tracker = createTracker();
    feed(tracker, [start(0), done(100, REQUEST, fields)]);
    return ofKind(tracker.settle(), 'invocation')[0]?.errorType;
  };
  expect([errorTypeOf(odd), errorTypeOf(plain)]).toEqual(['Odd', undefined]);
});

it('the outcome of an invocation is of the phase invoke and of the time of its event', () => {
  const tracker = createTracker();
  feed(tracker, ending('success', 'timeout'));
  expect(ofKind(tracker.settle(), 'outcome')).toEqual([
    { kind: 'outcome', outcome: 'success', phase: 'invoke', time: at(100) },
    { kind: 'outcome', outcome: 'timeout', phase: 'invoke', time: at(101), errorType: 'timeout' },
  ]);
});

it('the outcome of an invocation of a failed runtimeDone is all that is counted, whatever success the report tells', () => {
  expect(kindsOf([ending('error', 'success')])).toEqual([
    ['platformLog', ...SAID_OF_DONE, ...SAID_OF_REPORT, 'invocation'],
  ]);
});

it.each([
  [{ status: 'success' }, false],
  [{ status: 'error' }, true],
  [{ status: 'failure' }, true],
  [{ status: 'Timeout' }, true],
  [{ status: 'new-word' }, false],
  [{ status: 'success', errorType: 'Odd' }, false],
  [{ errorType: 'incomplete' }, true],
  [{}, false],
])('the outcome of an invocation of %j is an error: %s', (ended: Ended, expected) => {
  expect(isError({ ...ended, outcome: toOutcome(ended.status) })).toBe(expected);
});

it('the outcome of an invocation that nobody counted leaves no trace among the facts', () => {
  const weird = { status: 'new-word', spans: undefined };
  expect(kindsOf([[start(0), done(100, REQUEST, weird), report(101, REQUEST, weird)]])).toEqual([
    ['platformLog', 'runtimeDone', 'platformLog', 'report', 'platformLog', 'invocation'],
  ]);
});

const endOf = (ending: { reason?: string; time: [number, number] }, deadlineMs?: number) => {
  const tracker = createTracker();
  if (deadlineMs !== undefined) tracker.invoke({ requestId: REQUEST, deadlineMs });
  feed(tracker, [start(0)]);
  const [fact] = ofKind(tracker.settle(ending), 'invocation');
  return { end: fact?.end, errorType: fact?.errorType, status: fact?.status };
};
const time: [number, number] = [...at(3000)];
const [originSeconds] = at(0);
const deadline = originSeconds * 1000 + 2500;

it.each([
  ['ends then', 'spindown', deadline, [3000, 'incomplete']],
  ['ends then for no reason', undefined, undefined, [3000, 'incomplete']],
  ['ends at its deadline after a timeout', 'Timeout', deadline, [2500, 'timeout']],
  ['ends then after a timeout without deadline', 'timeout', 0, [3000, 'timeout']],
  ['ends then after a failure', 'failure', deadline, [3000, 'failure']],
  ['never ends before its start', 'timeout', 1, [0, 'timeout']],
] as const)(
  'an invocation that is open when the environment ends %s',
  (...[, reason, deadlineMs, [end, errorType]]) => {
    const ending = reason === undefined ? { time } : { reason, time };
    const status = errorType === 'incomplete' ? undefined : errorType;
    expect(endOf(ending, deadlineMs)).toEqual({ end: at(end), errorType, status });
  },
);

const exception = (ms: number) => ({ time: at(ms), type: 'E' });
const bad = (ms: number) => line(ms, 'x', { exception: exception(ms), requestId: REQUEST });

it('the exceptions of an invocation are those that came before its span left', () => {
  const tracker = createTracker();
  feed(tracker, [start(0), bad(1), done(100)]);
  const [fact] = ofKind(tracker.settle(), 'invocation');
  feed(tracker, [bad(2)]);
  tracker.settle();
  expect(fact?.exceptions).toEqual([exception(1)]);
});

it.each([
  [8, 8, 0],
  [9, 8, 1],
])('the exceptions of an invocation of %i keep %i and count %i', (count, kept, dropped) => {
  const tracker = createTracker();
  feed(tracker, [start(0), ...Array.from({ length: count }, (_, ms) => bad(ms)), done(100)]);
  const [fact] = ofKind(tracker.settle(), 'invocation');
  expect(fact?.exceptions).toHaveLength(kept);
  expect(fact?.droppedExceptions).toBe(dropped);
});

const endAt = (seconds: number, durationMs?: number) => ({
  requestId: REQUEST,
  time: [seconds, 0] satisfies HrTime,
  ...(durationMs === undefined ? {} : { metrics: { durationMs } }),
});
const reportAt = (seconds: number, durationMs?: number): ReportEvent => ({
  type: 'platform.report',
  ...endAt(seconds, durationMs),
});
const doneAt = (seconds: number, durationMs?: number): RuntimeDoneEvent => ({
  type: 'platform.runtimeDone',
  ...endAt(seconds, durationMs),
});
const invocation = (parts: Pick<Invocation, 'start' | 'done' | 'report'>): Invocation => ({
  ...createInvocation(REQUEST),
  ...parts,
});

it.each([
  ['nothing', {}, undefined],
  ['a report without a duration', { report: reportAt(5) }, undefined],
  ['a report', { report: reportAt(5, 2000) }, [3, 0]],
  ['a runtimeDone before a report', { done: doneAt(5, 1000), report: reportAt(9, 1) }, [4, 0]],
  ['a duration since 1970', { report: reportAt(5, 5000) }, [0, 0]],
  ['a duration from before 1970', { report: reportAt(5, 5001) }, undefined],
])('the times of an invocation begin by %s', (_, parts, expected) => {
  expect(startTimeOf(invocation(parts))).toEqual(expected);
});

it.each([
  ['nothing', {}, false, undefined],
  ['runtimeDone', { done: doneAt(5), report: reportAt(9, 3000) }, false, [5, 0]],
  ['the duration of the report', { report: reportAt(9, 3000) }, false, [5, 0]],
  ['the report without a duration', { report: reportAt(9) }, false, [9, 0]],
  [
    'the report when that is preferred',
    { done: doneAt(5), report: reportAt(9, 4000) },
    true,
    [6, 0],
  ],
  ['runtimeDone while there is no report to prefer', { done: doneAt(5) }, true, [5, 0]],
  ['its start at the earliest', { done: doneAt(1) }, false, [2, 0]],
])('the times of an invocation end by %s', (_, parts, preferReport, expected) => {
  expect(endTimeOf(invocation(parts), [2, 0], preferReport)).toEqual(expected);
});
