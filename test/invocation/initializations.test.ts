// What an init or a restore states: its times, its status, its events, its children.
import { toChildIdentity, toRootIdentity } from '../../src/invocation/identity';
import { initStartTimeOf } from '../../src/invocation/initialization';
import type { Initialization } from '../../src/invocation/initialization';
import {
  REQUEST,
  at,
  createTracker,
  done,
  feed,
  init,
  ofKind,
  report,
  sha256,
  start,
  wire,
} from './scenario';
import type { WireEvent } from './scenario';

const OTHER = '11111111-2222-4333-8444-555555555555';
const ENDING = { reason: 'spindown', time: at(60_000) };
const ahead = { initializationType: 'provisioned-concurrency', phase: 'init' };

const initStart = (ms: number, fields = {}) => wire(ms, 'platform.initStart', fields);
const initDone = (ms: number, fields = {}) => wire(ms, 'platform.initRuntimeDone', fields);
const initReport = (ms: number, fields = {}) => wire(ms, 'platform.initReport', fields);

/** All that is said of these events until the environment ends. */
function factsOf(events: readonly WireEvent[]) {
  const tracker = createTracker();
  feed(tracker, events);
  return [...tracker.settle(), ...tracker.settle(), ...tracker.settle(ENDING)];
}
const spansOf = (events: readonly WireEvent[]) => ofKind(factsOf(events), 'initialization');

it.each([
  [
    'ends with its runtimeDone',
    [initStart(0), initDone(500), initReport(501)],
    { from: 0, to: 500, incomplete: false },
  ],
  [
    'ends a duration after its start without one',
    [initStart(0), initReport(501, { metrics: { durationMs: 400 } })],
    { from: 0, to: 400, incomplete: false },
  ],
  [
    'ends with a report without a duration',
    [initStart(0), initReport(501)],
    { from: 0, to: 501, incomplete: false },
  ],
  [
    'never ends before its start',
    [initStart(0), initDone(-5)],
    { from: 0, to: 0, incomplete: false },
  ],
  [
    'begins a duration before its report',
    [initDone(500), initReport(501, { metrics: { durationMs: 400 } })],
    { from: 101, to: 501, incomplete: true },
  ],
  [
    'is a moment at its runtimeDone alone',
    [initDone(500)],
    { from: 500, to: 500, incomplete: true },
  ],
  ['is a moment at its report alone', [initReport(501)], { from: 501, to: 501, incomplete: true }],
  [
    'without a duration begins at its runtimeDone',
    [initDone(500), initReport(501)],
    { from: 500, to: 500, incomplete: true },
  ],
  ['is a moment at its start alone', [initStart(0)], { from: 0, to: 0, incomplete: true }],
])('the span of an init %s', (_, events, { from, to, incomplete }) => {
  expect(spansOf(events)).toMatchObject([{ start: at(from), end: at(to), incomplete }]);
});

it.each([
  [
    'as its report says, the runtime a part of it',
    { doneMs: 100, ms: 237.5, end: 237.5, parts: 1 },
  ],
  ['as its runtime where that took longer', { doneMs: 500, ms: 237.5, end: 500, parts: 0 }],
  [
    'as its report says, in one part if that is no millisecond longer',
    { doneMs: 237, ms: 237.9, end: 237.9, parts: 0 },
  ],
])('the span of an init is as long %s', (_, { doneMs, ms, end, parts }) => {
  const tracker = createTracker();
  const ended = initReport(doneMs + 5, { metrics: { durationMs: ms } });
  feed(tracker, [initStart(0), initDone(doneMs), ended, start(1000), done(1100)]);
  const facts = tracker.settle();
  const [init] = ofKind(facts, 'initialization');
  expect(init).toMatchObject({ start: at(0), end: at(end) });
  const runtime = ofKind(facts, 'childSpans')
    .flatMap(({ children }) => children)
    .filter(({ span }) => span.name === 'initRuntime');
  expect(runtime).toHaveLength(parts);
  for (const { identity, span } of runtime) {
    expect(identity.parentSpanId).toBe(init?.identity.spanId);
    expect(span).toEqual({ name: 'initRuntime', start: at(0), durationMs: doneMs });
  }
});

function definedKeysOf(fact: object = {}): string[] {
  return Object.entries(fact).flatMap(([key, value]) => (value === undefined ? [] : [key]));
}

it('the span of an init waits for its report during one settling', () => {
  const ahead = { initializationType: 'provisioned-concurrency' };
  const tracker = createTracker();
  feed(tracker, [initStart(0, ahead), initDone(500, ahead)]);
  expect(ofKind(tracker.settle(), 'initialization')).toEqual([]);
  expect(ofKind(tracker.settle(), 'initialization')).toMatchObject([{ end: at(500) }]);
});

it('the span of an init with a start alone ends where the invocation begins that waited for it', () => {
  const [span] = spansOf([initStart(-600), start(0), done(100)]);
  expect(span).toMatchObject({ start: at(-600), end: at(0), incomplete: true });
});

it('the span of an init does not begin before 1970', () => {
  const report = (durationMs: number): Initialization => ({
    name: 'init',
    emitted: new Set(),
    waits: 0,
    report: { type: 'platform.initReport', time: [5, 0], metrics: { durationMs } },
  });
  expect(initStartTimeOf(report(5000))).toEqual([0, 0]);
  expect(initStartTimeOf(report(5001))).toEqual([5, 0]);
});

it('the span of an init says what its events say and nothing of what they do not', () => {
  const [bare] = spansOf([initStart(0), initDone(500)]);
  expect(definedKeysOf(bare).sort()).toEqual(
    [
      'coldStart',
      'end',
      'identity',
      'incomplete',
      'isError',
      'kind',
      'name',
      'phase',
      'start',
    ].sort(),
  );
  const runtime = { runtimeVersion: 'v', runtimeVersionArn: 'arn', instanceMaxMemory: 5 };
  const failed = { ...ahead, status: 'error', errorType: 'Runtime.Unknown' };
  expect(spansOf([initStart(0, { ...ahead, ...runtime }), initDone(500, failed)])).toMatchObject([
    { ...runtime, ...failed, coldStart: false },
  ]);
});

it('the span of an init has the worse of two statuses', () => {
  const events = [initDone(500, { status: 'success' }), initReport(501, { status: 'timeout' })];
  expect(spansOf([initStart(0), ...events])).toMatchObject([
    { status: 'timeout', errorType: 'timeout' },
  ]);
});

it.each([
  ['error', 'error'],
  ['failure', 'failure'],
  ['timeout', 'timeout'],
])(
  'a failed initialization with the status %s counts once as an error of its phase',
  (status, errorType) => {
    const facts = factsOf([initStart(0), initDone(500, { status }), initReport(501, { status })]);
    expect(ofKind(facts, 'outcome')).toStrictEqual([
      { kind: 'outcome', outcome: 'error', phase: 'init', errorType, time: at(500) },
    ]);
  },
);

it('a failed initialization counts once, however often its events are looked at', () => {
  const failed = { ...ahead, status: 'error' };
  const facts = factsOf([initStart(0, ahead), initDone(500, failed), initReport(501, failed)]);
  expect(ofKind(facts, 'outcome')).toHaveLength(1);
});

it('a failed initialization may be known by its report alone', () => {
  const failed = { status: 'error', errorType: 'Runtime.ExitError' };
  const facts = factsOf([
    initStart(0),
    initDone(500, { status: 'success' }),
    initReport(501, failed),
  ]);
  expect(ofKind(facts, 'outcome')).toMatchObject([
    { errorType: 'Runtime.ExitError', time: at(501) },
  ]);
});

it('a failed initialization may be a restore', () => {
  const facts = factsOf([
    wire(0, 'platform.restoreStart', {}),
    wire(10, 'platform.restoreRuntimeDone', { status: 'error' }),
  ]);
  expect(ofKind(facts, 'outcome')).toMatchObject([{ phase: 'restore', outcome: 'error' }]);
});

it('an init ahead of requests says at once what its events bring, each once, and its span with its report', () => {
  const tracker = createTracker();
  const kindsAfter = (event: WireEvent) => {
    feed(tracker, [event]);
    return tracker.settle().map(({ kind }) => kind);
  };
  expect(kindsAfter(initStart(0, ahead))).toEqual(['platformLog']);
  expect(kindsAfter(initDone(500, ahead))).toEqual(['platformLog']);
  expect(kindsAfter(initReport(501, ahead))).toEqual([
    'initReport',
    'platformLog',
    'initialization',
  ]);
  expect(kindsAfter(initReport(501, ahead))).toEqual([]);
  expect(tracker.settle(ENDING)).toEqual([]);
});

it('an init ahead of requests may end with its report', () => {
  const tracker = createTracker();
  feed(tracker, [initStart(0, ahead), initReport(501, ahead)]);
  expect(tracker.settle().map(({ kind }) => kind)).toEqual([
    'platformLog',
    'initReport',
    'platformLog',
    'initialization',
  ]);
});

it('an init ahead of requests is a root by the instance, or by the environment where the event names none', () => {
  const rootOf = (instanceId: string) =>
    toRootIdentity('init', { instanceId, startTime: at(0) }, sha256);
  const named = { ...ahead, instanceId: 'i-1' };
  expect(spansOf([initStart(0, named), initDone(500, ahead)])[0]?.identity).toEqual(rootOf('i-1'));
  expect(spansOf([initStart(0, ahead), initDone(500, ahead)])[0]?.identity).toEqual(
    rootOf('environment'),
  );
});

it('an init ahead of requests has the spans of its events as children', () => {
  const spans = [{ name: 'load', start: '2026-03-02T08:15:00.000Z', durationMs: 5 }];
  const facts = factsOf([initStart(0, ahead), initDone(500, { ...ahead, spans })]);
  const [parent] = ofKind(facts, 'initialization');
  expect(ofKind(facts, 'childSpans')).toMatchObject([
    {
      children: [{ span: { name: 'load' }, identity: { parentSpanId: parent?.identity.spanId } }],
    },
  ]);
});

it('an init ahead of requests has its type in the figures of its report', () => {
  const facts = factsOf([initStart(0, ahead), initReport(501, { phase: 'init' })]);
  expect(ofKind(facts, 'initReport')).toMatchObject([
    { initializationType: 'provisioned-concurrency' },
  ]);
  const [typeless] = ofKind(factsOf([initStart(0), initReport(501)]), 'initReport');
  expect(definedKeysOf(typeless)).toEqual(['kind', 'event']);
});

it('an init that an invocation waited for names the request in its log lines', () => {
  const logs = ofKind(factsOf([...init(-600), start(0), done(100)]), 'platformLog');
  expect(logs.map(({ requestId }) => requestId)).toEqual(logs.map(() => REQUEST));
});

it('an init that an invocation waited for names none while it is alone', () => {
  const logs = ofKind(factsOf(init(-600)), 'platformLog');
  expect(logs.map(({ requestId }) => requestId)).toEqual([undefined, undefined, undefined]);
});

it('an init that an invocation waited for is no restore', () => {
  const facts = factsOf([...init(-600), start(0), done(100), report(101)]);
  expect(ofKind(facts, 'report')).toMatchObject([{ restoreWasReported: false }]);
});

const childOf = (facts: ReturnType<typeof factsOf>, name: string, ordinal: number) => {
  const [invocation] = ofKind(facts, 'invocation');
  if (invocation === undefined) throw new Error('expected an invocation');
  return toChildIdentity(invocation.identity, { name, ordinal }, sha256);
};

it('several initializations of one invocation are numbered in the order of their times', () => {
  const facts = factsOf([...init(-600, { phase: 'invoke' }), ...init(-2000), start(0), done(100)]);
  expect(ofKind(facts, 'initialization').map(({ phase, identity }) => [phase, identity])).toEqual([
    ['init', childOf(facts, 'init', 0)],
    ['invoke', childOf(facts, 'init', 1)],
  ]);
});

it('several initializations of one invocation share no id when the earlier one comes to light after the later one left', () => {
  const tracker = createTracker();
  feed(tracker, [...init(-600, { phase: 'invoke' }), start(0), done(100)]);
  const facts = tracker.settle();
  feed(tracker, init(-2000));
  facts.push(...tracker.settle());
  expect(ofKind(facts, 'initialization').map(({ phase, identity }) => [phase, identity])).toEqual([
    ['invoke', childOf(facts, 'init', 0)],
    ['init', childOf(facts, 'init', 1)],
  ]);
});

it('several initializations of one invocation are numbered by name', () => {
  const restore = [
    wire(-300, 'platform.restoreStart', {}),
    wire(-10, 'platform.restoreReport', {}),
  ];
  const facts = factsOf([...init(-2000), ...restore, start(0), done(100)]);
  expect(ofKind(facts, 'initialization').map(({ identity }) => identity)).toEqual([
    childOf(facts, 'init', 0),
    childOf(facts, 'restore', 0),
  ]);
});

it('several initializations of one invocation are numbered for each invocation', () => {
  const facts = factsOf([
    ...init(-600),
    start(0),
    done(100),
    ...init(1000, { phase: 'invoke' }),
    start(2000, OTHER),
    done(2100, OTHER),
  ]);
  const invocations = ofKind(facts, 'invocation');
  const ordinal = { name: 'init', ordinal: 0 };
  expect(ofKind(facts, 'initialization').map(({ identity }) => identity)).toEqual(
    invocations.map(({ identity }) => toChildIdentity(identity, ordinal, sha256)),
  );
});

const restore = (ms: number) => [
  wire(ms, 'platform.restoreStart', {}),
  wire(ms + 90, 'platform.restoreReport', { metrics: { durationMs: 90 } }),
];

it('the figures of a restore come with its report, and the invocation knows of it', () => {
  const facts = factsOf([...restore(-100), start(0), done(100), report(101)]);
  expect(ofKind(facts, 'restoreReport')).toMatchObject([{ event: { time: at(-10) } }]);
  expect(ofKind(facts, 'initReport')).toEqual([]);
  expect(ofKind(facts, 'report')).toMatchObject([{ restoreWasReported: true }]);
});

it('the figures of a restore are known from one of several restores', () => {
  const facts = factsOf([...restore(-100), ...restore(-3000).slice(0, 1), start(0), report(101)]);
  expect(ofKind(facts, 'report')).toMatchObject([{ restoreWasReported: true }]);
});

it('the figures of a restore are missing where it was not reported', () => {
  const facts = factsOf([...restore(-100).slice(0, 1), start(0), done(100), report(101)]);
  expect(ofKind(facts, 'report')).toMatchObject([
    { restoreWasReported: false, event: { requestId: REQUEST } },
  ]);
});

const fromSnapshot = (fields: object) => {
  const tracker = createTracker();
  feed(tracker, [initStart(0, fields), initDone(500, fields), initReport(501, fields)]);
  return ofKind(tracker.settle(ENDING), 'initialization').map(
    ({ identity }) => identity.fromSnapshot,
  );
};

it.each([
  [{ initializationType: 'snap-start' }, true],
  [{ initializationType: 'snap-start', phase: 'invoke' }, undefined],
  [{ initializationType: 'provisioned-concurrency' }, undefined],
  [{ initializationType: 'on-demand' }, undefined],
])(
  'an init of a SnapStart snapshot is told apart from one of the environment: %j',
  (fields, expected) => {
    expect(fromSnapshot(fields)).toEqual([expected]);
  },
);
