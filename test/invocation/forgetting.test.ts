// What the tracker keeps of requests, and what it says of those that it lets go of.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { REQUEST, at, createTracker, done, feed, ofKind, report, start } from './scenario';
import type { WireEvent } from './scenario';

const MAX_REQUESTS = 1024;
const ENDING = { reason: 'spindown', time: at(60_000) };
const ids = (count: number) => Array.from({ length: count }, (_, index) => `request-${index}`);
const whole = (ms: number, id: string): WireEvent[] => [
  start(ms, id),
  done(ms, id),
  report(ms, id),
];
const closed = (count: number): WireEvent[] => ids(count).flatMap((id, index) => whole(index, id));

it('closed requests are known while there are no more than 64', () => {
  const tracker = createTracker();
  feed(tracker, closed(64));
  tracker.settle();
  expect(ids(64).filter((id) => !tracker.isDone(id))).toEqual([]);
});

it('closed requests beyond 64 are forgotten, the oldest first', () => {
  const tracker = createTracker();
  feed(tracker, closed(66));
  tracker.settle();
  expect(ids(66).filter((id) => !tracker.isDone(id))).toEqual(['request-0', 'request-1']);
});

it('closed requests say nothing more when their events come again', () => {
  const tracker = createTracker();
  feed(tracker, closed(64));
  tracker.settle();
  feed(tracker, closed(64));
  expect([...tracker.settle(), ...tracker.settle()]).toEqual([]);
});

it.each([
  ['still run', [start(0)]],
  ['have no report yet', [start(0), done(100)]],
  ['have another report that waits for its start', whole(0, REQUEST), [report(-50)]],
  ['have another runtimeDone that waits for its start', whole(0, REQUEST), [done(-50)]],
  ['have another invocation that runs', [...whole(0, REQUEST), start(50)]],
])('closed requests are not forgotten for others that %s', (_, events, later: WireEvent[] = []) => {
  const tracker = createTracker();
  tracker.invoke({ requestId: REQUEST, deadlineMs: 0, invokedFunctionArn: 'arn' });
  feed(tracker, events);
  tracker.settle();
  feed(tracker, [...later, ...closed(65)]);
  tracker.settle();
  // Of 66 requests the two oldest were looked at: the first is in use, the second went.
  expect(tracker.isDone('request-0')).toBe(false);
  expect(tracker.isDone('request-1')).toBe(true);
  feed(tracker, [start(200_000)]);
  const spans = ofKind(tracker.settle(ENDING), 'invocation').at(-1);
  expect(spans).toMatchObject({ requestId: REQUEST, functionArn: 'arn' });
});

it('closed requests are not forgotten for one that only INVOKE has named', () => {
  const tracker = createTracker();
  tracker.invoke({ requestId: REQUEST, deadlineMs: 0, invokedFunctionArn: 'arn' });
  feed(tracker, closed(65));
  tracker.settle();
  feed(tracker, [start(100), done(200)]);
  expect(ofKind(tracker.settle(), 'invocation')).toMatchObject([{ functionArn: 'arn' }]);
});

const fill = (first: readonly WireEvent[], others: number) => {
  const tracker = createTracker();
  feed(tracker, first);
  feed(
    tracker,
    ids(others).map((id, index) => start(1000 + index, id)),
  );
  return tracker;
};

it('more requests than can be kept are all kept up to the bound', () => {
  expect(ofKind(fill([start(0)], MAX_REQUESTS - 1).settle(), 'invocation')).toEqual([]);
});

it('more requests than can be kept cost the oldest, which is closed as it is, once', () => {
  const tracker = fill([start(0)], MAX_REQUESTS);
  const facts = tracker.settle();
  expect(facts.slice(0, 2)).toMatchObject([
    { kind: 'platformLog', requestId: REQUEST },
    { kind: 'invocation', requestId: REQUEST, start: at(0), end: at(0), incomplete: true },
  ]);
  expect(facts[1]).toMatchObject({ errorType: 'incomplete' });
  expect(ofKind(facts, 'invocation')).toHaveLength(1);
  expect(tracker.settle()).toEqual([]);
  expect(tracker.isDone(REQUEST)).toBe(false);
});

it('more requests than can be kept cost one after the other', () => {
  const spans = ofKind(fill([start(0)], MAX_REQUESTS + 1).settle(), 'invocation');
  expect(spans.map(({ requestId }) => requestId)).toEqual([REQUEST, 'request-0']);
});

it('more requests than can be kept cost an end without a start, which is said with what it tells', () => {
  const facts = fill([done(100)], MAX_REQUESTS).settle();
  expect(ofKind(facts, 'invocation')).toMatchObject([
    { requestId: REQUEST, start: at(0), end: at(100), status: 'success' },
  ]);
});

it('more requests than can be kept cost nothing that was said already', () => {
  const tracker = createTracker();
  feed(tracker, [start(0), done(100)]);
  tracker.settle();
  feed(
    tracker,
    ids(MAX_REQUESTS).map((id, index) => start(1000 + index, id)),
  );
  expect(ofKind(tracker.settle(), 'invocation')).toEqual([]);
});

it('more requests than can be kept cost one that only INVOKE has named, in silence', () => {
  const tracker = createTracker();
  tracker.invoke({ requestId: REQUEST, deadlineMs: 0 });
  feed(
    tracker,
    ids(MAX_REQUESTS).map((id, index) => start(index, id)),
  );
  expect(ofKind(tracker.settle(), 'invocation')).toEqual([]);
});

it('80 000 requests that never end hold less than 10 MB', () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const tracker = createTracker();
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  // As many at once as are translated at once.
  for (let from = 0; from < 80_000; from += 500) {
    feed(
      tracker,
      ids(500).map((id, index) => start(from + index, `${id}-of-${from}`)),
    );
    tracker.settle();
  }
  collectGarbage();
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(10_000_000);
  expect(tracker.isDone('request-0-of-0')).toBe(false);
});
