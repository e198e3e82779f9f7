// Random requests of a function with an SDK, and what leaves of them.
import fc from 'fast-check';
import { TOLERANCE_MS } from '../../src/invocation/joined';
import { bytesOf } from '../../src/relay/item';
import type { ReceivedSpan } from '../../src/relay/received-span';
import { attributesOf, CALLER, createScene, OTHER_TRACE, sdk, TRACE } from '../otel/joined-scene';
import { done, init, report, start } from '../invocation/scenario';

export const SERVER = 2;
export const CONSUMER = 5;
const X_TRACE = '2af7651916cd43dd8448eb211c80319c';
const OTHER_CALLER = '11f067aa0ba902b7';
const LENGTH_MS = 2000;
const PERIOD_MS = 5000;

/** When a span is handed over: before the start of its request is known, while it runs, before or after its end. */
type Phase = 'before' | 'early' | 'held' | 'late';
const PHASES: readonly Phase[] = ['before', 'early', 'held', 'late'];

interface Draft {
  readonly trace: number;
  readonly parent: 'none' | 'caller' | 'otherCaller' | 'span' | 'missing' | 'ours' | 'runtime';
  readonly pick: number;
  readonly saysRemote: boolean;
  readonly kind: number;
  readonly names: 'nobody' | 'own' | 'other' | 'stranger';
  readonly startMs: number;
  readonly phase: Phase;
  readonly isTwice: boolean;
}

interface RequestDraft {
  readonly isDead: boolean;
  readonly hasTracing: boolean;
  readonly hasReport: boolean;
  readonly spans: readonly Draft[];
}

export interface MadeRequest extends RequestDraft {
  readonly requestId: string;
}

export interface Forest {
  readonly isConcurrent: boolean;
  readonly isAtReport: boolean;
  readonly requests: readonly MadeRequest[];
}

export interface MadeSpan {
  readonly number: number;
  readonly request: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly isParentRemote: boolean | undefined;
  readonly kind: number;
  readonly names: string | undefined;
  readonly phase: Phase;
  readonly isInTime: boolean;
  /** It comes while its request runs, and names our span. */
  readonly waits: boolean;
  /** Its parent is our span, or X-Ray's segment below that. */
  readonly namesOurs: boolean;
}

export interface LeftSpan {
  /** Undefined: ours. */
  readonly number: number | undefined;
  readonly requestId: unknown;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly isParentRemote: boolean | undefined;
  readonly kind: number;
  readonly rest: string;
}

export interface Played {
  readonly sent: readonly MadeSpan[];
  readonly left: readonly LeftSpan[];
}

const phase = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Phase>('held') },
  { weight: 2, arbitrary: fc.constantFrom(...PHASES) },
);

const draft: fc.Arbitrary<Draft> = fc.record({
  trace: fc.nat(2),
  parent: fc.constantFrom(
    ...([
      'none',
      'caller',
      'otherCaller',
      'span',
      'span',
      'span',
      'missing',
      'ours',
      'runtime',
    ] as const),
  ),
  pick: fc.nat(7),
  saysRemote: fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, fc.boolean()),
  kind: fc.constantFrom(1, SERVER, SERVER, 3, CONSUMER),
  names: fc.constantFrom(
    ...(['nobody', 'nobody', 'own', 'own', 'own', 'other', 'stranger'] as const),
  ),
  startMs: fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(0, 0, 1, 500, LENGTH_MS) },
    fc.integer({ min: -900, max: LENGTH_MS + 900 }),
  ),
  phase,
  isTwice: fc.oneof({ weight: 8, arbitrary: fc.constant(false) }, fc.constant(true)),
});

export const forest: fc.Arbitrary<Forest> = fc
  .record({
    isConcurrent: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, fc.boolean()),
    isAtReport: fc.boolean(),
    requests: fc.array(
      fc.record({
        isDead: fc.boolean(),
        hasTracing: fc.boolean(),
        hasReport: fc.boolean(),
        spans: fc.array(draft, { maxLength: 7 }),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  })
  .map(({ requests, ...rest }) => ({
    ...rest,
    requests: requests.map((request, index) => ({
      ...request,
      requestId: `0000000${index}-2f6c-4a2f-9c0b-0f6c2b1a7d3e`,
    })),
  }));

const ourIdOf = (request: number): string => `e${request}eeeeeeeeeeeeee`;
const runtimeIdOf = (request: number): string => `c${request}cccccccccccccc`;

function tracingOf(request: number, spanId: string, parent: string) {
  const value = `Root=1-${X_TRACE.slice(0, 8)}-${X_TRACE.slice(8, 31)}${request};Parent=${parent};Sampled=1`;
  return { tracing: { type: 'X-Amzn-Trace-Id', value, spanId } };
}

/** The spans of a request: their parents are of their trace, as SDKs have it, but may be anywhere in it. */
function makeSpans({ requests }: Forest, request: number, from: number): MadeSpan[] {
  const made = requests[request];
  if (made === undefined) return [];
  const { spans, hasTracing, isDead, requestId } = made;
  const other = requests[(request + 1) % requests.length]?.requestId ?? requestId;
  const xTrace = X_TRACE.slice(0, 31) + String(request);
  const traceOf = ({ trace, parent }: Draft): string => {
    const isOurs = parent === 'ours' || parent === 'runtime';
    return isOurs && hasTracing ? xTrace : ([TRACE, OTHER_TRACE, xTrace][trace] ?? TRACE);
  };
  const idOf = (index: number): string => `a${request}${String(index).padStart(14, '0')}`;
  return spans.map((span, index) => {
    const traceId = traceOf(span);
    const sameTrace = spans.flatMap((one, at) => (traceOf(one) === traceId ? [idOf(at)] : []));
    const { parent, pick, saysRemote } = span;
    const namesOurs = (parent === 'ours' || parent === 'runtime') && hasTracing;
    const parents: Record<Draft['parent'], string | undefined> = {
      none: undefined,
      caller: CALLER,
      otherCaller: OTHER_CALLER,
      span: sameTrace[pick % sameTrace.length],
      missing: `f${request}00000000000${pick % 2}00`,
      ours: namesOurs ? ourIdOf(request) : undefined,
      runtime: namesOurs ? runtimeIdOf(request) : undefined,
    };
    // Some SDKs do not say where the parent is.
    const isLocal = parent === 'span' || parent === 'missing';
    const names = { nobody: undefined, own: requestId, other, stranger: 'stranger' }[span.names];
    return {
      number: from + index,
      request,
      traceId,
      spanId: idOf(index),
      parentSpanId: parents[parent],
      isParentRemote: saysRemote ? !isLocal : undefined,
      kind: span.kind,
      names: span.kind === SERVER || span.kind === CONSUMER ? names : undefined,
      // A runtime that is gone hands nothing over.
      phase: isDead && span.phase === 'late' ? 'held' : span.phase,
      isInTime: span.startMs <= LENGTH_MS + TOLERANCE_MS,
      waits:
        span.phase === 'early' &&
        span.startMs >= -TOLERANCE_MS &&
        parent === 'ours' &&
        namesOurs &&
        (names === undefined || (span.kind !== SERVER && span.kind !== CONSUMER)),
      namesOurs,
    };
  });
}

function toReceived(span: MadeSpan, startMs: number): ReceivedSpan {
  const { traceId, spanId, parentSpanId, isParentRemote, kind, names, number } = span;
  return sdk({
    id: spanId,
    trace: traceId,
    parent: parentSpanId,
    isRemote: isParentRemote === true,
    saysRemote: isParentRemote !== undefined,
    kind,
    startMs,
    attributes: {
      number: String(number),
      ...(names !== undefined && { 'faas.invocation_id': names }),
    },
  });
}

/** `random`: shuffles what comes between two settlings. */
export function play(made: Forest, random?: () => number): Played {
  const { requests, isConcurrent, isAtReport } = made;
  const scene = createScene(isAtReport ? { LAMBDA_OTLP_SPAN_AT: 'report' } : {});
  const left: LeftSpan[] = [];
  const sent: MadeSpan[] = [];
  const settle = (reason?: string): void => {
    const { own, sdk: received } = scene.settle(reason);
    left.push(...received.map(toLeft));
    for (const span of own) {
      const { traceId, spanId } = span.spanContext();
      const { parentSpanContext: parent, kind, name, links } = span;
      left.push({
        number: undefined,
        requestId: span.attributes['faas.invocation_id'],
        traceId,
        spanId,
        parentSpanId: parent?.spanId,
        isParentRemote: parent?.isRemote,
        kind: kind + 1,
        rest: [name, ...links.map(({ context }) => context.traceId + context.spanId)].join(),
      });
    }
  };
  const batch = (...steps: readonly (() => void)[]): void => {
    const rest = [...steps];
    while (rest.length > 0) {
      const [step] = rest.splice(random === undefined ? 0 : random() % rest.length, 1);
      step?.();
    }
    settle();
  };
  const type = isConcurrent ? 'lambda-managed-instances' : 'on-demand';
  scene.events(...init(0, { initializationType: type }));
  for (const [index, request] of requests.entries()) {
    const base = 1000 + index * PERIOD_MS;
    const { requestId, hasTracing, isDead, hasReport, spans } = request;
    const own = makeSpans(made, index, sent.length * 100 + index * 10);
    const handOver = (in_: Phase): (() => void)[] =>
      own.flatMap((span, at) => {
        const { startMs = 0, isTwice = false } = spans[at] ?? {};
        if (span.phase !== in_) return [];
        return Array.from({ length: isTwice ? 2 : 1 }, () => () => {
          sent.push(span);
          scene.spans(toReceived(span, base + startMs));
        });
      });
    const started = hasTracing ? tracingOf(index, ourIdOf(index), CALLER) : {};
    const ended = hasTracing ? tracingOf(index, runtimeIdOf(index), ourIdOf(index)) : {};
    const status = isDead ? 'timeout' : 'success';
    batch(...handOver('before'));
    batch(() => scene.events(start(base, requestId, started)), ...handOver('early'));
    batch(
      () => scene.events(done(base + LENGTH_MS, requestId, { status, ...ended })),
      ...handOver('held'),
    );
    batch(...handOver('late'));
    if (hasReport) batch(() => scene.events(report(base + LENGTH_MS + 1, requestId, { status })));
  }
  settle('spindown');
  return { sent, left };
}

function toLeft(span: ReceivedSpan): LeftSpan {
  const { traceId = '', spanId = '', parentSpanId, isParentRemote, kind } = span;
  return {
    number: Number(attributesOf(span)['number']),
    requestId: undefined,
    traceId,
    spanId,
    parentSpanId,
    isParentRemote,
    kind,
    rest: Buffer.from(bytesOf(span)).toString('hex'),
  };
}
