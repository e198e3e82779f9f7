import type { Fact } from '../../src/invocation/fact';
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
import type { TestLine } from './scenario';

const OTHER = '11111111-2222-4333-8444-555555555555';
const ENDING = { reason: 'spindown', time: at(60_000) };
const outcomes = (facts: readonly Fact<TestLine>[]) =>
  ofKind(facts, 'outcome').map(({ outcome, errorType }) =>
    errorType === undefined ? outcome : `${outcome} ${errorType}`,
  );

it('an invocation leaves at runtimeDone; the report of later adds its parts to the same span', () => {
  const tracker = createTracker();
  feed(tracker, [start(0), done(100)]);
  const first = tracker.settle();
  feed(tracker, [report(101)]);
  const second = tracker.settle();

  const [invocation] = ofKind(first, 'invocation');
  expect(invocation).toMatchObject({ start: at(0), end: at(100), incomplete: false });
  expect(ofKind(first, 'childSpans')[0]?.children.map(({ span }) => span.name)).toEqual([
    'responseLatency',
    'responseDuration',
    'runtimeOverhead',
  ]);
  expect(ofKind(second, 'invocation')).toEqual([]);
  const [overhead] = ofKind(second, 'childSpans')[0]?.children ?? [];
  expect(overhead?.identity.parentSpanId).toBe(invocation?.identity.spanId);
  expect(overhead?.identity.traceId).toBe(invocation?.identity.traceId);
  expect(outcomes([...first, ...second])).toEqual(['success']);
});

it('an invocation is emitted once, however often its events come', () => {
  const tracker = createTracker();
  const events = [start(0), done(100), report(101)];
  feed(tracker, [...events, ...events]);
  const facts = [...tracker.settle()];
  feed(tracker, events);
  facts.push(...tracker.settle(), ...tracker.settle(ENDING));
  expect(ofKind(facts, 'invocation')).toHaveLength(1);
  expect(ofKind(facts, 'runtimeDone')).toHaveLength(1);
  expect(ofKind(facts, 'report')).toHaveLength(1);
  expect(ofKind(facts, 'platformLog')).toHaveLength(3);
  expect(outcomes(facts)).toEqual(['success']);
});

it('an invocation waits for a start that comes in a later batch', () => {
  const tracker = createTracker();
  feed(tracker, [done(100), report(101)]);
  expect(ofKind(tracker.settle(), 'invocation')).toEqual([]);
  feed(tracker, [start(0)]);
  const [invocation] = ofKind(tracker.settle(), 'invocation');
  expect(invocation).toMatchObject({ start: at(0), end: at(100), incomplete: false });
});

it('an invocation whose start never comes is derived from its end, flagged incomplete', () => {
  const tracker = createTracker();
  feed(tracker, [start(-500, OTHER), done(-400, OTHER), done(100)]);
  tracker.settle();
  const [invocation] = ofKind(tracker.settle(), 'invocation');
  expect(invocation).toMatchObject({
    requestId: REQUEST,
    start: at(0),
    end: at(100),
    incomplete: true,
  });
});

it('an invocation without a runtimeDone ends with its report, one settling later', () => {
  const tracker = createTracker();
  feed(tracker, [start(0), report(130, REQUEST, { status: 'error' })]);
  expect(ofKind(tracker.settle(), 'invocation')).toEqual([]);
  const facts = tracker.settle();
  expect(ofKind(facts, 'invocation')[0]).toMatchObject({ end: at(101), status: 'error' });
  expect(ofKind(facts, 'report')[0]?.endsInvocation).toBe(true);
  expect(outcomes(facts)).toEqual(['error error']);
});

it('an invocation is measured once when its report comes before its runtimeDone, over three settlings', () => {
  const tracker = createTracker();
  const facts: Fact<TestLine>[] = [];
  for (const event of [start(0), report(104), done(99)]) {
    feed(tracker, [event]);
    facts.push(...tracker.settle());
  }
  facts.push(...tracker.settle(ENDING));
  expect(ofKind(facts, 'runtimeDone')).toHaveLength(1);
  expect(ofKind(facts, 'report').map(({ endsInvocation }) => endsInvocation)).toEqual([false]);
  expect(ofKind(facts, 'invocation')[0]).toMatchObject({ end: at(99) });
});

it('an invocation counts the exceptions that it does not keep', () => {
  const tracker = createTracker();
  const lines = Array.from({ length: 20 }, (_, ms) =>
    line(ms, 'x', { exception: { time: at(ms), type: 'E' } }),
  );
  feed(tracker, [start(0), ...lines, done(100)]);
  const [invocation] = ofKind(tracker.settle(), 'invocation');
  expect(invocation?.exceptions).toHaveLength(8);
  expect(invocation?.droppedExceptions).toBe(12);
});

it('an invocation that times out after its success counts as both, with the worse status on the span', () => {
  const tracker = createTracker();
  feed(tracker, [start(0), done(100), report(3000, REQUEST, { status: 'timeout' })]);
  const facts = tracker.settle();
  expect(outcomes(facts)).toEqual(['success', 'timeout timeout']);
  expect(ofKind(facts, 'invocation')[0]).toMatchObject({
    status: 'timeout',
    errorType: 'timeout',
  });
});

it.each([
  ['timeout', 'timeout timeout'],
  ['Timeout', 'timeout timeout'],
  ['failure', 'error failure'],
])('an invocation open at SHUTDOWN for %s is closed with that', (reason, expected) => {
  const tracker = createTracker();
  feed(tracker, [start(0)]);
  const facts = tracker.settle({ reason, time: at(3000) });
  expect(ofKind(facts, 'invocation')[0]).toMatchObject({ incomplete: true, end: at(3000) });
  expect(outcomes(facts)).toEqual([expected]);
});

it('an invocation open at any other SHUTDOWN is incomplete and no outcome', () => {
  const tracker = createTracker();
  feed(tracker, [start(0)]);
  const facts = tracker.settle(ENDING);
  expect(ofKind(facts, 'invocation')[0]).toMatchObject({
    incomplete: true,
    errorType: 'incomplete',
  });
  expect(outcomes(facts)).toEqual([]);
});

it('an invocation that reuses a requestId is another invocation with another span id', () => {
  const tracker = createTracker();
  feed(tracker, [start(0), done(100), report(101)]);
  feed(tracker, [start(60_000), done(60_100), report(60_101)]);
  const facts = tracker.settle();
  const spans = ofKind(facts, 'invocation');
  expect(spans.map((fact) => fact.start)).toEqual([at(0), at(60_000)]);
  expect(new Set(spans.map((fact) => fact.identity.spanId)).size).toBe(2);
  expect(ofKind(facts, 'report')).toHaveLength(2);
});

it('an invocation takes the trace context of INVOKE where the start has none', () => {
  const tracker = createTracker();
  tracker.invoke({
    requestId: REQUEST,
    deadlineMs: 0,
    tracingValue: 'Root=1-6740aa11-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=0',
  });
  feed(tracker, [start(0), done(100)]);
  expect(ofKind(tracker.settle(), 'invocation')[0]?.identity).toEqual({
    traceId: '6740aa110123456789abcdef01234567',
    spanId: '53995c3f42cd8ad8',
    sampled: false,
  });
});

it('an invocation with SPAN_AT=report waits for the report and ends with it', () => {
  const tracker = createTracker({ spanAt: 'report' });
  feed(tracker, [start(0), done(100)]);
  expect(ofKind(tracker.settle(), 'invocation')).toEqual([]);
  feed(tracker, [report(101)]);
  expect(ofKind(tracker.settle(), 'invocation')[0]).toMatchObject({ end: at(101) });
});

it('an invocation with SPAN_AT=report leaves at SHUTDOWN when no report came', () => {
  const tracker = createTracker({ spanAt: 'report' });
  feed(tracker, [start(0), done(100)]);
  tracker.settle();
  expect(ofKind(tracker.settle(ENDING), 'invocation')[0]).toMatchObject({
    end: at(100),
    incomplete: false,
    status: 'success',
  });
});

it('on demand, the init is a child of the first invocation, which is the cold start', () => {
  const tracker = createTracker();
  feed(tracker, init(-600));
  expect(tracker.settle()).toEqual([]);
  feed(tracker, [start(0), done(100)]);
  const facts = tracker.settle();
  const [invocation] = ofKind(facts, 'invocation');
  const [span] = ofKind(facts, 'initialization');
  expect(invocation?.coldStart).toBe(true);
  expect(span).toMatchObject({ name: 'init', start: at(-600), end: at(-99), coldStart: true });
  expect(span?.identity).toMatchObject({
    traceId: invocation?.identity.traceId,
    parentSpanId: invocation?.identity.spanId,
  });
  expect(ofKind(facts, 'coldStart')).toEqual([
    { kind: 'coldStart', initializationType: 'on-demand', time: at(0) },
  ]);
  feed(tracker, [start(200, OTHER), done(300, OTHER)]);
  const second = tracker.settle();
  expect(ofKind(second, 'invocation')[0]?.coldStart).toBe(false);
  expect(ofKind(second, 'coldStart')).toEqual([]);
});

it.each(['provisioned-concurrency', 'snap-start', 'lambda-managed-instances'])(
  'with %s, the init has its own trace at once, the first invocation links to it and is not cold',
  (initializationType) => {
    const tracker = createTracker();
    feed(tracker, init(-7_200_000, { initializationType }));
    const facts = tracker.settle();
    const [span] = ofKind(facts, 'initialization');
    expect(span?.identity.parentSpanId).toBeUndefined();
    expect(span).toMatchObject({ start: at(-7_200_000), end: at(-7_199_499), coldStart: false });
    feed(tracker, [start(0), done(100), report(101)]);
    const [invocation] = ofKind(tracker.settle(), 'invocation');
    expect(invocation?.coldStart).toBe(false);
    expect(invocation?.links).toEqual([span?.identity]);
    expect(invocation?.identity.traceId).not.toBe(span?.identity.traceId);
  },
);

it('initializations a restore is a child of the first invocation after it, a cold start', () => {
  const tracker = createTracker();
  feed(tracker, [
    wire(-300, 'platform.restoreStart', {}),
    wire(-10, 'platform.restoreRuntimeDone', { status: 'success' }),
    wire(-9, 'platform.restoreReport', { status: 'success', metrics: { durationMs: 291 } }),
    start(0),
    done(100),
  ]);
  const facts = tracker.settle();
  const [restore] = ofKind(facts, 'initialization');
  expect(restore).toMatchObject({ name: 'restore', start: at(-300), end: at(-9) });
  expect(restore?.identity.parentSpanId).toBe(ofKind(facts, 'invocation')[0]?.identity.spanId);
  expect(ofKind(facts, 'coldStart')[0]?.initializationType).toBe('snap-start');
});

it('initializations an init that fails and is repeated inside the first invocation gives two spans, one cold start', () => {
  const tracker = createTracker();
  const failed = { status: 'error', errorType: 'Runtime.ExitError' };
  feed(tracker, [...init(-2000, failed), ...init(-600, { phase: 'invoke' }), start(0), done(100)]);
  const facts = tracker.settle();
  const spans = ofKind(facts, 'initialization');
  expect(spans.map(({ phase, status }) => [phase, status])).toEqual([
    ['init', 'error'],
    ['invoke', 'success'],
  ]);
  expect(new Set(spans.map(({ identity }) => identity.spanId)).size).toBe(2);
  expect(ofKind(facts, 'coldStart')).toHaveLength(1);
  expect(ofKind(facts, 'outcome').filter(({ outcome }) => outcome === 'error')).toEqual([
    expect.objectContaining({ phase: 'init', errorType: 'Runtime.ExitError' }),
  ]);
});

it('an init without initStart begins its duration before the report', () => {
  const tracker = createTracker();
  feed(tracker, [...init(-600).slice(1), start(0), done(100)]);
  tracker.settle();
  const [span] = ofKind(tracker.settle(), 'initialization');
  expect(span).toMatchObject({ start: at(-600), end: at(-99), incomplete: true });
});

it('an init that no invocation follows leaves alone at SHUTDOWN', () => {
  const tracker = createTracker();
  feed(tracker, init(-600));
  tracker.settle();
  const facts = tracker.settle(ENDING);
  expect(ofKind(facts, 'initialization')[0]?.identity.parentSpanId).toBeUndefined();
  expect(ofKind(facts, 'coldStart')).toEqual([]);
});

it('an init with neither runtimeDone nor report leaves at SHUTDOWN incomplete', () => {
  const tracker = createTracker();
  feed(tracker, init(-600).slice(0, 1));
  tracker.settle();
  expect(ofKind(tracker.settle(ENDING), 'initialization')[0]).toMatchObject({ incomplete: true });
});

const dropped = (ms: number, droppedRecords: number, droppedBytes: number) =>
  wire(ms, 'platform.logsDropped', { reason: 'slow', droppedRecords, droppedBytes });

it('logsDropped counts the increase of running totals; a smaller total starts anew; a duplicate adds nothing', () => {
  const tracker = createTracker();
  feed(tracker, [
    dropped(10, 6169, 555_210),
    dropped(0, 3005, 270_450),
    dropped(10, 6169, 555_210),
  ]);
  feed(tracker, [dropped(20, 100, 9000)]);
  const facts = tracker.settle();
  expect(ofKind(facts, 'logsDropped').map(({ records, bytes }) => [records, bytes])).toEqual([
    [3005, 270_450],
    [3164, 284_760],
    [100, 9000],
  ]);
  expect(ofKind(facts, 'platformLog')).toHaveLength(3);
});

it('logsDropped with totals missing says what it has: a missing total is no 0, and each event is a log line', () => {
  const tracker = createTracker();
  feed(tracker, [
    wire(0, 'platform.logsDropped', { droppedRecords: 3005, droppedBytes: 9 }),
    wire(1, 'platform.logsDropped', {}),
    wire(2, 'platform.logsDropped', { droppedRecords: 6169, droppedBytes: null }),
    wire(3, 'platform.logsDropped', { droppedRecords: 6169, droppedBytes: 12 }),
  ]);
  const facts = tracker.settle();
  expect(ofKind(facts, 'logsDropped').map(({ records, bytes }) => [records, bytes])).toEqual([
    [3005, 9],
    [3164, 0],
    [0, 3],
  ]);
  expect(ofKind(facts, 'platformLog')).toHaveLength(4);
});

it('a request knows the end of a request that came before its INVOKE, and waits anew for a retry', () => {
  const tracker = createTracker();
  feed(tracker, [start(0), done(100)]);
  expect(tracker.isDone(REQUEST)).toBe(true);
  tracker.invoke({ requestId: REQUEST, deadlineMs: 0 });
  expect(tracker.isDone(REQUEST)).toBe(true);
  tracker.invoke({ requestId: REQUEST, deadlineMs: 0 });
  expect(tracker.isDone(REQUEST)).toBe(false);
  feed(tracker, [start(60_000), done(60_100)]);
  expect(tracker.isDone(REQUEST)).toBe(true);
  expect(tracker.isDone(OTHER)).toBe(false);
});

it('a request takes what INVOKE says of it after its start was settled, for its end and at a timeout', () => {
  const invoke = {
    requestId: REQUEST,
    deadlineMs: at(0)[0] * 1000 + 3_000,
    invokedFunctionArn: 'arn',
  };
  const ends = [() => [done(100)], () => []].map((events) => {
    const tracker = createTracker();
    feed(tracker, [start(0)]);
    tracker.settle();
    tracker.invoke(invoke);
    feed(tracker, events());
    const [span] = ofKind(tracker.settle({ reason: 'timeout', time: at(9_000) }), 'invocation');
    return [span?.functionArn, span?.end];
  });
  expect(ends).toEqual([
    ['arn', at(100)],
    ['arn', at(3_000)],
  ]);
});
