// The extension makes a span of each invocation ("our span"), and the function's instrumentation may make a SERVER span
// of the same request: if there is one, it is completed and leaves instead of ours, so that each request is one
// trace with one SERVER span. Without it, our span takes its place in the trace of the function's own spans.
// Decided once, when the request settles, by what the spans say about themselves, never by when they arrived.
import { readAttributes } from '../relay/attributes';
import type { SpanEdit } from '../relay/edit-span';
import { bytesOf, HAS_IS_REMOTE, IS_REMOTE } from '../relay/item';
import type { ReceivedSpan } from '../relay/received-span';
import type { SpanIdentity } from './identity';

/** What a received span says; also kept for spans that have left already. */
export interface SeenSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly isParentRemote: boolean | undefined;
  readonly isServer: boolean;
  readonly invocationId: string | undefined;
  readonly startMs: number;
  /** The span itself as long as it is held, and can be changed. */
  readonly held: ReceivedSpan | undefined;
}

/** A request that settles. */
export interface SettlingRequest {
  readonly requestId: string;
  /** Our span's ids. */
  readonly identity: SpanIdentity;
  /** The id of the segment that X-Ray puts between our span and the function's own. */
  readonly runtimeSpanId: string | undefined;
  readonly startMs: number;
  readonly endMs: number;
  /** The runtime is gone: its open spans will never come. */
  readonly isDead: boolean;
  /** No other request was open: what starts during it belongs to it. */
  readonly isAlone: boolean;
}

export interface Joined {
  /** What children and log lines of the request hang below: the SERVER span, or ours in its place. */
  readonly identity: SpanIdentity;
  /** The SERVER span; absent: ours leaves. */
  readonly servedBy?: ReceivedSpan;
  /** Links from our span to spans of other traces. */
  readonly links: readonly SpanIdentity[];
  readonly edits: ReadonlyMap<ReceivedSpan, SpanEdit>;
}

/** The clocks of runtime and platform differ by less than this. */
const TOLERANCE_MS = 1;
const MAX_LINKS = 32;
const TRACE_FLAGS = 0xff;
/** OTLP's span kinds. */
const INTERNAL = 1;

const INVOCATION_ID = 'faas.invocation_id';
/** The field of a Span. */
const ATTRIBUTES = 9;

/** Undefined: nothing to join. */
export function join(request: SettlingRequest, seen: readonly SeenSpan[]): Joined | undefined {
  const [server, ...further] = findServers(request, seen);
  if (server !== undefined) return serveBy(server, request, { seen, further });
  if (!request.isAlone) return undefined;
  const own = seen.filter((span) => isWithin(span, request));
  const tops = own.filter((span) => isTop(span, request));
  if (tops.length > 0) return joinTops(tops, request, seen);
  return request.isDead ? replaceMissing(own, request) : undefined;
}

/**
 * The SERVER spans that name the request. First the one that served it: preferably one that is not below another of
 * them, then one with a caller, then one with spans below it, then the latest. OpenTelemetry's agent for Java makes up
 * to three, one for each method that the call passes through, and not always one below the other.
 */
function findServers(request: SettlingRequest, seen: readonly SeenSpan[]): readonly SeenSpan[] {
  const { requestId, endMs } = request;
  // What began after its end is of the next try, which has the same id.
  const servers = seen.filter(
    ({ invocationId, startMs, held }) =>
      invocationId === requestId && startMs <= endMs + TOLERANCE_MS && held !== undefined,
  );
  if (servers.length < 2) return servers;
  const inside = findInside(servers, request, seen);
  const parentIds = new Set(seen.map(({ parentSpanId }) => parentSpanId));
  const rank = (span: SeenSpan): number => {
    if (inside.has(span)) return 0;
    const called = span.parentSpanId === undefined ? 1 : isBelowOurs(span, request) ? 2 : 3;
    return 2 * called + (parentIds.has(span.spanId) ? 1 : 0);
  };
  return [...servers].sort((a, b) => rank(b) - rank(a) || b.startMs - a.startMs);
}

/**
 * Those of the SERVER spans that are below another of them, however far. One whose parent is in this process and was
 * never seen is taken for such a span, since what serves a request has its caller elsewhere.
 */
function findInside(
  servers: readonly SeenSpan[],
  request: SettlingRequest,
  seen: readonly SeenSpan[],
): ReadonlySet<SeenSpan> {
  if (servers.length < 2) return new Set();
  const all = new Set(servers);
  const findAbove = createFindAbove(seen);
  const isInside = (span: SeenSpan): boolean => {
    const above = findAbove(span);
    const top = above.at(-1) ?? span;
    const isLocal = top.parentSpanId !== undefined && top.isParentRemote === false;
    return above.some((one) => all.has(one)) || (isLocal && !isBelowOurs(top, request));
  };
  return new Set(servers.filter(isInside));
}

/** Finds the spans that a span is below, as far as they were seen; the outermost comes last. */
function createFindAbove(seen: readonly SeenSpan[]): (span: SeenSpan) => readonly SeenSpan[] {
  const byId = new Map(seen.map((span) => [`${span.traceId} ${span.spanId}`, span]));
  return (span) => {
    const above = new Set<SeenSpan>();
    for (let top: SeenSpan | undefined = span; top !== undefined;) {
      const parent = byId.get(`${top.traceId} ${top.parentSpanId ?? ''}`);
      top = parent === span || (parent && above.has(parent)) ? undefined : parent;
      if (top !== undefined) above.add(top);
    }
    return [...above];
  };
}

interface Beside {
  readonly seen: readonly SeenSpan[];
  /** Other SERVER spans that name the request. */
  readonly further?: readonly SeenSpan[];
}

function serveBy(
  server: SeenSpan,
  request: SettlingRequest,
  { seen, further = [] }: Beside,
): Joined | undefined {
  const { held: servedBy, traceId, spanId } = server;
  if (servedBy === undefined) return undefined;
  const serverIds = new Set([server, ...further].map((one) => one.spanId));
  const inside = findInside([server, ...further], request, seen);
  const loose = further.filter((span) => !inside.has(span));
  const below = seen.filter((span) => isBelowOurs(span, request));
  // A span between X-Ray's context and the server stays above it.
  const above = new Set(below.length === 0 ? [] : createFindAbove(seen)(server));
  const belowOurs = below.filter((span) => !serverIds.has(span.spanId) && !above.has(span));
  const edits = new Map(putInside([...loose, ...belowOurs], server, seen));
  for (const { held } of further) {
    if (held !== undefined) edits.set(held, { ...edits.get(held), kind: INTERNAL });
  }
  let { parentSpanId } = server;
  let parentIsRemote = server.isParentRemote !== false;
  // X-Ray's context: the parent is the span that ours would have been, or the segment below it.
  for (const span of below.filter((one) => one === server || above.has(one))) {
    const caller = request.identity.parentSpanId;
    if (span === server) [parentSpanId, parentIsRemote] = [caller, true];
    if (span.held !== undefined) edits.set(span.held, toParentEdit(span.held, caller, true));
  }
  const parent = parentSpanId === undefined ? {} : { parentSpanId, parentIsRemote };
  return { identity: { traceId, spanId, ...parent, sampled: true }, servedBy, links: [], edits };
}

/** Makes spans children of the server; those of another trace move together with all that is below them. */
function putInside(
  spans: readonly SeenSpan[],
  server: SeenSpan,
  seen: readonly SeenSpan[],
): ReadonlyMap<ReceivedSpan, SpanEdit> {
  const edits = new Map<ReceivedSpan, SpanEdit>();
  const add = (held: ReceivedSpan, edit: SpanEdit): void =>
    void edits.set(held, { ...edits.get(held), ...edit });
  const { traceId, spanId } = server;
  let children: ReadonlyMap<string, readonly SeenSpan[]> | undefined;
  for (const { held, ...span } of spans) {
    if (held === undefined) continue;
    if (span.traceId !== traceId) {
      children ??= byParent(seen);
      const below = allBelow(span, children);
      // What has left already would lose its parent.
      if (below.includes(undefined)) continue;
      for (const one of [held, ...below]) if (one !== undefined) add(one, { traceId });
    }
    add(held, toParentEdit(held, spanId, false));
  }
  return edits;
}

function byParent(seen: readonly SeenSpan[]): ReadonlyMap<string, readonly SeenSpan[]> {
  const children = new Map<string, SeenSpan[]>();
  for (const span of seen) {
    const parent = `${span.traceId} ${span.parentSpanId ?? ''}`;
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [span]);
    else siblings.push(span);
  }
  return children;
}

function allBelow(
  top: Pick<SeenSpan, 'traceId' | 'spanId'>,
  children: ReturnType<typeof byParent>,
): readonly SeenSpan['held'][] {
  const below = new Set(children.get(`${top.traceId} ${top.spanId}`));
  for (const { traceId, spanId } of below) {
    for (const child of children.get(`${traceId} ${spanId}`) ?? []) below.add(child);
  }
  return [...below].map(({ held }) => held);
}

function joinTops(
  tops: readonly SeenSpan[],
  request: SettlingRequest,
  seen: readonly SeenSpan[],
): Joined | undefined {
  const [first] = tops;
  if (first === undefined) return undefined;
  if (tops.length === 1 && first.isServer && first.held !== undefined) {
    return serveBy(first, request, { seen });
  }
  const { traceId, parentSpanId } = first;
  const isOneTrace = tops.every(
    (top) => top.traceId === traceId && top.parentSpanId === parentSpanId,
  );
  return isOneTrace ? adopt(tops, request) : linkTo(tops, request);
}

/** Our span becomes the parent of the topmost spans, in their trace and below their caller. */
function adopt(tops: readonly SeenSpan[], { identity }: SettlingRequest): Joined | undefined {
  const [first] = tops;
  if (first === undefined) return undefined;
  const { traceId, parentSpanId } = first;
  const { spanId } = identity;
  const parent = parentSpanId === undefined ? {} : { parentSpanId, parentIsRemote: true };
  return {
    identity: { traceId, spanId, ...parent, sampled: true },
    links: [],
    edits: toEdits(tops, (span) => toParentEdit(span, spanId, false)),
  };
}

/** There are several traces (messages of a batch): which of them is the request's is never guessed. */
function linkTo(tops: readonly SeenSpan[], request: SettlingRequest): Joined {
  const { identity, requestId } = request;
  const attributes = { [INVOCATION_ID]: requestId };
  return {
    identity,
    links: tops.slice(0, MAX_LINKS).map(({ traceId, spanId }) => ({ traceId, spanId })),
    edits: toEdits(tops, (span) =>
      readAttributes(bytesOf(span), ATTRIBUTES).has(INVOCATION_ID) ? {} : { attributes },
    ),
  };
}

/** Spans that were exported name a parent that never ends: our span is that parent. */
function replaceMissing(own: readonly SeenSpan[], request: SettlingRequest): Joined | undefined {
  const { identity } = request;
  const ids = new Set(own.map(({ spanId }) => spanId));
  const isCalled = (span: SeenSpan): boolean =>
    span.parentSpanId === identity.parentSpanId && span.traceId === identity.traceId;
  const orphans = own.filter(
    (span) =>
      span.parentSpanId !== undefined &&
      !ids.has(span.parentSpanId) &&
      !isBelowOurs(span, request) &&
      !isCalled(span),
  );
  const [first] = orphans;
  if (first === undefined || orphans.some(({ traceId }) => traceId !== first.traceId)) {
    return undefined;
  }
  const { traceId, parentSpanId: missing } = first;
  const { parentSpanId, parentIsRemote = false } = identity;
  const parent =
    traceId !== identity.traceId || parentSpanId === undefined
      ? {}
      : { parentSpanId, parentIsRemote };
  if (missing !== undefined && orphans.every((span) => span.parentSpanId === missing)) {
    const replaced = { traceId, spanId: missing, ...parent, sampled: true };
    return { identity: replaced, links: [], edits: new Map() };
  }
  const { spanId } = identity;
  return {
    identity: { traceId, spanId, ...parent, sampled: true },
    links: [],
    edits: toEdits(orphans, (span) => toParentEdit(span, spanId, false)),
  };
}

function isWithin({ startMs }: SeenSpan, request: SettlingRequest): boolean {
  return startMs >= request.startMs - TOLERANCE_MS && startMs <= request.endMs + TOLERANCE_MS;
}

/** Without a parent in this process; one that names another request is not this one's. */
function isTop(span: SeenSpan, request: SettlingRequest): boolean {
  const { parentSpanId, isParentRemote, invocationId } = span;
  if (invocationId !== undefined && invocationId !== request.requestId) return false;
  if (isBelowOurs(span, request)) return false;
  return parentSpanId === undefined || isParentRemote === true;
}

function isBelowOurs(span: SeenSpan, { identity, runtimeSpanId }: SettlingRequest): boolean {
  const { traceId, parentSpanId } = span;
  if (parentSpanId === undefined || traceId !== identity.traceId) return false;
  return parentSpanId === identity.spanId || parentSpanId === runtimeSpanId;
}

/**
 * Turns a late SERVER span of the request into a step beside or inside of the one that served it. It stays where it is
 * if it may be above that one, or if there are spans below it that would have to change to another trace.
 */
export function toInnerEdit(
  span: ReceivedSpan,
  { traceId, spanId, parentSpanId, parentIsRemote }: SpanIdentity,
  seen: readonly SeenSpan[],
): SpanEdit {
  if (parentIsRemote === false || parentSpanId === span.spanId) return { kind: INTERNAL };
  const isTop = span.parentSpanId === undefined || span.isParentRemote === true;
  const canMove =
    span.traceId === traceId || !seen.some(({ parentSpanId }) => parentSpanId === span.spanId);
  return {
    kind: INTERNAL,
    ...(isTop && canMove && { traceId, ...toParentEdit(span, spanId, false) }),
  };
}

function toEdits(
  spans: readonly SeenSpan[],
  toEdit: (span: ReceivedSpan) => SpanEdit,
): ReadonlyMap<ReceivedSpan, SpanEdit> {
  return new Map(
    spans.flatMap(({ held }) => (held === undefined ? [] : [[held, toEdit(held)] as const])),
  );
}

/** Without a parent the span becomes a root. */
function toParentEdit(
  { flags }: ReceivedSpan,
  parentSpanId: string | undefined,
  isRemote: boolean,
): SpanEdit {
  const remote = isRemote && parentSpanId !== undefined ? IS_REMOTE : 0;
  return {
    parentSpanId: parentSpanId ?? '',
    flags: ((flags & TRACE_FLAGS) | HAS_IS_REMOTE | remote) >>> 0,
  };
}
