// A request without a SERVER span of the function's SDK: our span takes a place among the spans that the function made
// by hand, or that of a span which a timeout or a crash kept from ending.
import { readAttributes } from '../relay/attributes';
import { bytesOf } from '../relay/item';
import type { SpanIdentity } from './identity';
import type { Joined, SettlingRequest } from './joined';
import { EditList, isBelowOurs, TOLERANCE_MS, toParentEdit } from './joined';
import type { ForestSpan, SpanForest } from './span-forest';

const MAX_LINKS = 32;

const INVOCATION_ID = 'faas.invocation_id';
/** The field of a Span. */
const ATTRIBUTES = 9;

/** `roots`: spans of the request without a parent in this process. */
export function joinRoots(
  roots: readonly ForestSpan[],
  request: SettlingRequest,
  forest: SpanForest,
): Joined | undefined {
  const [first] = roots;
  if (first === undefined) return undefined;
  const { traceId, parentSpanId } = first;
  const isOneTrace = roots.every(
    (root) => root.traceId === traceId && root.parentSpanId === parentSpanId,
  );
  const canGo = traceId === request.identity.traceId || !isNamed(request, forest);
  return isOneTrace && canGo ? adopt(roots, first, request) : linkTo(roots, request);
}

/** Spans of the function have ours for their parent, by X-Ray's context. */
function isNamed(request: SettlingRequest, forest: SpanForest): boolean {
  return forest.spans.some((span) => isBelowOurs(span, request));
}

/** Our span becomes the parent of the roots, in their trace and below their caller. */
function adopt(
  roots: readonly ForestSpan[],
  { traceId, parentSpanId }: ForestSpan,
  { identity: { spanId } }: SettlingRequest,
): Joined {
  const list = new EditList();
  for (const root of roots) list.add(root, (span) => toParentEdit(span, spanId, false));
  const parent = parentSpanId === undefined ? {} : { parentSpanId, parentIsRemote: true };
  const identity = { traceId, spanId, ...parent, sampled: true };
  return { identity, links: [], edits: list.edits };
}

/** There are several traces (messages of a batch): which of them is the request's is never guessed. */
function linkTo(
  roots: readonly ForestSpan[],
  { identity, requestId }: SettlingRequest,
  list = new EditList(),
): Joined {
  for (const root of roots) {
    list.add(root, (span) =>
      readAttributes(bytesOf(span), ATTRIBUTES).has(INVOCATION_ID)
        ? {}
        : { attributes: { [INVOCATION_ID]: requestId } },
    );
  }
  const inOrder = [...roots].sort(
    (a, b) => a.startMs - b.startMs || (a.spanId < b.spanId ? -1 : 1),
  );
  const links = inOrder.slice(0, MAX_LINKS).map(({ traceId, spanId }) => ({ traceId, spanId }));
  return { identity, links, edits: list.edits };
}

interface OwnSpans {
  /** All spans of the request. */
  readonly own: readonly ForestSpan[];
  readonly roots: readonly ForestSpan[];
}

/**
 * The runtime is gone, and spans name a parent that never ends: our span is that parent, in its trace. If there are
 * several such parents, our span is above their children.
 */
export function replaceMissing(
  { own, roots }: OwnSpans,
  request: SettlingRequest,
  forest: SpanForest,
): Joined | undefined {
  const orphans = findOrphans(own, request, forest);
  const [first] = orphans;
  if (first === undefined || orphans.some(({ traceId }) => traceId !== first.traceId)) {
    return undefined;
  }
  const { traceId, parentSpanId: missing } = first;
  const below = forest.spans.filter((span) => isBelowOurs(span, request));
  const isOurTrace = traceId === request.identity.traceId;
  // Spans that name ours would lose their parent.
  if (below.length > 0 && !isOurTrace) return undefined;
  const isOne = orphans.every(({ parentSpanId }) => parentSpanId === missing);
  const canReplace = isOne && !below.some(({ hasLeft }) => hasLeft);
  const spanId = canReplace && missing !== undefined ? missing : request.identity.spanId;
  const beside = roots.filter((root) => root.traceId === traceId);
  const parent = findCaller(beside) ?? (isOurTrace ? toParent(request.identity) : {});
  // A root with another caller stays where it is.
  const called = beside.filter(({ parentSpanId }) => parentSpanId === parent.parentSpanId);
  const list = new EditList();
  for (const span of [...called, ...(canReplace ? below : orphans)]) {
    list.add(span, (held) => toParentEdit(held, spanId, false));
  }
  const identity = { traceId, spanId, ...parent, sampled: true };
  const others = roots.filter((root) => root.traceId !== traceId);
  return linkTo(others, { ...request, identity }, list);
}

type Parent = Pick<SpanIdentity, 'parentSpanId' | 'parentIsRemote'>;

function toParent({ parentSpanId, parentIsRemote = false }: SpanIdentity): Parent {
  return parentSpanId === undefined ? {} : { parentSpanId, parentIsRemote };
}

/** The caller, if the roots name one and not several. */
function findCaller(roots: readonly ForestSpan[]): Parent | undefined {
  const callers = new Set(roots.flatMap(({ parentSpanId }) => parentSpanId ?? []));
  const [parentSpanId] = callers;
  return callers.size === 1 && parentSpanId !== undefined
    ? { parentSpanId, parentIsRemote: true }
    : undefined;
}

/**
 * Spans of the request whose parent is in this process and was never seen. In a trace that is older than the request,
 * the parent may have left long ago.
 */
function findOrphans(
  own: readonly ForestSpan[],
  request: SettlingRequest,
  forest: SpanForest,
): readonly ForestSpan[] {
  const { requestId, identity, startMs } = request;
  const isOther = ({ invocationId = requestId }: ForestSpan): boolean => invocationId !== requestId;
  const remote = forest.spans.filter(({ isParentRemote }) => isParentRemote === true);
  const callers = new Set(remote.map(({ traceId, parentSpanId }) => `${traceId} ${parentSpanId}`));
  if (identity.parentSpanId !== undefined) {
    callers.add(`${identity.traceId} ${identity.parentSpanId}`);
  }
  // An SDK that does not say whether the parent is remote.
  const mayBeCalled = ({ isServer, isParentRemote }: ForestSpan): boolean =>
    isServer && isParentRemote === undefined;
  const orphans = own.filter(
    (span) =>
      span.parentSpanId !== undefined &&
      forest.parentOf(span) === undefined &&
      !callers.has(`${span.traceId} ${span.parentSpanId}`) &&
      !mayBeCalled(span) &&
      !isOther(span) &&
      !isBelowOurs(span, request),
  );
  const sinceMs = startMs - TOLERANCE_MS;
  const older = forest.spans.filter((span) => span.startMs < sinceMs);
  const olderTraces = new Set(older.map(({ traceId }) => traceId));
  return orphans.filter(
    ({ traceId }) => !olderTraces.has(traceId) && !forest.mayBeForgotten(traceId, sinceMs),
  );
}
