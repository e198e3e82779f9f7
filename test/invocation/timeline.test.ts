// What follows from the order of events in time, whatever the order of their arrival.
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
import type { WireEvent } from './scenario';

const OTHER = '11111111-2222-4333-8444-555555555555';
const ENDING = { reason: 'spindown', time: at(60_000) };

it.each(['platform.extension', 'platform.telemetrySubscription'])(
  'an event that is no part of a request, %s, is a log line of the environment',
  (type) => {
    const tracker = createTracker();
    feed(tracker, [wire(5, type, { name: 'otlp', requestId: REQUEST }), start(0)]);
    const [log] = tracker.settle().filter((fact) => JSON.stringify(fact).includes(type));
    expect(log).toEqual({
      kind: 'platformLog',
      event: { type, time: at(5), name: 'otlp' },
    });
    expect(tracker.settle()).toEqual([]);
  },
);

it('events of an unknown type belong to the request they name, at their time', () => {
  const tracker = createTracker();
  const unknown = (ms: number, record: unknown) => wire(ms, 'platform.new', record);
  feed(tracker, [start(0), done(100), report(101), start(1000), done(1100)]);
  feed(tracker, [unknown(50, { requestId: REQUEST }), unknown(1050, { requestId: REQUEST })]);
  feed(tracker, [unknown(60, { requestId: OTHER }), unknown(70, 'text'), unknown(80, {})]);
  const facts = tracker.settle();
  const [first, second] = ofKind(facts, 'invocation').map(({ identity }) => identity);
  const logs = ofKind(facts, 'platformLog').filter(({ event }) => event.type === 'unknown');
  expect(logs.map(({ requestId, identity }) => ({ requestId, identity }))).toEqual([
    { requestId: REQUEST, identity: first },
    { requestId: REQUEST, identity: second },
    { requestId: OTHER, identity: undefined },
    { requestId: undefined, identity: undefined },
    { requestId: undefined, identity: undefined },
  ]);
});

const dropped = (ms: number, droppedRecords?: number, droppedBytes?: number) =>
  wire(ms, 'platform.logsDropped', { droppedRecords, droppedBytes });
const first = dropped(0, 10, 1000);

it.each([
  ['more of both', dropped(1, 12, 1200), [2, 200]],
  ['more records', dropped(1, 12, 1000), [2, 0]],
  ['more bytes', dropped(1, 10, 1200), [0, 200]],
  ['fewer records, which start anew', dropped(1, 3, 1200), [3, 1200]],
  ['fewer bytes, which start anew', dropped(1, 12, 300), [12, 300]],
  ['no records named', dropped(1, undefined, 1200), [0, 200]],
  ['no bytes named', dropped(1, 12), [2, 0]],
  ['other records at the same time', dropped(0, 12, 1000), [2, 0]],
  ['other bytes at the same time', dropped(0, 10, 1200), [0, 200]],
])('logsDropped with %s', (_, second, expected) => {
  const tracker = createTracker();
  feed(tracker, [first, second]);
  const facts = tracker.settle();
  expect(facts.map(({ kind }) => kind)).toEqual([
    'logsDropped',
    'platformLog',
    'logsDropped',
    'platformLog',
  ]);
  const increases = ofKind(facts, 'logsDropped').map(({ records, bytes }) => [records, bytes]);
  expect(increases).toEqual([[10, 1000], expected]);
});

it('logsDropped with the same totals at another time is a log line alone', () => {
  const tracker = createTracker();
  feed(tracker, [first, dropped(1, 10, 1000)]);
  expect(tracker.settle().map(({ kind }) => kind)).toEqual([
    'logsDropped',
    'platformLog',
    'platformLog',
  ]);
});

it('logsDropped that comes twice says nothing, also in a later batch', () => {
  const tracker = createTracker();
  feed(tracker, [first, first]);
  expect(tracker.settle()).toHaveLength(2);
  feed(tracker, [first]);
  expect(tracker.settle()).toEqual([]);
});

const tracing = {
  value: 'Root=1-6740aa11-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=0',
};

it.each([
  ['their starts', [start(200, OTHER, { tracing }), start(0, REQUEST, { tracing })]],
  ['an end and a start', [start(200, OTHER, { tracing }), done(100, REQUEST, { tracing })]],
])('invocations that come with one header have its id in the order of %s', (_, events) => {
  const tracker = createTracker();
  feed(tracker, events);
  const facts = tracker.settle(ENDING);
  const ids = ofKind(facts, 'invocation').map(({ requestId, identity }) => [
    requestId,
    identity.spanId === '53995c3f42cd8ad8',
  ]);
  expect(ids).toEqual([
    [REQUEST, true],
    [OTHER, false],
  ]);
});

const foreignReports = (events: readonly WireEvent[], invoked = false) => {
  const tracker = createTracker();
  if (invoked) tracker.invoke({ requestId: REQUEST, deadlineMs: 0 });
  feed(tracker, events);
  const facts = [...tracker.settle(), ...tracker.settle()];
  const isSpan = ofKind(facts, 'invocation').some(({ requestId }) => requestId === REQUEST);
  const [fact] = ofKind(facts, 'report').filter(({ event }) => event.requestId === REQUEST);
  return [fact?.coldStart, isSpan];
};
const FOREIGN = [undefined, false];
const OWN = [false, true];

it.each([
  ['before the first start', [start(200, OTHER), start(300, 'c'), report(101)], FOREIGN],
  ['before a start that comes later', [start(300, 'c'), start(200, OTHER), report(101)], FOREIGN],
  ['at the first start', [start(101, OTHER), report(101)], FOREIGN],
  ['after the first start', [start(100, OTHER), start(200, 'c'), report(101)], OWN],
  ['after the earliest start', [start(200, 'c'), start(100, OTHER), report(101)], OWN],
  ['after no start but another end', [done(50, OTHER), start(200, 'c'), report(101)], FOREIGN],
  ['before its own start, by clocks that disagree', [start(200), report(101)], OWN],
  ['without any start', [report(101)], FOREIGN],
  ['with a start of its own', [start(0), report(101)], OWN],
  ['with a runtimeDone of its own', [start(300, OTHER), done(100), report(101)], OWN],
])('a report from before everything %s', (_, events, expected) => {
  expect(foreignReports(events)).toEqual(expected);
});

it('a report from before everything is of this process when INVOKE named its request', () => {
  expect(foreignReports([start(200, OTHER), report(101)], true)).toEqual(OWN);
});

it('a report from before everything is said once and never gets a span', () => {
  const tracker = createTracker();
  feed(tracker, [report(101)]);
  const kinds = [1, 2, 3].map(() => tracker.settle().map(({ kind }) => kind));
  expect(kinds).toEqual([[], ['report', 'platformLog', 'outcome'], []]);
  expect(tracker.settle(ENDING)).toEqual([]);
  feed(tracker, [report(101)]);
  expect([...tracker.settle(), ...tracker.settle()]).toEqual([]);
});

const requestOf = (type: string | undefined, events: readonly WireEvent[]) => {
  const tracker = createTracker(type === undefined ? {} : { initializationType: type });
  feed(tracker, [...events, start(0), start(100, OTHER), line(150, 'x')]);
  return ofKind(tracker.settle(), 'line')[0]?.requestId;
};

it.each([
  ['never on demand', 'on-demand', [], OTHER],
  ['on managed instances', 'lambda-managed-instances', [], undefined],
  ['maybe, where nothing says', undefined, [], undefined],
  [
    'as the init says, not the environment',
    'on-demand',
    init(-600, { initializationType: 'lambda-managed-instances' }),
    undefined,
  ],
  ['never where the init says so', undefined, init(-600), OTHER],
])('whether invocations may overlap %s', (_, type, events, expected) => {
  expect(requestOf(type, events)).toBe(expected);
});
