// The process before this one in the same environment, by what it left behind.
import { readHandover } from '../../src/invocation/handover';
import type { Fact } from '../../src/invocation/fact';
import { REQUEST, at, createTracker, done, feed, init, ofKind, report, start } from './scenario';
import type { TestLine } from './scenario';

const OTHER = '11111111-2222-4333-8444-555555555555';
const ENDING = { reason: 'spindown', time: at(60_000) };
const outcomes = (facts: readonly Fact<TestLine>[]) =>
  ofKind(facts, 'outcome').map(({ outcome, errorType }) =>
    errorType === undefined ? outcome : `${outcome} ${errorType}`,
  );

const orphan = report(-1000, REQUEST, { status: 'timeout' });

it('a report of the process before makes figures and a log, no span, and the environment is no longer new', () => {
  const tracker = createTracker();
  feed(tracker, [orphan, ...init(-600, { phase: 'invoke' }), start(0, OTHER), done(100, OTHER)]);
  tracker.settle();
  const facts = [...tracker.settle(), ...tracker.settle(ENDING)];
  expect(ofKind(facts, 'report')).toHaveLength(1);
  expect(ofKind(facts, 'invocation').map(({ requestId }) => requestId)).not.toContain(REQUEST);
});

it('a report of the process before keeps its trace and counts its timeout once by the handover', () => {
  const before = createTracker();
  feed(before, [start(-4000)]);
  const closed = before.settle({ reason: 'timeout', time: at(-1000) });
  const [span] = ofKind(closed, 'invocation');
  const handover = readHandover(JSON.parse(JSON.stringify(before.handover())));

  const after = createTracker({ handover });
  feed(after, [orphan, start(0, OTHER), done(100, OTHER)]);
  const facts = [...after.settle(), ...after.settle(ENDING)];
  const log = ofKind(facts, 'platformLog').find(({ requestId }) => requestId === REQUEST);
  expect(log?.identity?.traceId).toBe(span?.identity.traceId);
  expect(log?.identity?.spanId).toBe(span?.identity.spanId);
  expect(outcomes([...closed, ...facts])).toEqual(['timeout timeout', 'success']);
  const overhead = ofKind(facts, 'childSpans')
    .flatMap(({ children }) => children)
    .find((child) => child.span.name === 'extensionOverhead');
  expect(overhead?.identity.parentSpanId).toBe(span?.identity.spanId);
});

it.each(['before', 'after'])(
  'a report of the process before stays with its own invocation when it comes %s the start of a retry with the same id',
  (order) => {
    const before = createTracker();
    feed(before, [start(-4000)]);
    const closed = before.settle({ reason: 'timeout', time: at(-1000) });
    const [span] = ofKind(closed, 'invocation');

    const after = createTracker({ handover: before.handover() });
    after.invoke({ requestId: REQUEST, deadlineMs: 0 });
    feed(after, order === 'before' ? [orphan] : [start(0), done(100), orphan]);
    const facts = [...after.settle()];
    if (order === 'before') feed(after, [start(0), done(100)]);
    feed(after, [report(110)]);
    facts.push(...after.settle(ENDING));
    const spans = ofKind(facts, 'invocation');
    expect(spans.map(({ status }) => status)).toEqual(['success']);
    expect(spans[0]?.identity.spanId).not.toBe(span?.identity.spanId);
    const logs = ofKind(facts, 'platformLog').filter(
      ({ event }) => event.type === 'platform.report',
    );
    expect(logs.map(({ identity }) => identity?.spanId)).toEqual([
      span?.identity.spanId,
      spans[0]?.identity.spanId,
    ]);
    expect(outcomes([...closed, ...facts])).toEqual(['timeout timeout', 'success']);
  },
);

it.each([
  ['init', 1],
  ['invoke', 0],
])(
  'a report of the process before leaves the cold start after an init of phase %s to be counted %i times',
  (phase, count) => {
    const handover = { coldStartCounted: true, invocations: [] };
    const tracker = createTracker({ handover });
    feed(tracker, [...init(-600, { phase }), start(0), done(100)]);
    expect(ofKind(tracker.settle(), 'coldStart')).toHaveLength(count);
    expect(tracker.handover().coldStartCounted).toBe(true);
  },
);

it('a report of the process before is ignored when the handover is anything but one', () => {
  for (const value of [
    null,
    5,
    'x',
    [],
    { invocations: 5 },
    { invocations: [null, {}, { requestId: 1 }] },
  ]) {
    expect(readHandover(value)).toEqual({ coldStartCounted: false, invocations: [] });
  }
});
