// A timeout or a crash keeps a span of the SDK from ending, and others name it as their parent.
import { done, REQUEST, start } from '../invocation/scenario';
import {
  CALLER,
  child,
  createScene,
  invocationOf,
  OTHER_TRACE,
  OWN,
  OWN_TRACE,
  sdk,
  server,
  TRACE,
  x,
} from './joined-scene';

const MISSING = 'aaaaaaaaaaaaaaaa';
const timeout = (ms: number, requestId = REQUEST, fields = {}) =>
  done(ms, requestId, { status: 'timeout', ...fields });

it('is not replaced if it may have left with an earlier request', () => {
  const scene = createScene();
  scene.spans(sdk({ id: MISSING, startMs: 1010 }));
  scene.events(start(1000, 'a'), done(1200, 'a'));
  scene.settle();
  scene.events(start(2000));
  scene.spans(child({ startMs: 2010 }));
  scene.settle();
  scene.events(timeout(5000));
  expect(invocationOf(scene.settle())?.spanContext()).toMatchObject({ traceId: OWN_TRACE });
});

it('is not replaced a second time', () => {
  const scene = createScene();
  scene.events(start(1000, 'a'));
  scene.spans(child({ startMs: 1010 }));
  scene.settle();
  scene.events(timeout(1200, 'a'), start(2000));
  expect(invocationOf(scene.settle())?.spanContext().spanId).toBe(MISSING);
  scene.spans(child({ id: 'cccccccccccccccc', startMs: 2010 }));
  scene.events(timeout(5000));
  expect(invocationOf(scene.settle())?.spanContext()).toMatchObject({ traceId: OWN_TRACE });
});

it('is replaced where another span names one that left with an earlier request', () => {
  const scene = createScene();
  scene.spans(sdk({ id: '7777777777777777', trace: OTHER_TRACE, startMs: 1010 }));
  scene.events(start(1000, 'a'), done(1200, 'a'));
  scene.settle();
  scene.events(start(2000), timeout(5000));
  const pool = { id: 'cccccccccccccccc', trace: OTHER_TRACE, parent: '7777777777777777' };
  scene.spans(child({ startMs: 2010 }), sdk({ ...pool, startMs: 2010 }));
  expect(invocationOf(scene.settle())?.spanContext()).toMatchObject({
    traceId: TRACE,
    spanId: MISSING,
  });
});

it('is replaced by ours below the caller that a further root names, which goes inside', () => {
  const scene = createScene();
  scene.events(start(1000));
  scene.spans(child());
  scene.settle();
  scene.spans(sdk({ id: 'cccccccccccccccc', parent: CALLER, isRemote: true }));
  scene.events(timeout(4000));
  const left = scene.settle();
  expect(invocationOf(left)).toMatchObject({ parentSpanContext: { spanId: CALLER } });
  expect(invocationOf(left)?.spanContext()).toMatchObject({ traceId: TRACE, spanId: MISSING });
  expect(left.sdk).toMatchObject([{ parentSpanId: MISSING, isParentRemote: false }]);
});

it('is replaced by ours, with a link to a root of another trace', () => {
  const scene = createScene();
  scene.spans(child(), sdk({ id: 'cccccccccccccccc', trace: OTHER_TRACE }));
  scene.events(start(1000), timeout(4000));
  const left = scene.settle();
  expect(invocationOf(left)?.spanContext()).toMatchObject({ traceId: TRACE, spanId: MISSING });
  expect(invocationOf(left)?.links).toMatchObject([{ context: { traceId: OTHER_TRACE } }]);
  expect(left.sdk).toMatchObject([{ parentSpanId: MISSING }, { parentSpanId: undefined }]);
});

it('is replaced with spans beside it that have ours for their parent', () => {
  const scene = createScene();
  scene.spans(child(), sdk({ id: 'cccccccccccccccc', parent: OWN, isRemote: true }));
  scene.events(start(1000, REQUEST, x(OWN)), timeout(4000, REQUEST, x(OWN)));
  const left = scene.settle();
  expect(invocationOf(left)?.spanContext()).toMatchObject({ spanId: MISSING });
  expect(left.sdk).toMatchObject([{ parentSpanId: MISSING }, { parentSpanId: MISSING }]);
});

it('is not replaced if spans have left that have ours for their parent', () => {
  const scene = createScene();
  scene.events(start(1000, REQUEST, x(OWN)));
  // More than wait for the end of their request.
  const ids = Array.from({ length: 65 }, (_, index) => String(index + 1).padStart(16, 'c'));
  scene.spans(...ids.map((id) => sdk({ id, parent: OWN, isRemote: true })));
  expect(scene.settle().sdk).toHaveLength(1);
  scene.spans(child());
  scene.events(timeout(4000, REQUEST, x(OWN)));
  const left = scene.settle();
  expect(invocationOf(left)?.spanContext()).toMatchObject({ spanId: OWN });
  expect(new Set(left.sdk.map(({ parentSpanId }) => parentSpanId))).toEqual(new Set([OWN]));
});

it('is not the caller of a span that serves another request', () => {
  const scene = createScene();
  scene.events(start(1000));
  scene.spans(server({ attributes: { 'faas.invocation_id': 'another' }, startMs: 1010 }));
  scene.events(timeout(4000));
  expect(invocationOf(scene.settle())?.spanContext().spanId).not.toBe(CALLER);
});
