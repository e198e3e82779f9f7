// What a request whose events were let go of is still known by.
import { createInvocation, shrink } from '../../src/invocation/invocation';
import type { Invocation } from '../../src/invocation/invocation';
import { REQUEST, at, createTracker, done, feed, line, ofKind, report, start } from './scenario';
import type { TestLine, WireEvent } from './scenario';

const TRACE = '6740aa110123456789abcdef01234567';
const tracing = { value: 'Root=1-6740aa11-0123456789abcdef01234567' };
const exception = { time: at(1), type: 'E' };

/** A tracker to which the events came, three settlings ago. */
function closedBy(events: readonly (WireEvent | TestLine)[], requestId = REQUEST) {
  const tracker = createTracker();
  tracker.invoke({ requestId, deadlineMs: 0 });
  feed(tracker, events);
  const facts = [1, 2, 3].flatMap(() => tracker.settle());
  return { tracker, facts, identity: ofKind(facts, 'invocation')[0]?.identity };
}

const whole = [start(0), done(100), report(101)];

it.each([
  ['of nobody before its start', -1, undefined],
  ['its own at its start', 0, REQUEST],
  ['its own a little after its report', 106, REQUEST],
  ['of nobody after that', 107, undefined],
])('a closed request knows a late line without requestId as %s', (_, ms, expected) => {
  const { tracker, identity } = closedBy(whole);
  feed(tracker, [line(ms, 'late')]);
  const [fact] = ofKind(tracker.settle(), 'line');
  expect(fact?.requestId).toBe(expected);
  expect(fact?.identity).toEqual(expected && identity);
});

it('a closed request by its report takes in a late runtimeDone, once', () => {
  const { tracker, identity } = closedBy([start(0), report(101)]);
  feed(tracker, [done(100)]);
  const facts = tracker.settle();
  const kinds = ['runtimeDone', 'platformLog', 'childSpans'];
  expect(facts.map(({ kind }) => kind)).toEqual(kinds);
  expect(ofKind(facts, 'platformLog')).toMatchObject([{ requestId: REQUEST, identity }]);
  feed(tracker, [done(100)]);
  expect([...tracker.settle(), ...tracker.settle()]).toEqual([]);
});

it.each([
  ['runtimeDone and report', [done(100), report(101)]],
  ['its report alone', [report(101)]],
])('a closed request by %s takes in a late start, once', (_, events) => {
  const { tracker, identity } = closedBy(events);
  expect(identity).toBeDefined();
  feed(tracker, [start(100)]);
  expect(tracker.settle()).toMatchObject([
    { kind: 'platformLog', event: { type: 'platform.start' }, identity },
  ]);
  feed(tracker, [start(100), line(106, 'late')]);
  expect([...tracker.settle(), ...tracker.settle()]).toMatchObject([{ kind: 'line', identity }]);
});

it('a closed request is another invocation than its retry', () => {
  const { tracker, identity } = closedBy(whole);
  feed(tracker, [start(1000), ...whole, done(1100), report(1101)]);
  const spans = ofKind(tracker.settle(), 'invocation');
  expect(spans).toMatchObject([{ start: at(1000), end: at(1100), incomplete: false }]);
  expect(spans[0]?.identity.spanId).not.toBe(identity?.spanId);
  expect(tracker.settle()).toEqual([]);
});

it('a closed request takes nothing from the span that was said of it', () => {
  const bad = line(1, 'x', { exception, requestId: REQUEST });
  expect(ofKind(closedBy([bad, ...whole]).facts, 'invocation')).toMatchObject([
    { exceptions: [exception], reportMetrics: { maxMemoryUsedMB: 98 } },
  ]);
});

it.each([
  ['runtimeDone', done(10, 'a', { tracing, metrics: null }), [report(10, 'a')]],
  ['report', report(10, 'a', { tracing, metrics: null }), []],
])(
  'a closed request without ids gets them by the header of its %s when its start comes',
  (_, first, others) => {
    const { tracker, identity } = closedBy([first], 'a');
    expect(identity).toBeUndefined();
    feed(tracker, others);
    for (let settling = 0; settling < 3; settling += 1) tracker.settle();
    feed(tracker, [start(0, 'a')]);
    expect(tracker.settle()).toMatchObject([
      { kind: 'platformLog', event: { type: 'platform.start' }, identity: { traceId: TRACE } },
    ]);
  },
);

describe('shrinking', () => {
  const identity = { traceId: TRACE, spanId: '54565fb41ac79632' };
  const metrics = { durationMs: 100 };
  const requestId = REQUEST;
  const whole = {
    start: { type: 'platform.start', time: at(0), requestId, tracing, version: '7' },
    done: { type: 'platform.runtimeDone', time: at(100), requestId, metrics, tracing },
    report: { type: 'platform.report', time: at(101), requestId, metrics, status: 'success' },
  } as const;
  const closed = (parts: Partial<Invocation>): Invocation => ({
    ...createInvocation(REQUEST),
    exceptions: [exception],
    emitted: { start: true, runtimeDone: true, report: true, span: true },
    ...parts,
  });

  it.each([
    ['start', 'start'],
    ['runtimeDone', 'done'],
    ['report', 'report'],
  ] as const)(
    'an invocation that shrinks keeps the time of its %s, its ids and no exceptions',
    (_, part) => {
      const { type, time } = whole[part];
      const subject = closed({ [part]: whole[part], identity });
      const { exceptions } = subject;
      shrink(subject);
      expect(subject).toStrictEqual(
        closed({ [part]: { type, time, requestId }, identity, exceptions: [] }),
      );
      expect(exceptions).toEqual([exception]);
    },
  );

  it('an invocation that shrinks keeps everything while it has no ids', () => {
    const subject = closed(whole);
    shrink(subject);
    expect(subject).toStrictEqual(closed(whole));
  });
});
