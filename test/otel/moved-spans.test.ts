// Spans that change to the trace of the SERVER span, and what comes of those that name them.
import { done, init, report, REQUEST, start } from '../invocation/scenario';
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

const FURTHER = '9999999999999999';
const SERVED = 'aaaaaaaaaaaaaaaa';
const names = { 'faas.invocation_id': REQUEST };
/** A further SERVER span without a caller, in a trace of its own. */
const further = sdk({ id: FURTHER, trace: OTHER_TRACE, kind: 2, attributes: names });
const otherChild = (id: string, parent: string) => sdk({ id, trace: OTHER_TRACE, parent });

it('are followed by what comes late, children before their parents', () => {
  const scene = createScene();
  scene.spans(server(), further);
  scene.events(start(1000), done(1200));
  expect(scene.settle().sdk).toMatchObject([{ traceId: TRACE }, { traceId: TRACE }]);
  scene.spans(
    otherChild('4444444444444444', '3333333333333333'),
    otherChild('3333333333333333', FURTHER),
  );
  expect(scene.settle().sdk).toMatchObject([
    { traceId: TRACE, parentSpanId: '3333333333333333' },
    { traceId: TRACE, parentSpanId: FURTHER },
  ]);
});

it('are followed by very many that come late', () => {
  const scene = createScene();
  scene.spans(server(), further);
  scene.events(start(1000), done(1200));
  scene.settle();
  const idOf = (number: number): string => (number + 1).toString(16).padStart(16, '0');
  const late = Array.from({ length: 1000 }, (_, index) => [
    otherChild(idOf(2 * index + 1), idOf(2 * index)),
    otherChild(idOf(2 * index), FURTHER),
  ]).flat();
  scene.spans(...late);
  const traces = scene.settle().sdk.map(({ traceId }) => traceId);
  expect(traces).toEqual(late.map(() => TRACE));
});

it('are followed by a long chain that comes late, the innermost first', () => {
  const scene = createScene();
  scene.spans(server(), further);
  scene.events(start(1000), done(1200));
  scene.settle();
  const idOf = (number: number): string => (number + 1).toString(16).padStart(16, '0');
  const late = Array.from({ length: 2000 }, (_, index) =>
    otherChild(idOf(index), index === 0 ? FURTHER : idOf(index - 1)),
  );
  scene.spans(...late.reverse());
  const traces = scene.settle().sdk.map(({ traceId }) => traceId);
  expect(traces).toEqual(late.map(() => TRACE));
});

it('are none whose parent has come: that keeps its child', () => {
  const scene = createScene();
  const parent = sdk({ id: '3333333333333333', trace: OTHER_TRACE });
  const inner = { id: FURTHER, trace: OTHER_TRACE, parent: '3333333333333333', attributes: names };
  scene.spans(server(), parent, sdk({ ...inner, kind: 2 }));
  scene.events(start(1000), done(1200));
  expect(scene.settle().sdk).toMatchObject([
    { traceId: TRACE, kind: 2 },
    { traceId: OTHER_TRACE, kind: 1 },
    { traceId: OTHER_TRACE, kind: 1, parentSpanId: '3333333333333333' },
  ]);
});

it('are none where one left whose parent may be below them', () => {
  const scene = createScene();
  scene.events(start(1000));
  scene.spans(otherChild('4444444444444444', '3333333333333333'));
  scene.settle();
  scene.spans(server(), further);
  scene.events(done(1200));
  expect(scene.settle().sdk).toMatchObject([
    { traceId: TRACE, kind: 2 },
    { traceId: OTHER_TRACE, kind: 1, parentSpanId: undefined },
  ]);
});

it('are none where a child left before the start of the request was known', () => {
  const scene = createScene();
  scene.spans(otherChild('3333333333333333', FURTHER));
  expect(scene.settle().sdk).toHaveLength(1);
  scene.spans(server(), further);
  scene.events(start(1000), done(1200));
  expect(scene.settle().sdk).toMatchObject([{ traceId: TRACE }, { traceId: OTHER_TRACE }]);
});

it('are none of a late SERVER span whose children have left and are forgotten', () => {
  const scene = createScene();
  scene.spans(server(), otherChild('3333333333333333', FURTHER));
  scene.events(start(1000), done(1200));
  scene.settle();
  scene.spans(further);
  expect(scene.settle().sdk).toMatchObject([{ traceId: OTHER_TRACE, kind: 1 }]);
});

describe('on a Managed Instance that always has a request open', () => {
  const idOf = (number: number): string => number.toString(16).padStart(16, '0');
  const traceOf = (number: number): string => number.toString(16).padStart(32, '0');
  /** 1,100 spans of other requests leave, from 2,000 ms on. */
  const busy = () => {
    const scene = createScene();
    scene.events(...init(0, { initializationType: 'lambda-managed-instances' }));
    scene.events(start(1000, 'another'));
    const others = Array.from({ length: 1100 }, (_, index) =>
      sdk({
        id: idOf(index + 1),
        trace: traceOf(index + 1),
        parent: idOf(1),
        startMs: 2000 + index,
      }),
    );
    scene.spans(...others);
    expect(scene.settle().sdk).toHaveLength(1100);
    return scene;
  };

  it('change their trace where all that may be below them is remembered', () => {
    const scene = busy();
    const startMs = 4000;
    scene.events(start(startMs));
    scene.spans(
      server({ startMs }),
      sdk({ id: FURTHER, trace: OTHER_TRACE, kind: 2, attributes: names, startMs }),
    );
    scene.events(report(4200));
    expect(scene.settle().sdk).toMatchObject([{ traceId: TRACE }, { traceId: TRACE }]);
  });

  it('stay where what is below them may be forgotten', () => {
    const scene = busy();
    scene.events(start(1010));
    scene.spans(server(), further);
    scene.events(report(4200));
    expect(scene.settle().sdk).toMatchObject([{ traceId: TRACE }, { traceId: OTHER_TRACE }]);
  });
});

it('are not needed for late spans below ours: they go below the SERVER span, or its caller', () => {
  const late = sdk({ id: '3333333333333333', parent: OWN, isRemote: true });
  const inTrace = createScene();
  inTrace.spans(server({ parent: OWN }));
  inTrace.events(start(1000, REQUEST, x(OWN)), done(1200, REQUEST, x(OWN)));
  inTrace.settle();
  inTrace.spans(late);
  expect(inTrace.settle().sdk).toMatchObject([{ parentSpanId: 'aaaaaaaaaaaaaaaa' }]);
  const elsewhere = createScene();
  elsewhere.spans(server({ trace: OTHER_TRACE, parent: undefined, isRemote: false }));
  elsewhere.events(start(1000, REQUEST, x(OWN)), done(1200, REQUEST, x(OWN)));
  elsewhere.settle();
  elsewhere.spans(late);
  expect(elsewhere.settle().sdk).toMatchObject([{ traceId: TRACE, parentSpanId: CALLER }]);
});

it('do not go round in a circle where a span comes late between X-Ray and the SERVER span', () => {
  const scene = createScene();
  const between = '4444444444444444';
  const outer = sdk({ id: '3333333333333333', parent: OWN, isRemote: true });
  scene.spans(outer, server({ parent: between, isRemote: false }));
  scene.events(start(1000, REQUEST, x(OWN)), done(1200, REQUEST, x(OWN)));
  expect(scene.settle().sdk).toMatchObject([{ parentSpanId: CALLER }, { parentSpanId: between }]);
  scene.spans(sdk({ id: between, parent: '3333333333333333' }));
  expect(scene.settle().sdk).toMatchObject([{ parentSpanId: '3333333333333333' }]);
});

it('do not go round in a circle where an SDK does not say that the span still to come is local', () => {
  const scene = createScene();
  const between = '4444444444444444';
  const outer = sdk({ id: '3333333333333333', parent: OWN, isRemote: true });
  const step = sdk({ id: '5555555555555555', parent: between, saysRemote: false });
  scene.spans(outer, step, server({ parent: '5555555555555555', isRemote: false }));
  scene.events(start(1000, REQUEST, x(OWN)), done(1200, REQUEST, x(OWN)));
  expect(scene.settle().sdk).toMatchObject([
    { parentSpanId: CALLER },
    { parentSpanId: between },
    { parentSpanId: '5555555555555555' },
  ]);
});

it('do not go round in a circle with a SERVER span that does not say that its parent is local', () => {
  const scene = createScene();
  const wrapper = '4444444444444444';
  scene.spans(server({ parent: wrapper, saysRemote: false }));
  scene.events(start(1000, REQUEST, x(OWN)), done(1200, REQUEST, x(OWN)));
  expect(scene.settle().sdk).toMatchObject([{ parentSpanId: wrapper }]);
  scene.spans(sdk({ id: wrapper, parent: OWN, saysRemote: false }));
  expect(scene.settle().sdk).toMatchObject([{ parentSpanId: CALLER }]);
});

const FIRST = '3333333333333333';
const unsaid = { parent: '4444444444444444', saysRemote: false };

it.each([
  ['a span that names ours', sdk({ id: FIRST, parent: OWN, saysRemote: false }), CALLER],
  ['a further SERVER span', server({ id: FIRST, parent: undefined }), undefined],
])(
  'do not go round in a circle with a SERVER span whose parent is still to come, below %s',
  (_, first, parent) => {
    const scene = createScene();
    scene.spans(server(unsaid), first);
    scene.events(start(1000, REQUEST, x(OWN)), done(1200, REQUEST, x(OWN)));
    expect(scene.settle().sdk).toMatchObject([
      { kind: 2, parentSpanId: unsaid.parent },
      { kind: 1, parentSpanId: parent },
    ]);
    scene.spans(sdk({ id: unsaid.parent, parent: FIRST, saysRemote: false }));
    expect(scene.settle().sdk).toMatchObject([{ parentSpanId: FIRST }]);
  },
);

it('do not go round in a circle with a late SERVER span, of an SDK that does not say where parents are', () => {
  const scene = createScene();
  scene.spans(server(unsaid));
  scene.events(start(1000), done(1200));
  scene.settle();
  scene.spans(server({ id: FIRST }), sdk({ id: unsaid.parent, parent: FIRST, saysRemote: false }));
  expect(scene.settle().sdk).toMatchObject([
    { kind: 1, parentSpanId: CALLER },
    { parentSpanId: FIRST },
  ]);
});

it('are joined where an SDK does not say that X-Ray’s caller is remote', () => {
  const scene = createScene();
  scene.spans(server({ saysRemote: false }), sdk({ id: FIRST, parent: OWN, saysRemote: false }));
  scene.events(start(1000, REQUEST, x(OWN)), done(1200, REQUEST, x(OWN)));
  expect(scene.settle().sdk).toMatchObject([{ parentSpanId: CALLER }, { parentSpanId: SERVED }]);
  // Late ones, too.
  scene.spans(sdk({ id: '5555555555555555', parent: OWN, saysRemote: false }));
  expect(scene.settle().sdk).toMatchObject([{ parentSpanId: SERVED }]);
});

it.each([
  ['do not say that ours is remote', { saysRemote: false }],
  ['begin before the request does, by another clock', { isRemote: true, startMs: 999 }],
])('wait for the end of their request where they name ours and %s', (_, fields) => {
  const scene = createScene();
  scene.events(start(1000, REQUEST, x(OWN)));
  scene.spans(sdk({ id: '3333333333333333', parent: OWN, ...fields }));
  expect(scene.settle().sdk).toEqual([]);
  scene.spans(server({ parent: OWN }));
  scene.events(done(1200, REQUEST, x(OWN)));
  expect(scene.settle().sdk).toMatchObject([
    { spanId: '3333333333333333', parentSpanId: 'aaaaaaaaaaaaaaaa' },
    { spanId: 'aaaaaaaaaaaaaaaa', parentSpanId: CALLER },
  ]);
});

it('change their trace beside a SERVER span of an SDK that does not say that its caller is remote', () => {
  const scene = createScene();
  const message = { id: '3333333333333333', trace: OTHER_TRACE, parent: CALLER, kind: 5 };
  scene.spans(server(), further, sdk({ ...message, saysRemote: false }));
  scene.events(start(1000), done(1200));
  expect(scene.settle().sdk).toMatchObject([
    { traceId: TRACE, kind: 2 },
    { traceId: TRACE, kind: 1 },
    { traceId: OTHER_TRACE, kind: 5, parentSpanId: CALLER },
  ]);
});

it('do not include ours where the function has spans below it and a root in another trace', () => {
  const scene = createScene();
  const root = sdk({ id: '3333333333333333', trace: OTHER_TRACE });
  scene.spans(sdk({ id: '4444444444444444', parent: OWN, isRemote: true }), root);
  scene.events(start(1000, REQUEST, x(OWN)), done(1200, REQUEST, x(OWN)));
  const left = scene.settle();
  expect(invocationOf(left)).toMatchObject({ links: [{ context: { traceId: OTHER_TRACE } }] });
  expect(invocationOf(left)?.spanContext()).toMatchObject({ traceId: TRACE, spanId: OWN });
});

it.each([
  ['one', 0],
  ['the other', 1],
])('are chosen by what they are, whichever POST comes first: %s', (_, first) => {
  const scene = createScene();
  const twins = [server(), server({ id: 'abababababababab' })];
  scene.spans(...(first === 0 ? twins : twins.reverse()), child());
  scene.spans(child({ id: 'dddddddddddddddd', parent: 'abababababababab' }));
  scene.events(start(1000), done(1200));
  const kinds = scene.settle().sdk.map(({ spanId, kind }) => `${spanId ?? ''} ${kind}`);
  expect(kinds).toEqual(expect.arrayContaining(['aaaaaaaaaaaaaaaa 2', 'abababababababab 1']));
});

it('keep their kind and parent where a POST came twice', () => {
  const scene = createScene();
  scene.spans(server(), server(), child(), child());
  scene.events(start(1000), done(1200));
  const left = scene.settle();
  expect(left.sdk.map(({ kind, parentSpanId }) => [kind, parentSpanId])).toEqual([
    [2, CALLER],
    [2, CALLER],
    [1, 'aaaaaaaaaaaaaaaa'],
    [1, 'aaaaaaaaaaaaaaaa'],
  ]);
});
