// What a process leaves for its successor, and what is read of it from a file that anyone may have written.
import { readHandover } from '../../src/invocation/handover';
import { REQUEST, at, createTracker, done, feed, init, ofKind, report, start } from './scenario';

const OTHER = '11111111-2222-4333-8444-555555555555';
const known = {
  requestId: REQUEST,
  traceId: '0123456789abcdef0123456789abcdef',
  spanId: '54565fb41ac79632',
  counted: ['success', 'error', 'timeout'],
  coldStart: true,
  outOfMemory: false,
  measured: true,
};
const readInvocations = (...invocations: unknown[]) => readHandover({ invocations }).invocations;

it('a handover that is read holds what was written', () => {
  const written = { coldStartCounted: true, invocations: [known] };
  expect(readHandover(written)).toStrictEqual(written);
});

it.each([
  ['a request id that is no text', { requestId: 5 }],
  ['no request id', { requestId: undefined }],
  ['a trace id that is no text', { traceId: 5 }],
  ['a trace id in a list', { traceId: [known.traceId] }],
  ['a trace id in upper case', { traceId: known.traceId.toUpperCase() }],
  ['a trace id that is too long', { traceId: `${known.traceId}0` }],
  ['a trace id with something before it', { traceId: `x${known.traceId}` }],
  ['a trace id that is too short', { traceId: known.traceId.slice(1) }],
  ['a trace id of zeros', { traceId: '0'.repeat(32) }],
  ['a span id of digits that is no text', { spanId: 1_234_567_890_123_456 }],
  ['a span id that is too short', { spanId: '54565fb41ac7963' }],
  ['a span id of zeros', { spanId: '0'.repeat(16) }],
])('a handover that is read leaves out an invocation with %s', (_, fields) => {
  expect(readInvocations({ ...known, ...fields }, known)).toEqual([known]);
});

it.each([
  ['outcomes in their order', { counted: ['timeout', 5, 'success', 'x'] }, ['success', 'timeout']],
  ['no outcome twice', { counted: ['error', 'error'] }, ['error']],
  ['no outcomes from what is no list', { counted: 'success' }, []],
])('a handover that is read keeps %s', (_, fields, counted) => {
  expect(readInvocations({ ...known, ...fields })).toStrictEqual([{ ...known, counted }]);
});

it.each([undefined, false, 1, 'true'])('a handover that is read takes %j for no', (value) => {
  expect(readInvocations({ ...known, coldStart: value, measured: value })).toStrictEqual([
    { ...known, coldStart: false, outOfMemory: false, measured: false },
  ]);
  expect(readHandover({ coldStartCounted: value }).coldStartCounted).toBe(false);
});

it('a handover that is read ends at 64 invocations', () => {
  const many = Array.from({ length: 65 }, (_, index) => ({ ...known, requestId: `${index}` }));
  expect(readInvocations(...many)).toEqual(many.slice(0, 64));
});

it.each([undefined, null, 5, 'text', [], { invocations: {} }, { invocations: 'text' }])(
  'a handover that is read is empty when it is %j',
  (value) => {
    expect(readHandover(value)).toStrictEqual({ coldStartCounted: false, invocations: [] });
  },
);

it('a handover that is written names what has no report yet, with what was said of it', () => {
  const tracker = createTracker();
  feed(tracker, [...init(-600), start(0), done(100, REQUEST, { status: 'error' })]);
  feed(tracker, [start(200, OTHER), done(300, OTHER), report(301, OTHER)]);
  const [span] = ofKind(tracker.settle(), 'invocation');
  const { traceId, spanId } = span?.identity ?? {};
  expect(tracker.handover()).toStrictEqual({
    coldStartCounted: true,
    invocations: [
      {
        requestId: REQUEST,
        traceId,
        spanId,
        counted: ['error'],
        coldStart: true,
        outOfMemory: false,
        measured: true,
      },
    ],
  });
});

it('a handover that is written is empty of what never started', () => {
  const tracker = createTracker();
  tracker.invoke({ requestId: REQUEST, deadlineMs: 0 });
  feed(tracker, [done(100, REQUEST, { metrics: undefined })]);
  tracker.settle();
  tracker.settle();
  expect(tracker.handover()).toStrictEqual({ coldStartCounted: false, invocations: [] });
});

it('a handover that is written says of what is still running that nothing was measured or counted', () => {
  const tracker = createTracker();
  feed(tracker, [start(0)]);
  tracker.settle();
  expect(tracker.handover().invocations).toMatchObject([
    { requestId: REQUEST, counted: [], coldStart: false, outOfMemory: false, measured: false },
  ]);
});

it('a handover that is written ends with the 64 latest', () => {
  const tracker = createTracker();
  const ids = Array.from({ length: 65 }, (_, index) => `request-${index}`);
  feed(
    tracker,
    ids.map((id, index) => start(index, id)),
  );
  tracker.settle();
  expect(tracker.handover().invocations.map(({ requestId }) => requestId)).toEqual(ids.slice(1));
});

const handover = { coldStartCounted: false, invocations: [{ ...known, counted: [] }] };

it('what was handed over is known when its report comes, however late, and is reported once', () => {
  const tracker = createTracker({ handover });
  expect(tracker.settle()).toEqual([]);
  expect(tracker.settle()).toEqual([]);
  const facts = [0, 1, 2].flatMap(() => {
    feed(tracker, [report(-1000)]);
    return tracker.settle();
  });
  const { traceId, spanId } = known;
  expect(ofKind(facts, 'report')).toMatchObject([{ coldStart: true, endsInvocation: false }]);
  expect(ofKind(facts, 'platformLog')).toMatchObject([
    { requestId: REQUEST, identity: { traceId, spanId } },
  ]);
  expect(ofKind(facts, 'invocation')).toEqual([]);
});

it('what was handed over that was not measured is measured by its report', () => {
  const unmeasured = {
    coldStartCounted: false,
    invocations: [{ ...known, counted: [], measured: false }],
  };
  const tracker = createTracker({ handover: unmeasured });
  feed(tracker, [report(-1000)]);
  expect(ofKind([...tracker.settle(), ...tracker.settle()], 'report')).toMatchObject([
    { endsInvocation: true },
  ]);
});

it('what was handed over leaves alone the reports of requests that it does not name', () => {
  const tracker = createTracker({ handover });
  feed(tracker, [start(0, OTHER), done(100, OTHER), report(101, OTHER)]);
  const facts = tracker.settle();
  expect(ofKind(facts, 'report')).toMatchObject([{ coldStart: false, endsInvocation: false }]);
  expect(ofKind(facts, 'invocation')).toMatchObject([{ end: at(100) }]);
});

it('what was handed over counts the cold start of this environment only once', () => {
  const counted = { coldStartCounted: true, invocations: [] };
  const tracker = createTracker({ handover: counted });
  feed(tracker, [...init(-600, { phase: 'invoke' }), start(0), done(100)]);
  const facts = tracker.settle();
  expect(ofKind(facts, 'coldStart')).toEqual([]);
  expect(ofKind(facts, 'invocation')).toMatchObject([{ coldStart: true }]);
});
