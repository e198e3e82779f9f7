// Which invocation waited for an initialization, and which is only linked to it.
import { REQUEST, at, createTracker, done, feed, init, ofKind, report, start } from './scenario';
import type { WireEvent } from './scenario';

const OTHER = '11111111-2222-4333-8444-555555555555';
const repeated = init(-600, { phase: 'invoke' });

/** The requests whose invocations waited for an initialization. */
function coldOnes(events: readonly WireEvent[]): string[] {
  const tracker = createTracker();
  feed(tracker, events);
  const facts = [...tracker.settle(), ...tracker.settle()];
  return ofKind(facts, 'invocation')
    .filter(({ coldStart }) => coldStart)
    .map(({ requestId }) => requestId);
}

it.each([
  ['that begins after it', [start(-100), done(0)]],
  ['that begins with it', [start(-600), done(0)]],
])('a cold start is the invocation %s', (_, events) => {
  expect(coldOnes([...init(-600), ...events, start(200, OTHER), done(300, OTHER)])).toEqual([
    REQUEST,
  ]);
});

it('a cold start is no invocation that began before it', () => {
  expect(coldOnes([...init(-600), start(-601), done(0)])).toEqual([]);
});

it('a cold start is the next invocation, though another one was running when it began', () => {
  const events = [start(-1000), done(0), start(200, OTHER), done(300, OTHER)];
  expect(coldOnes([...init(-600), ...events])).toEqual([OTHER]);
});

it.each([
  ['runs by its runtimeDone', [start(-1000), done(0)]],
  ['runs by its report', [start(-1000), report(0)]],
])('a cold start with a repeated init is the invocation that %s', (_, events) => {
  expect(coldOnes([...repeated, ...events, start(200, OTHER), done(300, OTHER)])).toEqual([
    REQUEST,
  ]);
});

it.each([
  ['ended when it began', [start(-1000), done(-600)]],
  ['ended before it', [start(-1000), done(-700)]],
  ['has no end that is known', [start(-1000)]],
])('a cold start with a repeated init is the next when the one before %s', (_, events) => {
  expect(coldOnes([...repeated, ...events, start(200, OTHER), done(300, OTHER)])).toEqual([OTHER]);
});

it('a cold start with a repeated init is the latest of those that ran', () => {
  const events = [start(-2000), done(0), start(-1000, OTHER), done(1, OTHER)];
  expect(coldOnes([...repeated, ...events])).toEqual([OTHER]);
});

it('a cold start with a repeated init is the next when no invocation ran', () => {
  expect(coldOnes([...repeated, start(0), done(100)])).toEqual([REQUEST]);
});

it('a cold start waits for an invocation with a start', () => {
  const tracker = createTracker();
  feed(tracker, [...init(-600), done(0)]);
  expect(ofKind([...tracker.settle(), ...tracker.settle()], 'coldStart')).toEqual([]);
});

it.each([
  ['its start alone', init(-600).slice(0, 1)],
  ['its end alone', init(-600).slice(1, 2)],
])('a cold start is known by %s, which comes after a settling', (_, events) => {
  const tracker = createTracker();
  expect(tracker.settle()).toEqual([]);
  feed(tracker, events);
  tracker.settle();
  tracker.settle();
  feed(tracker, [start(0), done(100)]);
  expect(ofKind(tracker.settle(), 'invocation')).toMatchObject([{ coldStart: true }]);
});

it('a cold start stays with its invocation when an earlier one comes to light', () => {
  const tracker = createTracker();
  feed(tracker, [...init(-600), start(0), done(100)]);
  expect(ofKind(tracker.settle(), 'invocation')).toMatchObject([{ coldStart: true }]);
  feed(tracker, [start(-50, OTHER), done(-10, OTHER)]);
  const facts = tracker.settle();
  expect(ofKind(facts, 'invocation')).toMatchObject([{ requestId: OTHER, coldStart: false }]);
  expect(ofKind(facts, 'coldStart')).toEqual([]);
});

it('a cold start says so in the order of what happened, and nothing else', () => {
  const tracker = createTracker();
  feed(tracker, [...init(-600), start(0), done(100)]);
  expect(tracker.settle().map(({ kind }) => kind)).toEqual([
    'coldStart',
    'platformLog',
    'runtimeDone',
    'platformLog',
    'outcome',
    'childSpans',
    'invocation',
    'platformLog',
    'platformLog',
    'initReport',
    'platformLog',
    'initialization',
    'childSpans',
  ]);
});

it('a cold start is counted once, and a second one says nothing of itself', () => {
  const tracker = createTracker();
  feed(tracker, [...init(-600), ...repeated.map((event) => ({ ...event })), start(0)]);
  const kinds = tracker.settle().map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind === 'coldStart')).toHaveLength(1);
  expect(kinds).not.toContain(undefined);
});

it('a cold start is not counted after a restart that was counted before, and says nothing', () => {
  const tracker = createTracker({ handover: { coldStartCounted: true, invocations: [] } });
  feed(tracker, [...repeated, start(0)]);
  const kinds = tracker.settle().map(({ kind }) => kind);
  expect(kinds.slice(0, 2)).toEqual(['platformLog', 'platformLog']);
});

it('a cold start is of the type that the environment names, else on demand', () => {
  const typeless = init(-600, { initializationType: undefined });
  const typesOf = (initializationType?: string) => {
    const tracker = createTracker(initializationType === undefined ? {} : { initializationType });
    feed(tracker, [...typeless, start(0)]);
    return ofKind(tracker.settle(), 'coldStart');
  };
  const coldStart = { kind: 'coldStart', initializationType: 'on-demand', time: at(0) };
  expect(typesOf()).toEqual([coldStart]);
  expect(typesOf('on-demand')).toEqual([coldStart]);
  expect(typesOf('provisioned-concurrency')).toEqual([]);
});

it('a cold start was counted by the process before, of which a report tells', () => {
  const tracker = createTracker();
  expect(tracker.handover().coldStartCounted).toBe(false);
  feed(tracker, [report(-1000)]);
  tracker.settle();
  tracker.settle();
  expect(tracker.handover().coldStartCounted).toBe(true);
  feed(tracker, [...repeated, start(0, OTHER)]);
  expect(ofKind(tracker.settle(), 'coldStart')).toEqual([]);
});

it('an init that nobody waited for is linked to the first invocation, once', () => {
  const tracker = createTracker();
  feed(tracker, [...init(-600, { initializationType: 'snap-start' }), start(0)]);
  const [initialization] = ofKind(tracker.settle(), 'initialization');
  tracker.settle();
  feed(tracker, [done(100), start(200, OTHER), done(300, OTHER)]);
  const links = ofKind(tracker.settle(), 'invocation').map((invocation) => invocation.links);
  expect(links).toEqual([[initialization?.identity], []]);
  expect(tracker.handover().coldStartCounted).toBe(false);
});
