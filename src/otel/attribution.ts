// Finds the request that a span or log record of the function's SDK belongs to: by the request id it names, by a trace
// that a request is known to have, or by its own time where requests do not overlap. Its arrival time says nothing.
import type { Fact } from '../invocation/fact';
import type { Surroundings } from '../invocation/requests';
import { toMs } from '../telemetry/timestamp';

export interface Whereabouts {
  readonly invocationId?: string | undefined;
  readonly traceId: string | undefined;
  /** Unix milliseconds; 0: unknown. */
  readonly timeMs: number;
}

interface KnownRequest {
  startMs: number | undefined;
  endMs: number | undefined;
  traceIds: readonly string[];
  serverSpanId: string | undefined;
}

type Entry = readonly [requestId: string, request: KnownRequest];

const MAX_REMEMBERED = 256;
/** Bounds the requests learned within one settling. */
const MAX_KNOWN = 2048;
/** Trace ids remembered for each request; items of further traces are found by their time. */
const MAX_TRACES = 64;
/** The clocks of the runtime and the platform differ by less than this. */
const TOLERANCE_MS = 1;

export class Attribution {
  private readonly requests = new Map<string, KnownRequest>();
  /** The requests that have spans of a trace: thousands of items may ask for theirs within one settling. */
  private readonly byTrace = new Map<string, readonly string[]>();

  /** Must be called with all facts of a settling before `find`. */
  learn(facts: readonly Fact<unknown>[]): void {
    this.forgetBeyond(MAX_REMEMBERED);
    for (const fact of facts) {
      if (fact.kind === 'platformLog' && fact.event.type === 'platform.start') {
        const { requestId, time } = fact.event;
        const traceIds = this.requests.get(requestId)?.traceIds ?? [];
        this.forget(requestId);
        this.of(requestId).startMs = toMs(time);
        // Its SERVER span may have come first.
        for (const traceId of traceIds) this.own(requestId, traceId);
        if (fact.identity !== undefined) this.own(requestId, fact.identity.traceId);
      } else if (fact.kind === 'invocation') {
        const known = this.of(fact.requestId);
        known.startMs ??= toMs(fact.start);
        known.endMs = toMs(fact.end);
        known.serverSpanId = fact.servedBy && fact.identity.spanId;
        for (const { traceId } of [fact.identity, ...fact.links]) {
          this.own(fact.requestId, traceId);
        }
      }
    }
  }

  /** Notes that the request has spans in this trace. */
  own(requestId: string, traceId: string): void {
    const known = this.of(requestId);
    if (known.traceIds.includes(traceId) || known.traceIds.length >= MAX_TRACES) return;
    known.traceIds = known.traceIds.concat(traceId);
    this.byTrace.set(traceId, [...(this.byTrace.get(traceId) ?? []), requestId]);
  }

  /** True if this is the SDK's span that is exported instead of ours. */
  isServer(requestId: string, spanId: string | undefined): boolean {
    return spanId !== undefined && this.requests.get(requestId)?.serverSpanId === spanId;
  }

  /** Undefined if the item belongs to no request, or its request is not known yet. */
  find(item: Whereabouts, { isConcurrent, awaited }: Surroundings): string | undefined {
    const { invocationId, traceId, timeMs } = item;
    if (invocationId !== undefined) return invocationId;
    const ofTrace = this.ofTrace(traceId);
    const candidates = ofTrace.length > 0 ? ofTrace : this.requests;
    const running: Entry[] = [];
    for (const entry of candidates) if (isWithin(timeMs, entry[1])) running.push(entry);
    const isGuess = isConcurrent && ofTrace.length === 0 && running.length > 1;
    const [found] = running.length > 0 ? running.reduce(laterStart) : [undefined];
    if (found !== undefined) return isGuess ? undefined : found;
    // Where several requests share one trace, the item may belong to one that is still to come.
    return awaited === undefined ? ofTrace.at(-1)?.[0] : undefined;
  }

  /** True if the item may belong to a request that is still running. */
  hasOpen({ timeMs }: Whereabouts): boolean {
    for (const request of this.requests.values())
      if (request.endMs === undefined && isWithin(timeMs, request)) return true;
    return false;
  }

  private ofTrace(traceId: string | undefined): readonly Entry[] {
    const requestIds = traceId === undefined ? undefined : this.byTrace.get(traceId);
    return (requestIds ?? []).flatMap((requestId) => {
      const request = this.requests.get(requestId);
      return request === undefined ? [] : [[requestId, request] as const];
    });
  }

  private of(requestId: string): KnownRequest {
    let known = this.requests.get(requestId);
    if (known === undefined) {
      known = { startMs: undefined, endMs: undefined, traceIds: [], serverSpanId: undefined };
      this.requests.set(requestId, known);
      this.forgetBeyond(MAX_KNOWN);
    }
    return known;
  }

  private forgetBeyond(most: number): void {
    for (const requestId of this.requests.keys()) {
      if (this.requests.size <= most) return;
      this.forget(requestId);
    }
  }

  private forget(requestId: string): void {
    for (const traceId of this.requests.get(requestId)?.traceIds ?? []) {
      const others = this.byTrace.get(traceId)?.filter((other) => other !== requestId) ?? [];
      if (others.length === 0) this.byTrace.delete(traceId);
      else this.byTrace.set(traceId, others);
    }
    this.requests.delete(requestId);
  }
}

function isWithin(timeMs: number, { startMs, endMs }: KnownRequest): boolean {
  if (startMs === undefined || timeMs < startMs - TOLERANCE_MS) return false;
  return endMs === undefined || timeMs <= endMs + TOLERANCE_MS;
}

function laterStart(one: Entry, other: Entry): Entry {
  return (other[1].startMs ?? 0) >= (one[1].startMs ?? 0) ? other : one;
}
