// An export while the first request still runs: what its init becomes is known once that request has settled.
import { done, init, report, REQUEST, start, timeText, wire } from '../invocation/scenario';
import { createScene, invocationOf, namesOf, server, TRACE, x, OWN } from './joined-scene';
import type { Left } from './joined-scene';

const restore = [
  wire(-300, 'platform.restoreStart', {}),
  wire(-10, 'platform.restoreRuntimeDone', { status: 'success' }),
  wire(-9, 'platform.restoreReport', { status: 'success', metrics: { durationMs: 291 } }),
];

/** The spans of ours whose parent neither left nor is a remote one. */
function orphansOf(...all: readonly Left[]): readonly string[] {
  const ids = new Set(
    all.flatMap(({ own, sdk }) => [
      ...own.map((span) => `${span.spanContext().traceId} ${span.spanContext().spanId}`),
      ...sdk.map(({ traceId = '', spanId = '' }) => `${traceId} ${spanId}`),
    ]),
  );
  return all
    .flatMap(({ own }) => own)
    .filter(({ parentSpanContext: parent }) => {
      if (parent === undefined || parent.isRemote === true) return false;
      return !ids.has(`${parent.traceId} ${parent.spanId}`);
    })
    .map(({ name }) => name);
}

it.each([
  ['init', init(0), {}],
  ['restore', restore, {}],
  ['init', init(0), { LAMBDA_OTLP_SPAN_AT: 'report' }],
  ['init', init(0), { LAMBDA_OTLP_KEEP: 'cold_starts', LAMBDA_OTLP_OTHERS: 'none' }],
  ['init', init(0), { LAMBDA_OTLP_KEEP: 'slow>50ms', LAMBDA_OTLP_OTHERS: 'summary' }],
])('has the %s below the SERVER span that comes when it has left', (name, events, variables) => {
  const scene = createScene(variables);
  scene.events(...events, start(1000));
  const early = scene.settle();
  expect(namesOf(early)).toEqual([]);
  scene.spans(server());
  scene.events(done(4000));
  const late = scene.settle();
  scene.events(report(4001));
  const last = scene.settle();
  const spans = [late, last].flatMap(({ own }) => own);
  expect(spans.filter((span) => span.name === name)).toMatchObject([
    { parentSpanContext: { traceId: TRACE, spanId: 'aaaaaaaaaaaaaaaa' } },
  ]);
  expect(orphansOf(late, last)).toEqual([]);
});

it.each([
  ['a timeout', [done(4000, REQUEST, { status: 'timeout' })], undefined],
  ['a lost runtimeDone', [report(4001)], undefined],
  ['SHUTDOWN after a timeout', [], 'timeout'],
  ['SHUTDOWN after a crash', [], 'failure'],
])('lets the init go with %s', (_, events, reason) => {
  const scene = createScene();
  scene.events(...init(0), start(1000));
  expect(namesOf(scene.settle())).toEqual([]);
  scene.events(...events);
  const left = [scene.settle(reason), scene.settle()];
  expect(left.flatMap(namesOf)).toEqual(expect.arrayContaining(['init', 'initRuntime']));
  expect(orphansOf(...left)).toEqual([]);
});

it('has the init, which lines that left name, in the trace of the request', () => {
  const scene = createScene();
  const line = { time: timeText(100), type: 'function', record: 'loading' };
  scene.events(...init(0), line, start(1000, REQUEST, x(OWN)));
  const [early] = scene.settle().logs.filter(({ body }) => body === 'loading');
  scene.spans(server({ parent: OWN }));
  scene.events(done(4000, REQUEST, x(OWN)));
  const { own } = scene.settle();
  const found = own.find(({ name }) => name === 'init');
  expect(early?.spanContext).toMatchObject({ traceId: TRACE });
  expect(found?.spanContext()).toMatchObject({
    traceId: TRACE,
    spanId: early?.spanContext?.spanId,
  });
});

it('has held lines of the init in the trace that the request has moved to', () => {
  const scene = createScene({ LAMBDA_OTLP_KEEP: 'errors', LAMBDA_OTLP_OTHERS: 'none' });
  const line = { time: timeText(100), type: 'function', record: 'loading' };
  scene.events(...init(0), line, start(1000));
  expect(scene.settle().logs).toEqual([]);
  scene.spans(server());
  scene.events(done(4000, REQUEST, { status: 'error' }));
  const { own, logs } = scene.settle();
  const found = own.find(({ name }) => name === 'init')?.spanContext();
  expect(found?.traceId).toBe(TRACE);
  const held = logs.find(({ body }) => body === 'loading');
  expect(held?.spanContext).toMatchObject({ traceId: TRACE, spanId: found?.spanId });
});

it('lets an init go at once that no request waits for', () => {
  const scene = createScene();
  scene.events(...init(0, { initializationType: 'provisioned-concurrency' }), start(1000));
  expect(namesOf(scene.settle())).toEqual(['init', 'initRuntime']);
});

it('lets an init go at once where nothing can be handed over', () => {
  const scene = createScene({ LAMBDA_OTLP_JOIN: 'off' });
  scene.events(...init(0), start(1000));
  const early = scene.settle();
  expect(namesOf(early)).toEqual(['init', 'initRuntime']);
  scene.events(done(4000));
  const late = scene.settle();
  expect(invocationOf(late)).toBeDefined();
  expect(orphansOf(early, late)).toEqual([]);
});
