// Which requests a settling looks at, and when their order in time is made anew.
import { Identities } from '../../src/invocation/invocation';
import type { Invocation } from '../../src/invocation/invocation';
import { emitInvocation } from '../../src/invocation/invocation-facts';
import { Requests } from '../../src/invocation/requests';
import type { RequestEvent } from '../../src/telemetry/event';
import { at, createTracker, done, feed, sha256, start } from './scenario';

const CONTEXT = {
  sha256,
  managedInstances: false,
  functionErrors: true,
  reportsLate: false,
  spanAtReport: false,
  restoreWasReported: false,
};
const ENDING = { reason: 'spindown', time: at(60_000) };

const metrics = { durationMs: 1 };
const event = (part: string, ms: number, requestId: string): RequestEvent => {
  const facts = { time: at(ms), requestId };
  if (part === 'start') return { type: 'platform.start', ...facts, version: '7' };
  if (part === 'bare') return { type: 'platform.runtimeDone', ...facts };
  if (part === 'done') return { type: 'platform.runtimeDone', ...facts, metrics };
  return { type: 'platform.report', ...facts, metrics };
};

/** `start 0, done 100`, `bare 100` for a runtimeDone without metrics: to the request `a`, or to another one. */
function add(requests: Requests, text: string, requestId = 'a'): void {
  for (const step of text.split(', ')) {
    const [part = '', ms = ''] = step.split(' ');
    requests.touch(requestId).add(event(part, Number(ms), requestId));
  }
}

const idsOf = (invocations: readonly Invocation[]) => invocations.map(({ requestId }) => requestId);

/** Settles, identifies, states and rests as the tracker does; says whose invocations were looked at. */
function settleOnce(requests: Requests, final = false): string[] {
  const identities = new Identities(sha256);
  const invocations = requests.pair(final);
  for (const invocation of invocations) {
    identities.assign(invocation);
    emitInvocation(invocation, CONTEXT);
  }
  requests.tidy();
  return idsOf(invocations);
}

const createRequests = () => new Requests(() => undefined);

it.each([
  ['that runs', 'start 0'],
  ['without its report', 'start 0, done 100'],
  ['that is over', 'start 0, done 100, report 101'],
])('a request %s rests until something comes for it', (_, text) => {
  const requests = createRequests();
  add(requests, text);
  expect([settleOnce(requests), settleOnce(requests), settleOnce(requests)]).toEqual([
    ['a'],
    [],
    [],
  ]);
  requests.touch('a');
  expect([settleOnce(requests), settleOnce(requests)]).toEqual([['a'], []]);
});

it.each([
  ['whose report waits for a runtimeDone', 'start 0, report 101', [['a'], ['a'], []]],
  ['whose end waits for a start', 'done 100', [[], ['a'], []]],
  ['without a time to make its ids of', 'bare 100', [[], ['a'], ['a'], ['a']]],
])('a request %s is looked at again', (_, text, expected) => {
  const requests = createRequests();
  add(requests, text);
  expect(expected.map(() => settleOnce(requests))).toEqual(expected);
});

it('a request at rest is looked at again while another end of it waits for a start', () => {
  const requests = createRequests();
  add(requests, 'start 0, done 100');
  settleOnce(requests);
  add(requests, 'done -50');
  expect([1, 2, 3].map(() => settleOnce(requests))).toEqual([['a'], ['a', 'a'], []]);
});

it.each([
  ['that runs keeps what its events tell', 'start 0', true],
  ['without its report does, too', 'start 0, done 100', true],
  ['that is over keeps their times', 'start 0, done 100, report 101', false],
])('a request %s', (_, text, isWhole) => {
  const requests = createRequests();
  add(requests, text);
  settleOnce(requests);
  const { start: started, done: ended, report } = requests.get('a')?.invocations[0] ?? {};
  expect([started?.version, ended?.metrics, report?.metrics]).toEqual([
    isWhole ? '7' : undefined,
    isWhole && ended ? metrics : undefined,
    undefined,
  ]);
  expect(started?.time).toEqual(at(0));
});

it('a request at rest stays out of what comes for others, and is looked at when the environment ends', () => {
  const requests = createRequests();
  add(requests, 'start 0');
  settleOnce(requests);
  add(requests, 'start 10', 'b');
  expect(settleOnce(requests)).toEqual(['b']);
  expect(settleOnce(requests, true)).toEqual(['a', 'b']);
});

it('the order of invocations holds a start as soon as it has come', () => {
  const requests = createRequests();
  add(requests, 'start 100');
  expect(idsOf(requests.timeline)).toEqual(['a']);
  add(requests, 'start 0', 'b');
  expect(idsOf(requests.timeline)).toEqual(['b', 'a']);
});

it('the order of invocations holds no request that made room for another', () => {
  const requests = createRequests();
  for (let index = 0; index < 1024; index += 1) add(requests, `start ${index}`, `${index}`);
  expect(idsOf(requests.timeline)[0]).toBe('0');
  requests.touch('1024');
  expect(idsOf(requests.timeline)[0]).toBe('1');
});

it('the order of invocations holds no closed request that was forgotten', () => {
  const requests = createRequests();
  for (let ms = 0; ms < 65; ms += 1)
    add(requests, `start ${ms}, done ${ms}, report ${ms}`, `${ms}`);
  requests.pair(false);
  for (const invocation of requests.timeline) {
    invocation.identity = { traceId: '1', spanId: '1' };
    emitInvocation(invocation, CONTEXT);
  }
  requests.tidy();
  expect(idsOf(requests.timeline)[0]).toBe('1');
});

it('the order of invocations holds an end that a settling without events gives up waiting for a start', () => {
  const tracker = createTracker();
  feed(tracker, [done(100)]);
  const counts = [1, 2].map(() => {
    tracker.settle();
    return tracker.handover().invocations.length;
  });
  expect(counts).toEqual([0, 1]);
});

it('the order of invocations is made anew when the environment ends', () => {
  const tracker = createTracker();
  feed(tracker, [done(100)]);
  tracker.settle();
  expect(tracker.handover().invocations).toEqual([]);
  tracker.settle(ENDING);
  expect(tracker.handover().invocations).toHaveLength(1);
  feed(tracker, [start(200, 'b')]);
  tracker.settle(ENDING);
  expect(tracker.handover().invocations).toHaveLength(2);
});
