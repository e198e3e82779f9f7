// Decides what is exported of each request: everything, because a rule keeps it or because it was sampled, or only what
// OTHERS allows. A request may be kept while it still runs but is dropped only when it is over; decisions are
// remembered for spans and lines that come late.
import { SeverityNumber } from '@opentelemetry/api-logs';
import type { HrTime } from '@opentelemetry/api';
import type { Fact, InvocationFact } from '../invocation/fact';
import type { SpanIdentity } from '../invocation/identity';
import { forgetOldest } from '../telemetry/recent-keys';
import { isDrawn, toRandomness, toThreshold } from './consistent-probability';
import type { Draw, Sampler } from './consistent-probability';
import type { KeepRules, RequestSigns } from './keep-rules';
import { isKeptEarly, isKeptInitialization, isKeptInvocation } from './keep-rules';
import type { ReadLine } from './read-lines';
import { readTracestate } from './received-marks';

export type Decision = 'kept' | 'drawn' | 'other';

export interface DecisionOptions {
  /** Applies before the rules, to our own spans alone; undefined means always_on. */
  readonly sampler?: Sampler;
  /** Keeps traces of which the function's SDK delivers spans, since the SDK has sampled them. */
  readonly followsSdk?: boolean;
  readonly rules: KeepRules;
  /** LAMBDA_OTLP_OTHERS. */
  readonly others: 'all' | 'summary' | 'none';
  /** LAMBDA_OTLP_OTHERS_RATIO. */
  readonly ratio: number;
}

interface RequestState {
  signs: RequestSigns;
  /** An event or a line of the request has arrived; otherwise only an item of the SDK named it. */
  isHeardOf: boolean;
  start?: HrTime;
  first?: SpanIdentity;
  decision?: Decision;
  draw?: Draw;
}

/** Traces and requests remembered for items that come late. */
const MAX_REMEMBERED = 256;
const NO_SIGNS: RequestSigns = {
  hasErrorLog: false,
  hasErrorSpan: false,
  httpStatusCode: undefined,
};

/** By which the sampler decides; of a line or a platform's event, that of its request. */
export function identityOf(fact: Fact<unknown>): SpanIdentity | undefined {
  if (fact.kind === 'childSpans') return fact.children[0]?.identity;
  return 'identity' in fact ? fact.identity : undefined;
}

export class Decisions {
  private readonly keptTraces = new Set<string>();
  private readonly requests = new Map<string, RequestState>();
  private readonly spanSigns = new Map<string, Partial<RequestSigns>>();
  /** Everything is exported, so nothing has to be decided. */
  private readonly isIdle: boolean;

  constructor(private readonly options: DecisionOptions) {
    this.isIdle = options.sampler === undefined && options.others === 'all';
  }

  /** Notes signs in what the function's SDK delivered. If they come late, they save what has not been dropped yet. */
  note(requestId: string, signs: Partial<RequestSigns>): void {
    if (this.isIdle) return;
    const state = this.stateOf(requestId);
    state.signs = { ...state.signs, ...signs };
    if (state.decision === 'other' && isKeptEarly(this.options.rules, state.signs, {})) {
      state.decision = 'kept';
    }
    this.forget();
  }

  /** Notes that the function's SDK delivered a span of this trace. */
  sawTrace(traceId: string): void {
    if (this.options.followsSdk === true) this.keepTrace(traceId);
  }

  /** Must be called with all facts of a settling before anything else. `now`: the latest event time seen so far. */
  observe(facts: readonly Fact<ReadLine>[], now: HrTime): void {
    if (this.isIdle) return;
    // Runs first, so that requests decided in this settling can still be looked up after it.
    this.forget();
    for (const fact of facts) this.look(fact);
    for (const fact of facts) if (fact.kind === 'invocation') this.decide(fact);
    this.keepEarly(now);
    if (this.options.sampler !== undefined) for (const fact of facts) this.followJoined(fact);
  }

  /** What is emitted of a request that was kept early may be in another trace since it was joined with the SDK's. */
  private followJoined(fact: Fact<ReadLine>): void {
    const identity = identityOf(fact);
    if (identity === undefined || !('requestId' in fact) || fact.requestId === undefined) return;
    if (this.of(fact.requestId) === 'kept') this.keepTrace(identity.traceId);
  }

  /** Like `note`, for a SERVER span that names no request: it may turn out to be a request's own span. */
  noteSpan(spanId: string | undefined, signs: Partial<RequestSigns>): void {
    if (spanId === undefined) return;
    this.spanSigns.set(spanId, signs);
    forgetOldest(this.spanSigns, MAX_REMEMBERED);
  }

  /** The span that the request's early lines name; another span may have replaced it since. */
  firstIdentityOf(requestId: string): SpanIdentity | undefined {
    return this.requests.get(requestId)?.first;
  }

  /** Undefined before the end of the request. */
  drawOf(requestId: string): Draw | undefined {
    return this.requests.get(requestId)?.draw;
  }

  /** True when our own spans with this identity are exported. */
  isSampled(identity: SpanIdentity): boolean {
    const { sampler } = this.options;
    return sampler === undefined || this.keptTraces.has(identity.traceId) || sampler(identity);
  }

  /** Undefined if the request is not decided yet or unknown. */
  of(requestId: string): Decision | undefined {
    return this.requests.get(requestId)?.decision;
  }

  isKnown(requestId: string): boolean {
    return this.requests.get(requestId)?.isHeardOf === true;
  }

  private look(fact: Fact<ReadLine>): void {
    if (fact.kind === 'line') {
      if (fact.requestId === undefined || fact.identity === undefined) return;
      const { severityNumber = 0, exception } = fact.line.content;
      const state = this.stateOf(fact.requestId);
      state.isHeardOf = true;
      if (severityNumber < SeverityNumber.ERROR && exception === undefined) return;
      if (!state.signs.hasErrorLog) state.signs = { ...state.signs, hasErrorLog: true };
    } else if (fact.kind === 'platformLog' && fact.event.type === 'platform.start') {
      const { requestId, time } = fact.event;
      // A retry of an asynchronous invocation has the same id but gets a decision of its own.
      if (this.of(requestId) !== undefined) this.requests.delete(requestId);
      const state = this.stateOf(requestId);
      state.start = time;
      if (fact.identity !== undefined) state.first = fact.identity;
      state.isHeardOf = true;
    } else if (fact.kind === 'initialization') {
      if (isKeptInitialization(this.options.rules, fact)) this.keepTrace(fact.identity.traceId);
    }
  }

  private decide(fact: InvocationFact): void {
    const { rules, ratio } = this.options;
    const state = this.stateOf(fact.requestId);
    const { servedBy, links } = fact;
    const { traceId, spanId, parentSpanId } = fact.identity;
    const randomness = toRandomness(traceId, servedBy && readTracestate(servedBy));
    if (this.options.followsSdk === true && links.some((link) => this.keptTraces.has(link.traceId)))
      this.keepTrace(traceId);
    state.isHeardOf = true;
    state.draw = { traceId, spanId, randomness, isRoot: parentSpanId === undefined };
    state.signs = { ...state.signs, ...this.spanSigns.get(spanId) };
    if (state.decision === 'kept' || isKeptInvocation(rules, fact, state.signs)) {
      state.decision = 'kept';
      this.keepTrace(traceId);
      // What settled before it was joined with the SDK's trace has another.
      if (state.first !== undefined) this.keepTrace(state.first.traceId);
    } else if (ratio > 0 && isDrawn(randomness, toThreshold(ratio))) {
      state.decision = 'drawn';
    } else {
      state.decision = 'other';
    }
  }

  private keepEarly(now: HrTime): void {
    for (const state of this.requests.values()) {
      if (state.decision !== undefined) continue;
      const { signs, start, first } = state;
      const running = start === undefined ? {} : { start, now };
      if (!isKeptEarly(this.options.rules, signs, running)) continue;
      state.decision = 'kept';
      if (first !== undefined) this.keepTrace(first.traceId);
    }
  }

  private stateOf(requestId: string): RequestState {
    let state = this.requests.get(requestId);
    if (state === undefined) {
      state = { signs: NO_SIGNS, isHeardOf: false };
      this.requests.set(requestId, state);
    }
    return state;
  }

  /** Forgets the oldest requests that are decided or that only an item of the SDK has named. */
  private forget(): void {
    let excess = this.requests.size - MAX_REMEMBERED;
    if (excess <= 0) return;
    for (const [requestId, { decision, isHeardOf }] of this.requests) {
      if (decision === undefined && isHeardOf) continue;
      this.requests.delete(requestId);
      excess -= 1;
      if (excess <= 0) return;
    }
  }

  private keepTrace(traceId: string): void {
    this.keptTraces.add(traceId);
    forgetOldest(this.keptTraces, MAX_REMEMBERED);
  }
}
