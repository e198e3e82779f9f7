// Whose a log line is by its time alone, to the millisecond.
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
import type { TestLine, WireEvent } from './scenario';

const OTHER = '11111111-2222-4333-8444-555555555555';
const ENDING = { reason: 'spindown', time: at(60_000) };

/** Whose the line is when the environment ends: a request, `init`, or nobody's. */
function ownerOf(events: readonly WireEvent[], subject: TestLine, options = {}) {
  const tracker = createTracker(options);
  feed(tracker, [...events, subject]);
  const facts = tracker.settle(ENDING);
  const owners = [
    ...ofKind(facts, 'invocation').map(({ requestId, identity }) => [identity, requestId] as const),
    ...ofKind(facts, 'initialization').map(({ identity }) => [identity, 'init'] as const),
  ];
  const [fact] = ofKind(facts, 'line');
  return owners.find(([identity]) => identity.spanId === fact?.identity?.spanId)?.[1];
}

it.each([
  ['of nobody before the start', -1, undefined],
  ['of the invocation at its start', 0, REQUEST],
  ['of it a little after its report', 106, REQUEST],
  ['of nobody after that', 107, undefined],
])('a line without a requestId is %s', (_, ms, expected) => {
  expect(ownerOf([start(0), done(100), report(101)], line(ms, 'x'))).toBe(expected);
});

it.each([
  ['of the invocation at its runtimeDone', 100, REQUEST],
  ['of it until another begins', 199, REQUEST],
  ['of the other from its start', 200, OTHER],
])('a line without a requestId is %s', (_, ms, expected) => {
  expect(ownerOf([start(0), done(100), start(200, OTHER)], line(ms, 'x'))).toBe(expected);
});

it.each([
  ['of nobody while two run', 50, undefined],
  ['of the one that is left', 110, OTHER],
  ['of the one that is left when it has its runtimeDone', 250, OTHER],
])('a line without a requestId is %s', (_, ms, expected) => {
  const events = [start(0), start(10, OTHER), report(100), done(200, OTHER)];
  expect(ownerOf(events, line(ms, 'x'))).toBe(expected);
});

it('a line without a requestId is of nobody when one invocation ends as another begins', () => {
  const events = [start(0), done(100), start(100, OTHER)];
  expect(ownerOf(events, line(100, 'x'))).toBeUndefined();
  expect(ownerOf(events, line(101, 'x'))).toBe(OTHER);
});

it('a line without a requestId is of the latest invocation where they never overlap', () => {
  const options = { initializationType: 'on-demand' };
  const events = [start(0), start(100, OTHER)];
  expect(ownerOf(events, line(99, 'x'), options)).toBe(REQUEST);
  expect(ownerOf(events, line(100, 'x'), options)).toBe(OTHER);
  expect(ownerOf([...events, report(150, OTHER)], line(200, 'x'), options)).toBeUndefined();
});

it('a line without a requestId is of no invocation whose start never came', () => {
  expect(ownerOf([done(100)], line(50, 'x'))).toBeUndefined();
});

it('a line without a requestId is of an invocation that is open for as long as nothing ends it', () => {
  expect(ownerOf([start(0)], line(50_000, 'x'))).toBe(REQUEST);
  expect(ownerOf([start(0), done(100)], line(50_000, 'x'))).toBe(REQUEST);
});

const twice = [start(0), done(100), report(101), start(1000), done(1100), report(1101)];
const thrice = [...twice, start(2000), done(2100), report(2101)];
const named = (ms: number) => line(ms, 'x', { requestId: REQUEST });
const startOf = (ms: number, events: readonly WireEvent[] = twice) => {
  const tracker = createTracker();
  feed(tracker, [...events, named(ms)]);
  const facts = tracker.settle(ENDING);
  const [fact] = ofKind(facts, 'line');
  return ofKind(facts, 'invocation').find(
    ({ identity }) => identity.spanId === fact?.identity?.spanId,
  )?.start;
};

it.each([
  [-5, 0],
  [0, 0],
  [999, 0],
  [1000, 1000],
  [5000, 1000],
])('a line that names a request is at %i of the invocation that began at %i', (ms, expected) => {
  expect(startOf(ms)).toEqual(at(expected));
});

it('a line that names a request is of the latest of three', () => {
  expect(startOf(5000, thrice)).toEqual(at(2000));
});

it('a line that names a request is of the only invocation, whatever the time', () => {
  expect(startOf(-5, twice.slice(0, 3))).toEqual(at(0));
  expect(startOf(5000, twice.slice(0, 3))).toEqual(at(0));
});

it('a line that names a request is of no init, though that ran at its time', () => {
  expect(ownerOf(init(-600), named(-300))).toBeUndefined();
});

it.each([
  ['of nobody before it', -601, undefined],
  ['of it at its start', -600, 'init'],
  ['of it at its report', -99, 'init'],
  ['of it a little later', -94, 'init'],
  ['of nobody after that', -93, undefined],
])('a line around an init is %s', (_, ms, expected) => {
  expect(ownerOf(init(-600), line(ms, 'x'))).toBe(expected);
});

it.each([
  ['a little after its runtimeDone', -95, 'init'],
  ['no longer after that', -94, undefined],
])('a line around an init is of it without a report: %s', (_, ms, expected) => {
  expect(ownerOf(init(-600).slice(0, 2), line(ms, 'x'))).toBe(expected);
});

it('a line around an init is of it for as long as nothing ends it', () => {
  expect(ownerOf(init(-600).slice(0, 1), line(50_000, 'x'))).toBe('init');
});

it.each([
  ['before both begin', 0, 'init'],
  ['as they begin', 1, undefined],
  ['once they have begun', 2, undefined],
])('a line around an init is a little after its end, %s with two requests', (_, ms, expected) => {
  const managed = { initializationType: 'lambda-managed-instances' };
  const events = [...init(-502, managed), start(1), start(1, OTHER)];
  expect(ownerOf(events, line(ms, 'x'))).toBe(expected);
});

it.each([
  ['of nobody when requests begin as it ends', 0, undefined],
  ['of it when they began before it ended', -1, 'init'],
])('a line around an init is %s', (_, startMs, expected) => {
  const managed = { initializationType: 'lambda-managed-instances' };
  const events = [...init(-501, managed), start(startMs), start(startMs, OTHER)];
  expect(ownerOf(events, line(1, 'x'))).toBe(expected);
  expect(ownerOf(events, line(0, 'x'))).toBe('init');
});

const exception = { time: at(0), type: 'E' };

it('lines wait one settling for a request that nobody knows', () => {
  const tracker = createTracker();
  const settle = () => ofKind(tracker.settle(), 'line').map(({ line: { text } }) => text);
  feed(tracker, [line(5, 'a', { requestId: REQUEST })]);
  expect(settle()).toEqual([]);
  feed(tracker, [line(6, 'b', { requestId: OTHER }), line(7, 'c', { requestId: OTHER })]);
  expect(settle()).toEqual(['a']);
  expect(settle()).toEqual(['b', 'c']);
  expect(settle()).toEqual([]);
});

it('lines that wait leave at once when the environment ends, with their error and nobody to give it to', () => {
  const tracker = createTracker();
  feed(tracker, [line(5, 'a', { requestId: REQUEST, exception }), line(6, 'b', { exception })]);
  const facts = tracker.settle(ENDING);
  expect(facts).toMatchObject([{ line: { text: 'a' } }, { line: { text: 'b' } }]);
  expect(tracker.settle(ENDING)).toEqual([]);
});

it('lines wait one settling for a first request', () => {
  const tracker = createTracker();
  feed(tracker, [line(5, 'a')]);
  expect(tracker.settle()).toEqual([]);
  feed(tracker, [start(0)]);
  expect(ofKind(tracker.settle(), 'line')).toMatchObject([{ requestId: REQUEST }]);
});

it('lines wait no longer than one settling for a first request, and not at all once a request is known', () => {
  const tracker = createTracker();
  feed(tracker, [line(5, 'a')]);
  tracker.settle();
  expect(ofKind(tracker.settle(), 'line')).toMatchObject([{ requestId: undefined }]);
  feed(tracker, [start(10), line(6, 'b')]);
  expect(ofKind(tracker.settle(), 'line')).toMatchObject([{ requestId: undefined }]);
});

it('lines wait for as long as it takes for the trace of their init', () => {
  const tracker = createTracker();
  feed(tracker, [...init(-600), line(-300, 'a')]);
  for (let settling = 0; settling < 4; settling += 1) expect(tracker.settle()).toEqual([]);
  feed(tracker, [start(0)]);
  const facts = tracker.settle();
  const [initialization] = ofKind(facts, 'initialization');
  expect(ofKind(facts, 'line')).toMatchObject([{ identity: initialization?.identity }]);
});

it.each([
  [1000, 0],
  [1001, 1],
])('no more than a thousand lines wait: of %i leave %i', (count, leaving) => {
  const tracker = createTracker();
  feed(tracker, [...init(-600), ...Array.from({ length: count }, () => line(-300, 'a'))]);
  expect(ofKind(tracker.settle(), 'line')).toHaveLength(leaving);
  expect(ofKind(tracker.settle(ENDING), 'line')).toHaveLength(1000);
});

describe('exceptions', () => {
  const exception = { time: at(49), type: 'E' };

  it.each([
    ['an error of an extension', line(50, 'x', { exception, stream: 'extension' })],
    ['a line without an error', line(50, 'x')],
  ])('no exception of the invocation is %s', (_, subject) => {
    const tracker = createTracker();
    feed(tracker, [start(0), wire(60, 'platform.extension', {}), done(100), subject]);
    expect(ofKind(tracker.settle(), 'invocation')).toMatchObject([{ exceptions: [] }]);
  });
});
