// What leaves of a request whose function has an SDK of its own: one trace with one SERVER span.
import { SpanKind } from '@opentelemetry/api';
import { bytesOf } from '../../src/relay/item';
import { done, init, report, REQUEST, start, timeText } from '../invocation/scenario';
import {
  attributesOf,
  CALLER,
  child,
  createScene,
  invocationOf,
  namesOf,
  OTHER_TRACE,
  OWN_TRACE,
  sdk,
  server,
  TRACE,
  x,
} from './joined-scene';

describe('a request whose function has an SDK', () => {
  it('is served by the span of the SDK, completed, with our spans below it', () => {
    const scene = createScene();
    scene.spans(child(), server());
    scene.events(...init(0), start(1000), done(1200));
    const left = scene.settle();
    expect(namesOf(left)).toEqual([
      'init',
      'initRuntime',
      'responseDuration',
      'responseLatency',
      'runtimeOverhead',
    ]);
    for (const span of left.own) {
      expect(span.spanContext().traceId).toBe(TRACE);
      if (span.name !== 'initRuntime') {
        expect(span.parentSpanContext?.spanId).toBe('aaaaaaaaaaaaaaaa');
      }
    }
    const [sent, served] = left.sdk;
    expect(sent).toMatchObject({ spanId: 'bbbbbbbbbbbbbbbb', parentSpanId: 'aaaaaaaaaaaaaaaa' });
    expect(served).toMatchObject({ spanId: 'aaaaaaaaaaaaaaaa', parentSpanId: CALLER, kind: 2 });
    expect(attributesOf(served)).toMatchObject({
      'faas.invocation_id': REQUEST,
      'faas.coldstart': true,
      'lambda.status': 'success',
      'lambda.duration_ms': expect.any(Number) as number,
    });
  });

  it('keeps what the SDK says of the cold start', () => {
    const scene = createScene();
    const attributes = { 'faas.execution': REQUEST, 'faas.coldstart': 'maybe' };
    scene.spans(server({ attributes }));
    scene.events(start(1000), done(1200));
    const [served] = scene.settle().sdk;
    expect(attributesOf(served)).toMatchObject(attributes);
    expect(attributesOf(served)).not.toHaveProperty(['faas.invocation_id']);
  });

  it('is an error where Lambda says so and the SDK did not see it', () => {
    const scene = createScene();
    scene.spans(server());
    scene.events(start(1000), done(1200, REQUEST, { status: 'timeout' }));
    const [served] = scene.settle().sdk;
    expect(attributesOf(served)).toMatchObject({ 'error.type': 'timeout' });
    expect(Buffer.from(bytesOf(served ?? child())).includes(Buffer.from([0x18, 2]))).toBe(true);
  });

  it('has one SERVER span where X-Ray gave the context, below its caller', () => {
    const scene = createScene();
    const runtime = 'cccccccccccccccc';
    scene.spans(server({ parent: runtime }), child({ id: 'dddddddddddddddd', parent: runtime }));
    const own = 'eeeeeeeeeeeeeeee';
    const doneTracing = x(runtime);
    const value = doneTracing.tracing.value.replace(CALLER, own);
    scene.events(
      start(1000, REQUEST, x(own)),
      done(1200, REQUEST, { tracing: { ...doneTracing.tracing, value } }),
    );
    const left = scene.settle();
    expect(namesOf(left)).not.toContain('runtime');
    expect(invocationOf(left)).toBeUndefined();
    expect(left.sdk).toMatchObject([
      { spanId: 'aaaaaaaaaaaaaaaa', parentSpanId: CALLER, isParentRemote: true },
      { spanId: 'dddddddddddddddd', parentSpanId: 'aaaaaaaaaaaaaaaa', isParentRemote: false },
    ]);
  });

  it('takes the outer of two SERVER spans that name it, the other becomes a step inside', () => {
    const scene = createScene();
    scene.spans(server({ id: '9999999999999999', parent: 'aaaaaaaaaaaaaaaa' }), server());
    scene.events(start(1000), done(1200));
    const left = scene.settle();
    expect(left.own[0]?.parentSpanContext?.spanId).toBe('aaaaaaaaaaaaaaaa');
    expect(left.sdk).toMatchObject([
      { spanId: '9999999999999999', parentSpanId: 'aaaaaaaaaaaaaaaa', kind: 1 },
      { spanId: 'aaaaaaaaaaaaaaaa', parentSpanId: CALLER, kind: 2 },
    ]);
  });

  it.each([
    ['of a caller', { parent: CALLER, isRemote: true }, true],
    ['without a caller', { parent: undefined, isRemote: false }, true],
    ['without a caller, with steps between that were lost', { parent: undefined }, false],
  ])('takes the outer SERVER span, also if there are steps between, %s', (_, caller, isSeen) => {
    const scene = createScene();
    const inner = { id: '9999999999999999', parent: '7777777777777777', isRemote: false };
    scene.spans(
      child({ parent: '9999999999999999' }),
      server({ ...inner, startMs: 1015 }),
      ...(isSeen ? [sdk({ id: '7777777777777777', parent: 'aaaaaaaaaaaaaaaa' })] : []),
      server({ isRemote: false, ...caller }),
    );
    scene.events(start(1000), done(1200));
    expect(scene.settle().sdk).toMatchObject([
      { parentSpanId: '9999999999999999', kind: 1 },
      { spanId: '9999999999999999', parentSpanId: '7777777777777777', kind: 1 },
      ...(isSeen ? [{ spanId: '7777777777777777', parentSpanId: 'aaaaaaaaaaaaaaaa' }] : []),
      { spanId: 'aaaaaaaaaaaaaaaa', parentSpanId: caller.parent, kind: 2 },
    ]);
  });

  // As OpenTelemetry's agent for Java makes them where it meets the runtime's own handlers too.
  it.each([
    ['both of one caller', { parent: CALLER, isRemote: true }],
    ['both without a caller', { parent: undefined }],
  ])('is served by that SERVER span of two that has spans below it, %s', (_, caller) => {
    const scene = createScene();
    const names = { kind: 2, attributes: { 'faas.invocation_id': REQUEST }, ...caller };
    scene.spans(
      sdk({ id: '9999999999999999', trace: OTHER_TRACE, ...names }),
      child(),
      sdk({ id: 'aaaaaaaaaaaaaaaa', ...names }),
    );
    scene.events(start(1000), done(1200));
    expect(scene.settle().sdk).toMatchObject([
      { traceId: TRACE, spanId: '9999999999999999', parentSpanId: 'aaaaaaaaaaaaaaaa', kind: 1 },
      { traceId: TRACE, spanId: 'bbbbbbbbbbbbbbbb', parentSpanId: 'aaaaaaaaaaaaaaaa', kind: 1 },
      { traceId: TRACE, spanId: 'aaaaaaaaaaaaaaaa', parentSpanId: caller.parent, kind: 2 },
    ]);
  });

  it('is served by the SERVER span with a caller, the other comes with all below it', () => {
    const scene = createScene();
    const outer = { id: '9999999999999999', trace: OTHER_TRACE, kind: 2 };
    scene.spans(
      sdk({ id: '6666666666666666', trace: OTHER_TRACE, parent: '7777777777777777' }),
      sdk({ id: '7777777777777777', trace: OTHER_TRACE, parent: '9999999999999999' }),
      sdk({ ...outer, attributes: { 'faas.invocation_id': REQUEST } }),
      server(),
    );
    scene.events(start(1000), done(1200));
    expect(scene.settle().sdk).toMatchObject([
      { traceId: TRACE, spanId: '6666666666666666', parentSpanId: '7777777777777777' },
      { traceId: TRACE, spanId: '7777777777777777', parentSpanId: '9999999999999999' },
      { traceId: TRACE, spanId: '9999999999999999', parentSpanId: 'aaaaaaaaaaaaaaaa', kind: 1 },
      { traceId: TRACE, spanId: 'aaaaaaaaaaaaaaaa', parentSpanId: CALLER, kind: 2 },
    ]);
  });

  it('leaves a further SERVER span in its own trace once spans below it have left', () => {
    const scene = createScene();
    scene.events(start(1000));
    scene.spans(sdk({ id: '7777777777777777', trace: OTHER_TRACE, parent: '9999999999999999' }));
    expect(scene.settle().sdk).toHaveLength(1);
    const further = { id: '9999999999999999', trace: OTHER_TRACE, kind: 2 };
    scene.spans(sdk({ ...further, attributes: { 'faas.invocation_id': REQUEST } }), server());
    scene.events(done(1200));
    expect(scene.settle().sdk).toMatchObject([
      { traceId: OTHER_TRACE, parentSpanId: undefined, kind: 1 },
      { traceId: TRACE, parentSpanId: CALLER, kind: 2 },
    ]);
  });

  it.each([
    ['without a parent', {}],
    ['of a caller', { parent: CALLER, isRemote: true }],
  ])('takes a further SERVER span that comes late into its trace, %s', (_, caller) => {
    const scene = createScene();
    scene.spans(server());
    scene.events(start(1000), done(1200));
    expect(scene.settle().sdk).toHaveLength(1);
    const attributes = { 'faas.invocation_id': REQUEST };
    scene.spans(
      sdk({ id: '9999999999999999', trace: OTHER_TRACE, kind: 2, attributes, ...caller }),
      sdk({ id: '8888888888888888', parent: 'aaaaaaaaaaaaaaaa', kind: 2, attributes }),
    );
    expect(scene.settle().sdk).toMatchObject([
      { traceId: TRACE, spanId: '9999999999999999', parentSpanId: 'aaaaaaaaaaaaaaaa', kind: 1 },
      { traceId: TRACE, spanId: '8888888888888888', parentSpanId: 'aaaaaaaaaaaaaaaa', kind: 1 },
    ]);
  });

  it('of an earlier try leaves the span of the next one to it', () => {
    const scene = createScene();
    scene.spans(server(), server({ id: '9999999999999999', startMs: 2010 }));
    scene.events(start(1000), done(1200), start(2000));
    expect(scene.settle().sdk).toMatchObject([{ spanId: 'aaaaaaaaaaaaaaaa', kind: 2 }]);
    scene.events(done(2200));
    const left = scene.settle();
    expect(left.sdk).toMatchObject([{ spanId: '9999999999999999', kind: 2 }]);
    expect(attributesOf(left.sdk[0])).toMatchObject({ 'lambda.status': 'success' });
  });

  it('is not taken for an earlier try of the same request, whose span has left', () => {
    const scene = createScene();
    scene.spans(server());
    scene.events(start(1000), done(1200));
    scene.settle();
    scene.events(start(2000));
    scene.spans(server({ id: '9999999999999999', startMs: 2010 }));
    expect(scene.settle().sdk).toEqual([]);
    scene.events(done(2200));
    const left = scene.settle();
    expect(invocationOf(left)).toBeUndefined();
    expect(left.sdk).toMatchObject([{ spanId: '9999999999999999', kind: 2 }]);
    expect(attributesOf(left.sdk[0])).toMatchObject({ 'lambda.status': 'success' });
  });

  it('takes spans below ours by hand into the trace of the SERVER span', () => {
    const scene = createScene();
    const own = 'eeeeeeeeeeeeeeee';
    const tracing = x(own);
    const byHand = { id: 'dddddddddddddddd', trace: TRACE, parent: own };
    scene.spans(sdk(byHand), server({ trace: OTHER_TRACE }));
    scene.events(start(1000, REQUEST, tracing), done(1200, REQUEST, tracing));
    expect(scene.settle().sdk).toMatchObject([
      { traceId: OTHER_TRACE, parentSpanId: 'aaaaaaaaaaaaaaaa' },
      { traceId: OTHER_TRACE, spanId: 'aaaaaaaaaaaaaaaa', parentSpanId: CALLER },
    ]);
  });

  it('has a root of its own above one manual root, in its trace', () => {
    const scene = createScene();
    scene.spans(sdk({ id: 'aaaaaaaaaaaaaaaa' }), child());
    scene.events(start(1000), done(1200));
    const left = scene.settle();
    const invocation = invocationOf(left);
    expect(invocation?.spanContext().traceId).toBe(TRACE);
    expect(invocation?.parentSpanContext).toBeUndefined();
    expect(left.sdk).toMatchObject([
      { parentSpanId: invocation?.spanContext().spanId },
      { parentSpanId: 'aaaaaaaaaaaaaaaa' },
    ]);
  });

  it('takes a manual SERVER span for its own, with both names of the request', () => {
    const scene = createScene();
    scene.spans(server({ attributes: {} }));
    scene.events(start(1000), done(1200));
    const left = scene.settle();
    expect(invocationOf(left)).toBeUndefined();
    expect(attributesOf(left.sdk[0])).toMatchObject({
      'faas.invocation_id': REQUEST,
      'faas.invocation.id': REQUEST,
    });
  });

  it('links to roots of several traces and names itself in them', () => {
    const scene = createScene();
    scene.spans(
      sdk({ id: 'aaaaaaaaaaaaaaaa' }),
      sdk({ id: 'bbbbbbbbbbbbbbbb', trace: OTHER_TRACE }),
    );
    scene.events(start(1000), done(1200));
    const left = scene.settle();
    const invocation = invocationOf(left);
    expect(invocation?.spanContext().traceId).toBe(OWN_TRACE);
    expect(invocation?.links.map(({ context }) => context.spanId)).toEqual([
      'aaaaaaaaaaaaaaaa',
      'bbbbbbbbbbbbbbbb',
    ]);
    expect(left.sdk.map(({ parentSpanId }) => parentSpanId)).toEqual([undefined, undefined]);
    for (const span of left.sdk) {
      expect(attributesOf(span)).toEqual({ 'faas.invocation_id': REQUEST });
    }
  });

  it('names itself in no root that names it already', () => {
    const scene = createScene();
    const attributes = { 'faas.invocation_id': REQUEST };
    const roots = [
      sdk({ id: 'aaaaaaaaaaaaaaaa', attributes }),
      sdk({ id: 'bbbbbbbbbbbbbbbb', trace: OTHER_TRACE, attributes }),
    ];
    scene.spans(...roots);
    scene.events(start(1000), done(1200));
    const left = scene.settle();
    expect(invocationOf(left)?.links).toHaveLength(2);
    expect(left.sdk.map((span) => bytesOf(span))).toEqual(roots.map((span) => bytesOf(span)));
  });

  it.each([
    ['a timeout', { status: 'timeout' }, 'timeout'],
    ['a failure', { status: 'failure', errorType: 'Sandbox.Failure' }, 'Sandbox.Failure'],
    ['an exit', { status: 'error', errorType: 'Runtime.ExitError' }, 'Runtime.ExitError'],
    ['the kernel', { status: 'error', errorType: 'Runtime.OutOfMemory' }, 'Runtime.OutOfMemory'],
  ])('is the span that %s kept from ending, for children that left before', (_, end, errorType) => {
    const scene = createScene();
    scene.events(start(1000));
    scene.spans(child(), child({ id: 'cccccccccccccccc' }));
    expect(scene.settle().sdk).toHaveLength(2);
    scene.events(done(4000, REQUEST, end));
    const invocation = invocationOf(scene.settle());
    expect(invocation?.spanContext()).toMatchObject({
      traceId: TRACE,
      spanId: 'aaaaaaaaaaaaaaaa',
    });
    expect(invocation?.attributes).toMatchObject({ 'error.type': errorType });
  });

  it.each([
    ['a success', {}],
    ['an error of the function', { status: 'error', errorType: 'TypeError' }],
  ])('keeps its own id where %s leaves children without a parent', (_, end) => {
    const scene = createScene();
    scene.spans(child());
    scene.events(start(1000), done(1200, REQUEST, end));
    expect(invocationOf(scene.settle())?.spanContext().traceId).toBe(OWN_TRACE);
  });

  it('links a late span of the SDK to ours, and waits one settling longer from then on', () => {
    const scene = createScene();
    scene.events(start(1000, 'a'), done(1200, 'a'));
    const ours = invocationOf(scene.settle());
    scene.spans(server({ attributes: { 'faas.invocation_id': 'a' } }));
    const [late] = scene.settle().sdk;
    const spanId = Buffer.from(ours?.spanContext().spanId ?? '', 'hex');
    expect(Buffer.from(bytesOf(late ?? child())).includes(spanId)).toBe(true);

    scene.events(start(2000, 'b'), done(2200, 'b'));
    expect(invocationOf(scene.settle())).toBeUndefined();
    scene.spans(server({ startMs: 2010, attributes: { 'faas.invocation_id': 'b' } }));
    const left = scene.settle();
    expect(invocationOf(left)).toBeUndefined();
    expect(left.sdk).toHaveLength(1);
    expect(left.own[0]?.parentSpanContext?.spanId).toBe('aaaaaaaaaaaaaaaa');
  });

  it('waits with the span of the SDK for the report', () => {
    const scene = createScene({ LAMBDA_OTLP_SPAN_AT: 'report' });
    scene.spans(server());
    scene.events(start(1000), done(1200));
    expect(scene.settle().sdk).toEqual([]);
    scene.events(report(1201));
    expect(attributesOf(scene.settle().sdk[0])).toHaveProperty(['lambda.billed_duration_ms']);
  });

  it('exports what settled before the first span of the SDK of a trace that it samples', () => {
    const scene = createScene({
      LAMBDA_OTLP_SPAN_AT: 'report',
      LAMBDA_OTLP_OTEL_TRACES_SAMPLER: 'sdk',
    });
    const caller = x('aaaaaaaaaaaaaaaa');
    scene.events(...init(0), start(1000, REQUEST, caller), done(1200, REQUEST, caller));
    expect(namesOf(scene.settle())).toEqual([]);
    scene.spans(server());
    scene.events(report(1201));
    expect(namesOf(scene.settle())).toEqual(expect.arrayContaining(['init', 'responseLatency']));
  });

  it('exports held lines in the trace that their span has moved to', () => {
    const scene = createScene({ LAMBDA_OTLP_KEEP: 'errors', LAMBDA_OTLP_OTHERS: 'none' });
    const text = `${timeText(1010)}\t${REQUEST}\tINFO\thello\n`;
    scene.events(start(1000), { time: timeText(1010), type: 'function', record: text });
    expect(scene.settle().logs).toEqual([]);
    scene.spans(sdk({ id: 'cccccccccccccccc' }));
    scene.events(done(1200, REQUEST, { status: 'error' }));
    const { own, logs } = scene.settle();
    const span = own.find(({ kind }) => kind === SpanKind.SERVER)?.spanContext();
    expect(span?.traceId).toBe(TRACE);
    const line = logs.find(({ body }) => body === 'hello');
    expect(line?.spanContext).toMatchObject({ traceId: TRACE, spanId: span?.spanId });
  });

  it('holds the span of the SDK until the request has ended', () => {
    const scene = createScene();
    scene.events(start(1000));
    scene.spans(server());
    expect(scene.settle().sdk).toEqual([]);
    expect(scene.settle().sdk).toEqual([]);
    expect(scene.settle('timeout').sdk).toHaveLength(1);
  });

  it('passes spans on at once when nothing is known of any request', () => {
    const scene = createScene();
    scene.spans(server(), child());
    expect(scene.settle().sdk).toHaveLength(2);
  });
});
