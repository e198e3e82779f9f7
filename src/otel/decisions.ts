// What becomes of each request: all of it leaves, by a rule or because it was drawn, or what OTHERS leaves of it.
// "Keep" may be decided while it runs, "drop" only when it is over; decisions are remembered for late spans and lines.
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
  /** Undefined: always_on. Decides first, on our own spans alone. */
  readonly sampler?: Sampler;
  /** Traces with spans that the function's SDK hands over are kept: the SDK has drawn them. */
  readonly followsSdk?: boolean;
  readonly rules: KeepRules;
  /** LAMBDA_OTLP_OTHERS. */
  readonly others: 'all' | 'summary' | 'none';
  /** LAMBDA_OTLP_OTHERS_RATIO. */
  readonly ratio: number;
}

interface RequestState {
  signs: RequestSigns;
  /** An event or a line of the request came. */
  isHeardOf: boolean;
  start?: HrTime;
  first?: SpanIdentity;
  decision?: Decision;
  draw?: Draw;
}

/** Traces and requests remembered, for what comes late. */
const MAX_REMEMBERED = 256;
const NO_SIGNS: RequestSigns = {
  hasErrorLog: false,
  hasErrorSpan: false,
  httpStatusCode: undefined,
};

export class Decisions {
  private readonly keptTraces = new Set<string>();
  private readonly requests = new Map<string, RequestState>();
  private readonly spanSigns = new Map<string, Partial<RequestSigns>>();
  /** Whether anything has to be decided at all. */
  private readonly isIdle: boolean;

  constructor(private readonly options: DecisionOptions) {
    this.isIdle = options.sampler === undefined && options.others === 'all';
  }

  /** Signs in what the function's SDK handed over. Late signs save at least what is still to come. */
  note(requestId: string, signs: Partial<RequestSigns>): void {
    if (this.isIdle) return;
    const state = this.stateOf(requestId);
    state.signs = { ...state.signs, ...signs };
    if (state.decision === 'other' && isKeptEarly(this.options.rules, state.signs, {})) {
      state.decision = 'kept';
    }
    this.forget();
  }

  /** The function's SDK handed over a span of this trace. */
  sawTrace(traceId: string): void {
    if (this.options.followsSdk === true) this.keepTrace(traceId);
  }

  /** Call with all facts of a settling before anything else. `now`: the latest time that anything is known about. */
  observe(facts: readonly Fact<ReadLine>[], now: HrTime): void {
    if (this.isIdle) return;
    // Not what is decided now: that is asked for after this.
    this.forget();
    for (const fact of facts) this.look(fact);
    for (const fact of facts) if (fact.kind === 'invocation') this.decide(fact);
    this.keepEarly(now);
  }

  /** The same of a SERVER span that names no request: it may turn out to serve one. */
  noteSpan(spanId: string | undefined, signs: Partial<RequestSigns>): void {
    if (spanId === undefined) return;
    this.spanSigns.set(spanId, signs);
    forgetOldest(this.spanSigns, MAX_REMEMBERED);
  }

  /** The span that its early lines name; another may have replaced it since. */
  firstIdentityOf(requestId: string): SpanIdentity | undefined {
    return this.requests.get(requestId)?.first;
  }

  /** Undefined before its end. */
  drawOf(requestId: string): Draw | undefined {
    return this.requests.get(requestId)?.draw;
  }

  /** True when our own spans with this identity are exported. */
  isSampled(identity: SpanIdentity): boolean {
    const { sampler } = this.options;
    return sampler === undefined || this.keptTraces.has(identity.traceId) || sampler(identity);
  }

  /** Undefined: still open, or never heard of. */
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
      // An asynchronous retry has its own decision under the same id.
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

  /** Forgets the oldest requests that are decided, or that only an item of the SDK has named. */
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
