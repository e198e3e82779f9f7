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
} from './scenario';

const OTHER = '11111111-2222-4333-8444-555555555555';

it('log lines belong to the request they name, whatever else runs', () => {
  const tracker = createTracker();
  feed(tracker, [start(0), start(10, OTHER), line(20, 'a', { requestId: REQUEST })]);
  const [fact] = ofKind(tracker.settle(), 'line');
  expect(fact?.requestId).toBe(REQUEST);
  expect(fact?.identity?.traceId).toBe(REQUEST.replaceAll('-', ''));
});

it('log lines without a requestId belong to the only open invocation, never to one of several', () => {
  const tracker = createTracker();
  feed(tracker, [
    line(5, 'alone'),
    start(0),
    start(10, OTHER),
    line(15, 'both open'),
    report(20),
    line(30, 'one left'),
  ]);
  const facts = ofKind(tracker.settle(), 'line');
  expect(facts.map(({ line: { text }, requestId }) => [text, requestId])).toEqual([
    ['alone', REQUEST],
    ['both open', undefined],
    ['one left', OTHER],
  ]);
});

it('log lines after runtimeDone still belong to the invocation until the next start', () => {
  const tracker = createTracker();
  feed(tracker, [...init(-600), start(0), done(100), line(150, 'late'), start(200, OTHER)]);
  feed(tracker, [line(250, 'next')]);
  const facts = ofKind(tracker.settle(), 'line');
  expect(facts.map(({ requestId }) => requestId)).toEqual([REQUEST, OTHER]);
});

it('log lines of the init join the trace of the first invocation, below the init span', () => {
  const tracker = createTracker();
  feed(tracker, [...init(-600), line(-300, 'loading')]);
  expect(tracker.settle()).toEqual([]);
  feed(tracker, [start(0), done(100)]);
  const facts = tracker.settle();
  expect(ofKind(facts, 'line')[0]).toMatchObject({
    requestId: REQUEST,
    identity: ofKind(facts, 'initialization')[0]?.identity,
  });
});

it('log lines a moment after the init are of the init, but not once a request had started', () => {
  const tracker = createTracker();
  const managed = { initializationType: 'lambda-managed-instances' };
  feed(tracker, [...init(-502, managed), line(2, 'before any request'), start(3), start(3, OTHER)]);
  feed(tracker, [line(4, 'whose?'), done(100), done(100, OTHER)]);
  const facts = tracker.settle();
  const lines = ofKind(facts, 'line').map(({ line: { text }, identity }) => [text, identity]);
  expect(lines).toEqual([
    ['before any request', ofKind(facts, 'initialization')[0]?.identity],
    ['whose?', undefined],
  ]);
});

it('log lines wait one settling for the start of the request they name, then leave without a trace', () => {
  const tracker = createTracker();
  feed(tracker, [line(5, 'a', { requestId: REQUEST })]);
  expect(tracker.settle()).toEqual([]);
  const [fact] = ofKind(tracker.settle(), 'line');
  expect(fact).toMatchObject({ requestId: REQUEST });
  expect(fact?.identity).toBeUndefined();
});

it('log lines with an error add it to the span of their invocation', () => {
  const tracker = createTracker();
  const exception = { time: at(49), type: 'ValueError', message: 'bad' };
  feed(tracker, [start(0), line(50, 'x', { exception }), done(100)]);
  feed(tracker, [line(60, 'y', { exception, stream: 'extension' })]);
  expect(ofKind(tracker.settle(), 'invocation')[0]?.exceptions).toEqual([exception]);
});

it('log lines add their error once, however long they wait', () => {
  const tracker = createTracker({ spanAt: 'report' });
  const exception = { time: at(49), type: 'ValueError', message: 'bad' };
  feed(tracker, [done(100, REQUEST, { metrics: undefined })]);
  tracker.settle();
  feed(tracker, [line(50, 'x', { exception, requestId: REQUEST })]);
  expect(ofKind(tracker.settle(), 'line')).toEqual([]);
  feed(tracker, [start(0), report(102)]);
  expect(ofKind(tracker.settle(), 'invocation')[0]?.exceptions).toEqual([exception]);
});

const FOREIGN = 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef';
const possible = (ms: number, possibleRequestId: string) => line(ms, 'x', { possibleRequestId });

it('an id that anybody may have written counts where it names a request of this environment, also among several', () => {
  const tracker = createTracker();
  feed(tracker, [start(0), start(10, OTHER), possible(20, OTHER)]);
  expect(ofKind(tracker.settle(), 'line')).toMatchObject([{ requestId: OTHER }]);
});

it('an id that anybody may have written counts where only its INVOKE was seen: the start may be in the next batch', () => {
  const tracker = createTracker();
  tracker.invoke({ requestId: OTHER, deadlineMs: 0 });
  feed(tracker, [possible(20, OTHER)]);
  expect(ofKind(tracker.settle(), 'line')).toEqual([]);
  feed(tracker, [start(10, OTHER)]);
  expect(ofKind(tracker.settle(), 'line')).toMatchObject([{ requestId: OTHER }]);
});

it('an id that anybody may have written counts for nothing elsewhere: the line goes by its time, and does not wait', () => {
  const tracker = createTracker();
  feed(tracker, [start(0), possible(20, FOREIGN), done(100)]);
  expect(ofKind(tracker.settle(), 'line')).toMatchObject([{ requestId: REQUEST }]);
  feed(tracker, [start(200, OTHER), possible(210, REQUEST)]);
  expect(ofKind(tracker.settle(), 'line')).toMatchObject([{ requestId: REQUEST }]);
});

it('an id that anybody may have written is not given to a line of which nobody knows the request', () => {
  const tracker = createTracker();
  feed(tracker, [start(0), start(10, OTHER), possible(20, FOREIGN)]);
  expect(ofKind(tracker.settle(), 'line')).toMatchObject([{ requestId: undefined }]);
});

const part = (ms: number, text: string, fields = {}) =>
  line(ms, text, { isTracePart: true, ...fields });
const textsOf = (facts: readonly { readonly line: { readonly text: string } }[]) =>
  facts.map((fact) => fact.line.text);

it('the parts of a trace are one line, wherever the batches were cut', () => {
  const tracker = createTracker();
  feed(tracker, [start(0), part(10, 'a')]);
  feed(tracker, [part(10, '-b')]);
  feed(tracker, [part(11, '-c'), line(12, 'd')]);
  const facts = ofKind(tracker.settle(), 'line');
  expect(textsOf(facts)).toEqual(['a-b-c', 'd']);
  expect(facts[0]?.line.time).toEqual(at(10));
});

it('the parts of a trace are joined within a stream and a request', () => {
  const tracker = createTracker();
  feed(tracker, [start(0), start(0, OTHER)]);
  const [mine, its] = [{ requestId: REQUEST }, { requestId: OTHER }];
  feed(tracker, [part(10, 'a', mine), part(10, 'x', its), part(11, '-b', mine)]);
  feed(tracker, [part(11, '-y', its), part(12, '-e', { stream: 'extension', ...mine })]);
  expect(textsOf(ofKind(tracker.settle(), 'line'))).toEqual(['a-b', 'x-y', '-e']);
});

it('the parts of a trace are left as they are where they may be of several requests', () => {
  const tracker = createTracker({ initializationType: 'lambda-managed-instances' });
  feed(tracker, [start(0), start(0, OTHER), part(10, 'a'), part(10, '-b')]);
  expect(textsOf(ofKind(tracker.settle(), 'line'))).toEqual(['a', '-b']);
});
