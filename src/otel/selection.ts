// Facts → spans and log records that leave: all of them, or by the decision about their request. What is not
// decided yet is held; what is dropped is counted, in a metric and on the span that stays.
import type { HrTime, SpanContext, TraceState } from '@opentelemetry/api';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { Fact } from '../invocation/fact';
import type { Threshold } from './consistent-probability';
import {
  KEEP_ALL,
  toThreshold,
  toRandomness,
  toShortThreshold,
  withThreshold,
} from './consistent-probability';
import type { Decision, DecisionOptions } from './decisions';
import { Decisions } from './decisions';
import type { HeldSignal, Holdable, HoldOptions } from './hold';
import { Hold, SPAN_BYTES, SPAN_SEVERITY, sizeOfRecord } from './hold';
import type { ReadLine } from './read-lines';
import type { Measurement } from './metrics';
import { Attribute } from './semconv';

export interface SelectionOptions extends DecisionOptions {
  /** LAMBDA_OTLP_OTHERS_LOGS: severity numbers from which a line outlives its request's detail. */
  readonly othersSeverity: number;
  readonly hold: HoldOptions;
}

/** What one fact makes; each is asked once, sampled or not. */
export interface Maker {
  toRecord(fact: Fact<ReadLine>): ReadableLogRecord | undefined;
  toSpans(fact: Fact<ReadLine>): readonly ReadableSpan[];
}

export interface Selected {
  readonly spans: ReadableSpan[];
  readonly logRecords: ReadableLogRecord[];
  readonly measurements: Measurement[];
}

/** One span or record on its way; `isSummary`: it stays where a summary does. */
type Item = Holdable & {
  readonly isSummary: boolean;
  /** Of the trace that its request was drawn by: an instrumented line may name another. */
  readonly isOfItsTrace: boolean;
} & (
    | { readonly signal: 'traces'; readonly span: ReadableSpan }
    | { readonly signal: 'logs'; readonly record: ReadableLogRecord }
  );

type Reason = 'sampled' | 'hold_full';
type Counts = Record<HeldSignal, number>;

/** Of a line without a level, for the order in which details go. */
const UNKNOWN_SEVERITY = 9;

export class Selection {
  readonly decisions: Decisions;
  private readonly hold: Hold<Item>;
  /** Of requests whose span has not left. */
  private readonly dropped = new Map<string, Counts>();
  private counted: Measurement[] = [];
  private readonly drawn: Threshold | undefined;

  constructor(private readonly options: SelectionOptions) {
    this.decisions = new Decisions(options);
    this.hold = new Hold(options.hold, (requestId, item) =>
      this.drop(requestId, item, 'hold_full'),
    );
    this.drawn = options.ratio > 0 ? toThreshold(options.ratio) : undefined;
  }

  /** `isEnding`: nothing is held back any more. */
  select(
    facts: readonly Fact<ReadLine>[],
    maker: Maker,
    { now, isEnding }: { readonly now: HrTime; readonly isEnding: boolean },
  ): Selected {
    this.decisions.observe(facts, now);
    const selected: Selected = { spans: [], logRecords: [], measurements: [] };
    if (this.options.others === 'all') {
      for (const fact of facts) for (const item of this.toItems(fact, maker)) push(selected, item);
      return selected;
    }
    this.releaseDecided(selected, isEnding);
    // Invocation spans come last: they tell what was dropped before they left.
    const spansLast = facts.filter(({ kind }) => kind === 'invocation');
    for (const fact of facts) if (fact.kind !== 'invocation') this.route(fact, maker, selected);
    if (isEnding) this.releaseDecided(selected, isEnding);
    for (const fact of spansLast) this.route(fact, maker, selected);
    selected.measurements.push(...this.counted);
    this.counted = [];
    this.forgetCounts();
    return selected;
  }

  /** The span of what is not kept has left with them; later details are counted in the metric only. */
  private forgetCounts(): void {
    for (const requestId of this.dropped.keys()) {
      const decision = this.decisions.of(requestId);
      if (decision !== undefined && decision !== 'kept') this.dropped.delete(requestId);
    }
  }

  private releaseDecided(selected: Selected, isEnding: boolean): void {
    for (const requestId of this.hold.requestIds) {
      const decision = this.decisions.of(requestId) ?? (isEnding ? 'kept' : undefined);
      if (decision === undefined) continue;
      for (const item of this.hold.take(requestId))
        this.settle(requestId, item, { decision, selected });
    }
  }

  private route(fact: Fact<ReadLine>, maker: Maker, selected: Selected): void {
    const requestId = requestOf(fact);
    for (const item of this.toItems(fact, maker)) {
      // Of no request, or of an earlier process's.
      if (requestId === undefined || !this.decisions.isKnown(requestId)) {
        push(selected, item);
        continue;
      }
      const decision = this.decisions.of(requestId);
      if (decision === undefined) this.hold.add(requestId, item);
      else this.settle(requestId, item, { decision, selected });
    }
    if (fact.kind === 'invocation') this.dropped.delete(fact.requestId);
  }

  private settle(
    requestId: string,
    item: Item,
    { decision, selected }: { readonly decision: Decision; readonly selected: Selected },
  ): void {
    const isSummary = item.isSummary && this.options.others === 'summary';
    if (decision === 'other' && !isSummary) {
      this.drop(requestId, item, 'sampled');
      return;
    }
    const isCertain = decision !== 'drawn' || isSummary;
    const threshold = isCertain ? KEEP_ALL : this.drawn;
    push(selected, this.mark(this.withCounts(requestId, item), threshold));
  }

  /** `th` tells of our ratio only: where a sampler draws as well, the probability is not known. */
  private mark(item: Item, threshold: Threshold | undefined): Item {
    if (threshold === undefined || this.options.sampler !== undefined) return item;
    if (!item.isOfItsTrace) return item;
    return item.signal === 'traces'
      ? { ...item, span: withTracestate(item.span, threshold) }
      : { ...item, record: withSampling(item.record, threshold) };
  }

  private drop(requestId: string, item: Item, reason: Reason): void {
    const { signal } = item;
    const counts = this.dropped.get(requestId) ?? { traces: 0, logs: 0 };
    counts[signal] += 1;
    this.dropped.set(requestId, counts);
    this.count(signal, reason, item.signal === 'traces' ? item.span.endTime : item.record.hrTime);
  }

  private count(signal: HeldSignal, reason: Reason, time: HrTime): void {
    const known = this.counted.findIndex(
      ({ attributes }) => attributes['signal'] === signal && attributes['reason'] === reason,
    );
    const value = (this.counted[known]?.value ?? 0) + 1;
    const measurement: Measurement = {
      instrument: 'lambda.detail.dropped',
      value,
      attributes: { signal, reason },
      time,
    };
    if (known === -1) this.counted.push(measurement);
    else this.counted[known] = measurement;
  }

  private withCounts(requestId: string, item: Item): Item {
    const counts = this.dropped.get(requestId);
    if (item.signal !== 'traces' || !item.isSummary || counts === undefined) return item;
    const attributes = { ...item.span.attributes };
    if (counts.traces > 0) attributes[Attribute.LAMBDA_SPANS_DROPPED] = counts.traces;
    if (counts.logs > 0) attributes[Attribute.LAMBDA_LOG_RECORDS_DROPPED] = counts.logs;
    return { ...item, span: { ...item.span, attributes } };
  }

  private toItems(fact: Fact<ReadLine>, maker: Maker): Item[] {
    const record = maker.toRecord(fact);
    if (record !== undefined) return [this.toLogItem(fact, record)];
    const spans = maker.toSpans(fact);
    if (!this.isSampled(fact)) return [];
    return spans.map((span, index) => ({
      signal: 'traces' as const,
      span,
      severity: SPAN_SEVERITY,
      bytes: SPAN_BYTES,
      isSummary: fact.kind === 'invocation' && index === 0,
      isOfItsTrace: true,
    }));
  }

  private toLogItem(fact: Fact<ReadLine>, record: ReadableLogRecord): Item {
    const severity: number = record.severityNumber ?? UNKNOWN_SEVERITY;
    const traceId = 'identity' in fact ? fact.identity?.traceId : undefined;
    const isReport = fact.kind === 'platformLog' && fact.event.type === 'platform.report';
    return {
      signal: 'logs',
      record,
      severity,
      bytes: sizeOfRecord(record),
      isSummary: isReport || severity >= this.options.othersSeverity,
      isOfItsTrace: traceId !== undefined && record.spanContext?.traceId === traceId,
    };
  }

  private isSampled(fact: Fact<ReadLine>): boolean {
    switch (fact.kind) {
      case 'invocation':
      case 'initialization':
        return this.decisions.isSampled(fact.identity);
      case 'childSpans':
        return fact.children.every(({ identity }) => this.decisions.isSampled(identity));
      default:
        return false;
    }
  }
}

function push(selected: Selected, item: Item): void {
  if (item.signal === 'traces') selected.spans.push(item.span);
  else selected.logRecords.push(item.record);
}

function requestOf(fact: Fact<ReadLine>): string | undefined {
  switch (fact.kind) {
    case 'line':
    case 'platformLog':
      return fact.identity === undefined ? undefined : fact.requestId;
    case 'invocation':
    case 'initialization':
    case 'childSpans':
      return fact.requestId;
    default:
      return undefined;
  }
}

// How spans and log records say by which threshold their request was drawn.

/** The span, saying by which threshold it was drawn. */
function withTracestate(span: ReadableSpan, threshold: Threshold): ReadableSpan {
  const context = span.spanContext();
  const text = withThreshold(context.traceState?.serialize() ?? '', threshold);
  const marked: SpanContext = { ...context, traceState: toTraceState(text) };
  return { ...span, spanContext: () => marked };
}

function toTraceState(text: string): TraceState {
  const state: TraceState = {
    serialize: () => text,
    get: () => undefined,
    set: () => state,
    unset: () => state,
  };
  return state;
}

/** As the Collector's probabilistic_sampler writes it. */
function withSampling(record: ReadableLogRecord, threshold: Threshold): ReadableLogRecord {
  const { spanContext } = record;
  if (spanContext === undefined) return record;
  const attributes = {
    ...record.attributes,
    [Attribute.SAMPLING_THRESHOLD]: toShortThreshold(threshold),
    [Attribute.SAMPLING_RANDOMNESS]: toRandomness(spanContext.traceId),
  };
  return { ...record, attributes };
}
