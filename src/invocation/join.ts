// The extension makes a span of each invocation ("our span"), and the function's instrumentation may make a SERVER span
// of the same request: where that is there it stays, completed, and ours does not leave, so that each request is one
// trace with one SERVER span. Without it, our span takes its place in the trace of the function's own spans.
// Decided once, when the request settles, by what the spans say of themselves and never by when they arrived.
import type { SpanEdit } from '../relay/edit-span';
import { HAS_IS_REMOTE, IS_REMOTE } from '../relay/item';
import type { ReceivedSpan } from '../relay/received-span';
import type { SpanIdentity } from './identity';

/** What a received span says, also of one that has left already. */
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
  /** Our span's. */
  readonly identity: SpanIdentity;
  /** Of the segment that X-Ray puts between our span and the function's own. */
  readonly runtimeSpanId: string | undefined;
  readonly startMs: number;
  readonly endMs: number;
  /** The runtime is gone: its open spans will never come. */
  readonly isDead: boolean;
  /** No other request was open: what starts in its time is its own. */
  readonly isAlone: boolean;
}

export interface Joined {
  /** What children and log lines of the request hang below: the SERVER span, or ours in its place. */
  readonly identity: SpanIdentity;
  /** The SERVER span; absent: ours leaves. */
  readonly servedBy?: ReceivedSpan;
  /** From our span to those of other traces. */
  readonly links: readonly SpanIdentity[];
  readonly edits: ReadonlyMap<ReceivedSpan, SpanEdit>;
}

/** Clocks of runtime and platform differ by less. */
const TOLERANCE_MS = 1;
const MAX_LINKS = 32;
const TRACE_FLAGS = 0xff;

const INVOCATION_ID = 'faas.invocation_id';

/** Undefined: nothing to join. */
export function join(request: SettlingRequest, seen: readonly SeenSpan[]): Joined | undefined {
  const server = findServer(request.requestId, seen);
  if (server !== undefined) return serveBy(server, request, seen);
  if (!request.isAlone) return undefined;
  const own = seen.filter((span) => isWithin(span, request));
  const tops = own.filter((span) => isTop(span, request));
  if (tops.length > 0) return joinTops(tops, request, seen);
  return request.isDead ? replaceMissing(own, request) : undefined;
}

/** Of two (Java makes one in its core and one for the event) the outer one. */
function findServer(requestId: string, seen: readonly SeenSpan[]): SeenSpan | undefined {
  const servers = seen.filter(
    ({ invocationId, held }) => invocationId === requestId && held !== undefined,
  );
  const ids = new Set(servers.map(({ spanId }) => spanId));
  return servers.find(({ parentSpanId }) => !ids.has(parentSpanId ?? '')) ?? servers[0];
}

function serveBy(
  server: SeenSpan,
  request: SettlingRequest,
  seen: readonly SeenSpan[],
): Joined | undefined {
  const { held: servedBy, traceId, spanId } = server;
  if (servedBy === undefined) return undefined;
  const edits = new Map<ReceivedSpan, SpanEdit>();
  let { parentSpanId } = server;
  if (isBelowOurs(server, request)) {
    // X-Ray's context: the parent is the span that ours would have been, or the segment below it.
    parentSpanId = request.identity.parentSpanId;
    edits.set(servedBy, toParentEdit(servedBy, parentSpanId, true));
    for (const { held } of seen.filter((span) => isBelowOurs(span, request))) {
      if (held === undefined || held === servedBy) continue;
      edits.set(held, toParentEdit(held, spanId, false));
    }
  }
  const parent = parentSpanId === undefined ? {} : { parentSpanId, parentIsRemote: true };
  return { identity: { traceId, spanId, ...parent, sampled: true }, servedBy, links: [], edits };
}

function joinTops(
  tops: readonly SeenSpan[],
  request: SettlingRequest,
  seen: readonly SeenSpan[],
): Joined | undefined {
  const [first] = tops;
  if (first === undefined) return undefined;
  if (tops.length === 1 && first.isServer && first.held !== undefined) {
    return serveBy(first, request, seen);
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

/** Several traces (messages of a batch): which of them is the request's is never guessed. */
function linkTo(tops: readonly SeenSpan[], request: SettlingRequest): Joined {
  const { identity, requestId } = request;
  const attributes = { [INVOCATION_ID]: requestId };
  return {
    identity,
    links: tops.slice(0, MAX_LINKS).map(({ traceId, spanId }) => ({ traceId, spanId })),
    edits: toEdits(tops, () => ({ attributes })),
  };
}

/** Spans that were exported name a parent that never ends: our span is that parent. */
function replaceMissing(own: readonly SeenSpan[], request: SettlingRequest): Joined | undefined {
  const { identity } = request;
  const ids = new Set(own.map(({ spanId }) => spanId));
  const orphans = own.filter(
    (span) =>
      span.parentSpanId !== undefined && !ids.has(span.parentSpanId) && !isBelowOurs(span, request),
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
