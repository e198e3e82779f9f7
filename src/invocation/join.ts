// The extension makes a span of each invocation ("our span"), and the function's instrumentation may make a SERVER span
// of the same request: if there is one, it is completed and leaves instead of ours, so that each request is one
// trace with one SERVER span. Without it, our span takes its place in the trace of the function's own spans.
// Decided once, when the request settles, by what the spans say about themselves, never by when they arrived.
import type { SpanEdit } from '../relay/edit-span';
import type { ReceivedSpan } from '../relay/received-span';
import { defined } from '../telemetry/fields';
import { groupBy } from './group-by';
import type { SpanIdentity } from './identity';
import { joinRoots, replaceMissing } from './join-roots';
import type { Joined, SettlingRequest } from './joined';
import { EditList, isBelowOurs, TOLERANCE_MS, toParentEdit } from './joined';
import type { ForestSpan, SpanForest } from './span-forest';

/** OTLP's span kind. */
const INTERNAL = 1;

/** Undefined: nothing to join. */
export function join(request: SettlingRequest, forest: SpanForest): Joined | undefined {
  const servers = findServers(request, forest);
  if (servers !== undefined) return serveBy(servers, request, forest);
  if (!request.isAlone) return undefined;
  const own = forest.spans.filter((span) => isWithin(span, request));
  const roots = own.filter((span) => isRoot(span, request));
  const [root] = roots;
  if (roots.length === 1 && root?.isServer === true && root.held.length > 0) {
    return serveBy({ server: root, further: [], beside: [] }, request, forest);
  }
  const replaced = request.isDead ? replaceMissing({ own, roots }, request, forest) : undefined;
  return replaced ?? joinRoots(roots, request, forest);
}

/** The SERVER spans of a request. */
interface Servers {
  /** The one that is taken for the request's own. */
  readonly server: ForestSpan;
  readonly further: readonly ForestSpan[];
  /** Those of the further ones that are below none of the others. */
  readonly beside: readonly ForestSpan[];
}

/**
 * Among the SERVER spans that name the request, that which served it is preferably one that is not below another, then
 * one with a caller, then one with spans below it, then the latest. OpenTelemetry's agent for Java makes up to three,
 * one for each method that the call passes through, and not always one below the other.
 */
function findServers(request: SettlingRequest, forest: SpanForest): Servers | undefined {
  const { requestId, endMs } = request;
  // What began after its end is of the next try, which has the same id.
  const servers = forest.spans.filter(
    ({ invocationId, startMs, held }) =>
      invocationId === requestId && startMs <= endMs + TOLERANCE_MS && held.length > 0,
  );
  const inside = servers.length > 1 ? findInside(servers, request, forest) : undefined;
  const rank = (span: ForestSpan): number => {
    if (inside?.has(span) === true) return 0;
    const called = span.parentSpanId === undefined ? 1 : isBelowOurs(span, request) ? 2 : 3;
    return 2 * called + (forest.isParent(span) ? 1 : 0);
  };
  const [server, ...further] =
    inside === undefined
      ? servers
      : servers.sort((a, b) => rank(b) - rank(a) || b.startMs - a.startMs || compareIds(a, b));
  if (server === undefined) return undefined;
  return { server, further, beside: further.filter((span) => inside?.has(span) !== true) };
}

/** So that the order of arrival decides nothing. */
function compareIds(a: ForestSpan, b: ForestSpan): number {
  return a.traceId + a.spanId < b.traceId + b.spanId ? -1 : 1;
}

/**
 * Those of the SERVER spans that are below another of them, however far. One whose parent is in this process and was
 * never seen is taken for such a span, since what serves a request has its caller elsewhere.
 */
function findInside(
  servers: readonly ForestSpan[],
  request: SettlingRequest,
  forest: SpanForest,
): ReadonlySet<ForestSpan> {
  const below = forest.below(servers);
  return new Set(servers.filter((span) => below.has(span) || isBelowUnseen(span, request, forest)));
}

/** It is below a span of this process that has not come, and is not ours. */
function isBelowUnseen(span: ForestSpan, request: SettlingRequest, forest: SpanForest): boolean {
  const top = forest.topOf(span);
  // An SDK that does not say where the parent is: what serves has its caller elsewhere.
  const { parentSpanId, isServer, isParentRemote = isServer } = top;
  const isUnseen = parentSpanId !== undefined && forest.parentOf(top) === undefined;
  return isUnseen && !isParentRemote && !isBelowOurs(top, request);
}

function serveBy(
  { server, further, beside }: Servers,
  request: SettlingRequest,
  forest: SpanForest,
): Joined | undefined {
  const [servedBy] = server.held;
  if (servedBy === undefined) return undefined;
  const { traceId, spanId } = server;
  const caller = request.identity.parentSpanId;
  const isCalled = isBelowOurs(server, request);
  const parentSpanId = isCalled ? caller : server.parentSpanId;
  const parentIsRemote = isCalled || isCalledAsOurs(server, request) || server.isParentRemote;
  // X-Ray's context: they name ours, which does not leave, or the segment below it.
  const below = forest.spans.filter((span) => isBelowOurs(span, request));
  const above = toAbove(server, request, forest);
  // A further server whose parent has come stays below that.
  const alone = beside.filter((span) => forest.parentOf(span) === undefined);
  const loose = new Set([...alone, ...below].filter((span) => !above(span)));
  const list = new EditList();
  for (const one of further) list.add(one, { kind: INTERNAL });
  putInside([...loose], server, { request, forest, list });
  for (const span of below) {
    if (above(span)) list.add(span, (held) => toParentEdit(held, caller, true));
  }
  const identity = { traceId, spanId, ...defined({ parentSpanId, parentIsRemote }), sampled: true };
  return { identity, servedBy, links: [], edits: list.edits };
}

/** X-Ray's caller, which is elsewhere, called it. */
function isCalledAsOurs(span: ForestSpan, { identity }: SettlingRequest): boolean {
  const { traceId, parentSpanId } = identity;
  return (
    span.traceId === traceId && span.parentSpanId === parentSpanId && parentSpanId !== undefined
  );
}

/**
 * Whether a span is above the server, or may be above one that is still to come above it: below the server, it would go
 * round in a circle. Here even a server's parent counts as local unless somebody says that it is remote.
 */
function toAbove(
  server: ForestSpan,
  request: SettlingRequest,
  forest: SpanForest,
): (span: ForestSpan) => boolean {
  const upwards = new Set([server, ...forest.above(server)]);
  const top = forest.topOf(server);
  const { traceId, parentSpanId, isParentRemote } = top;
  const isOutermost =
    parentSpanId === undefined ||
    isParentRemote === true ||
    forest.parentOf(top) !== undefined ||
    isBelowOurs(top, request) ||
    isCalledAsOurs(top, request);
  return (span) =>
    upwards.has(span) ||
    (!isOutermost && span.traceId === traceId && span.parentSpanId !== parentSpanId);
}

interface Decision {
  readonly request: SettlingRequest;
  readonly forest: SpanForest;
  readonly list: EditList;
}

/** Makes spans children of the server. Those of another trace change to its trace, with all that is below them. */
function putInside(
  spans: readonly ForestSpan[],
  { traceId, spanId }: ForestSpan,
  { request, forest, list }: Decision,
): void {
  for (const [from, tops] of groupBy(spans, (span) => span.traceId)) {
    if (from !== traceId) {
      const moving = [...new Set([...tops, ...forest.below(tops)])];
      const isCut = (span: ForestSpan): boolean => isBelowUnseen(span, request, forest);
      if (!forest.canMove(moving, traceId, isCut)) continue;
      for (const one of moving) list.add(one, { traceId });
    }
    for (const top of tops) list.add(top, (held) => toParentEdit(held, spanId, false));
  }
}

function isWithin({ startMs }: ForestSpan, request: SettlingRequest): boolean {
  return startMs >= request.startMs - TOLERANCE_MS && startMs <= request.endMs + TOLERANCE_MS;
}

/** Without a parent in this process; one that names another request is not this one's. */
function isRoot(span: ForestSpan, request: SettlingRequest): boolean {
  const { parentSpanId, isParentRemote, invocationId } = span;
  if (invocationId !== undefined && invocationId !== request.requestId) return false;
  if (isBelowOurs(span, request)) return false;
  return parentSpanId === undefined || isParentRemote === true;
}

/**
 * Turns a late SERVER span of the request into a step beside or inside of the one that served it. It stays where it is
 * if it may be above that one, or if other spans of its trace have come, which may be below it.
 */
export function toInnerEdit(
  span: ReceivedSpan,
  { traceId, spanId, parentSpanId, parentIsRemote }: SpanIdentity,
  forest: SpanForest,
): SpanEdit {
  const { traceId: own = '', spanId: id = '', startMs } = span;
  // A span that is still to come may be between them, and not every SDK says where the parent is.
  const isBeside =
    parentSpanId === undefined || parentSpanId === span.parentSpanId || own !== traceId;
  if (parentIsRemote !== true && !isBeside) return { kind: INTERNAL };
  if (parentSpanId === span.spanId) return { kind: INTERNAL };
  const isTop = span.parentSpanId === undefined || span.isParentRemote === true;
  const canMove = own === traceId || !forest.hasCompany({ traceId: own, spanId: id, startMs });
  return {
    kind: INTERNAL,
    ...(isTop && canMove && { traceId, ...toParentEdit(span, spanId, false) }),
  };
}
