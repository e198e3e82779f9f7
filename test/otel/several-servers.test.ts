// Several SERVER spans of one request, or a SERVER span that has others above it: never a circle, never a lost parent.
import { done, report, REQUEST, start } from '../invocation/scenario';
import {
  CALLER,
  child,
  createScene,
  invocationOf,
  OTHER_TRACE,
  OWN,
  sdk,
  server,
  TRACE,
  x,
} from './joined-scene';

const names = { 'faas.invocation_id': REQUEST };

it('leaves a span above the SERVER span where it is, below the caller that X-Ray names', () => {
  const scene = createScene();
  const wrapper = { id: '7777777777777777', parent: OWN, isRemote: true };
  scene.spans(server({ parent: '7777777777777777', isRemote: false }), sdk(wrapper));
  scene.events(start(1000, REQUEST, x(OWN)), done(1200, REQUEST, x(OWN)));
  expect(scene.settle().sdk).toMatchObject([
    { spanId: 'aaaaaaaaaaaaaaaa', parentSpanId: '7777777777777777' },
    { spanId: '7777777777777777', parentSpanId: CALLER, isParentRemote: true },
  ]);
});

it.each([
  ['its parent', '7777777777777777'],
  ['further above', '8888888888888888'],
])(
  'leaves a late SERVER span where it is if it is above the one that has left, %s',
  (_, parent) => {
    const scene = createScene();
    scene.spans(server({ parent, isRemote: false }));
    scene.events(start(1000), done(1200));
    expect(scene.settle().sdk).toMatchObject([{ parentSpanId: parent, kind: 2 }]);
    scene.spans(server({ id: '7777777777777777', parent: undefined, isRemote: false }));
    expect(scene.settle().sdk).toMatchObject([{ parentSpanId: undefined, kind: 1 }]);
  },
);

it('leaves a late SERVER span in its own trace if there are spans below it', () => {
  const scene = createScene();
  scene.spans(server());
  scene.events(start(1000), done(1200));
  scene.settle();
  const further = { id: '9999999999999999', trace: OTHER_TRACE, kind: 2, attributes: names };
  scene.spans(child({ parent: '9999999999999999', trace: OTHER_TRACE }), sdk(further));
  expect(scene.settle().sdk).toMatchObject([
    { traceId: OTHER_TRACE, parentSpanId: '9999999999999999' },
    { traceId: OTHER_TRACE, parentSpanId: undefined, kind: 1 },
  ]);
});

it('links a SERVER span that comes before the report but after what hangs below ours', () => {
  const scene = createScene({ LAMBDA_OTLP_SPAN_AT: 'report' });
  scene.events(start(1000), done(1200));
  const [early] = scene.settle().own;
  scene.spans(server());
  scene.events(report(1201));
  const ours = invocationOf(scene.settle());
  expect(early?.parentSpanContext?.spanId).toBe(ours?.spanContext().spanId);
});

it('does not take the caller for the span that a timeout kept from ending', () => {
  const scene = createScene();
  // What an SDK says that does not know its parent to be remote.
  scene.spans(sdk({ id: 'bbbbbbbbbbbbbbbb', parent: CALLER }));
  const { tracing } = x(OWN);
  const passive = { tracing: { type: tracing.type, value: tracing.value } };
  scene.events(start(1000, REQUEST, passive), done(4000, REQUEST, { status: 'timeout' }));
  const ours = invocationOf(scene.settle());
  expect(ours?.spanContext()).toMatchObject({ traceId: TRACE });
  expect(ours?.spanContext().spanId).not.toBe(CALLER);
});
