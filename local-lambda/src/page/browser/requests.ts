// Batches → requests: the spans and log lines of each, what failed, what was cold. Pure; a request whose
// span is still to come is there as soon as its first line is.
import type { PageAttributes, PageBatch, PageLog, PageMetric, PageSpan } from '../page-data';

export interface Request {
  /** Its request id, else its trace id. */
  readonly key: string;
  readonly requestId: string | undefined;
  readonly traceId: string;
  /** The invocation's span, else the root; undefined while only lines have come. */
  readonly main: PageSpan | undefined;
  readonly spans: readonly PageSpan[];
  readonly logs: readonly PageLog[];
  readonly title: string;
  readonly startMs: number;
  readonly failed: boolean;
  /** `error.type`, else Lambda's status; empty when it did not fail. */
  readonly error: string;
  readonly coldStart: boolean;
}

export interface Telemetry {
  /** Newest first. */
  readonly requests: readonly Request[];
  /** In the order of their times. */
  readonly logs: readonly PageLog[];
  readonly metrics: readonly PageMetric[];
}

const SERVER = 2;
const REQUEST_ID_KEYS = ['faas.invocation_id', 'faas.invocation.id'];

export function requestIdOf({
  attributes,
}: {
  readonly attributes: PageAttributes;
}): string | undefined {
  const found = REQUEST_ID_KEYS.map((key) => attributes[key]).find((id) => id !== undefined);
  return found === undefined ? undefined : String(found);
}

export interface Collected {
  readonly spans: PageSpan[];
  readonly logs: PageLog[];
  metrics: readonly PageMetric[];
  titles: Readonly<Record<string, string>>;
}

export function createCollected(): Collected {
  return { spans: [], logs: [], metrics: [], titles: {} };
}

/** Adds a batch to what was collected. */
export function collect(collected: Collected, batch: PageBatch): void {
  if (batch.fresh === true) {
    collected.spans.length = 0;
    collected.logs.length = 0;
    collected.metrics = [];
    collected.titles = {};
  }
  for (const span of batch.spans ?? []) collected.spans.push(span);
  for (const log of batch.logs ?? []) collected.logs.push(log);
  collected.metrics = batch.metrics ?? collected.metrics;
  collected.titles = { ...collected.titles, ...batch.titles };
}

function groupBy<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
): ReadonlyMap<string, readonly Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

/** One span a request: the invocations of a trace, or the root of a trace without any. */
function findMains(spans: readonly PageSpan[]): readonly PageSpan[] {
  const invocations = spans.filter(
    (span) => span.kind === SERVER && requestIdOf(span) !== undefined,
  );
  if (invocations.length > 0) return invocations;
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const roots = spans.filter(({ parentSpanId }) => !ids.has(parentSpanId));
  return (roots.length > 0 ? roots : spans).slice(0, 1);
}

interface Parts {
  readonly main: PageSpan | undefined;
  readonly requestId: string | undefined;
  readonly traceId: string;
  readonly spans: readonly PageSpan[];
  readonly logs: readonly PageLog[];
  readonly title: string | undefined;
}

function toRequest({ main, requestId, traceId, spans, logs, title }: Parts): Request {
  const failed = main?.failed ?? false;
  const { attributes = {} } = main ?? {};
  const error = attributes['error.type'] ?? attributes['lambda.status'] ?? 'error';
  return {
    key: requestId ?? traceId,
    requestId,
    traceId,
    main,
    spans,
    logs,
    title: title ?? main?.name ?? 'in progress',
    startMs: main?.startMs ?? logs[0]?.atMs ?? 0,
    failed,
    error: failed ? String(error) : '',
    coldStart: attributes['faas.coldstart'] === true,
  };
}

/** What the page shows of everything that was collected. */
export function toTelemetry({ spans, logs, metrics, titles }: Collected): Telemetry {
  const unique = [
    ...new Map(spans.map((span) => [`${span.traceId} ${span.spanId}`, span])).values(),
  ];
  const sortedLogs = [...logs].sort((a, b) => a.atMs - b.atMs);
  const logsOf = groupBy(sortedLogs, (log) => requestIdOf(log) ?? log.traceId);
  const tracesOf = groupBy(unique, ({ traceId }) => traceId);
  const requests = [...tracesOf].flatMap(([traceId, ofTrace]) =>
    findMains(ofTrace).map((main) => {
      const requestId = requestIdOf(main);
      const own = logsOf.get(requestId ?? traceId) ?? [];
      // Lines that name no request, as those of an init, belong to the trace.
      const ofTraceOnly = requestId === undefined ? [] : (logsOf.get(traceId) ?? []);
      const lines = [...own, ...ofTraceOnly].sort((a, b) => a.atMs - b.atMs);
      const title = titles[traceId];
      return toRequest({ main, requestId, traceId, spans: ofTrace, logs: lines, title });
    }),
  );
  const known = new Set(requests.flatMap(({ key, traceId }) => [key, traceId]));
  const inProgress = [...logsOf].flatMap(([key, lines]) => {
    const [first] = lines;
    if (key === '' || known.has(key) || first === undefined) return [];
    const requestId = requestIdOf(first);
    const { traceId } = first;
    return [
      toRequest({ main: undefined, requestId, traceId, spans: [], logs: lines, title: undefined }),
    ];
  });
  const newestFirst = [...requests, ...inProgress].sort((a, b) => b.startMs - a.startMs);
  return { requests: newestFirst, logs: sortedLogs, metrics };
}

const HAYSTACKS = new WeakMap<object, string>();

/** The text of an object of JSON, in lower case, made once. */
function textOf(item: object): string {
  const known = HAYSTACKS.get(item);
  if (known !== undefined) return known;
  const text = JSON.stringify(item).toLowerCase();
  HAYSTACKS.set(item, text);
  return text;
}

/** Every word of the query is somewhere in the item. */
export function matches(query: string, ...items: readonly object[]): boolean {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return words.every((word) => items.some((item) => textOf(item).includes(word)));
}

export function matchesRequest(query: string, request: Request): boolean {
  const { title, requestId = '', traceId } = request;
  return matches(query, { title, requestId, traceId }, ...request.spans, ...request.logs);
}
