// Facts → the spans and log records that are exported: all of them, or what the decision about their request leaves.
// The same holds for items of the function's SDK. What is not decided yet is held; what is dropped is counted, in a
// metric and on the span that is exported.
import type { HrTime, Attributes } from '@opentelemetry/api';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { Fact } from '../invocation/fact';
import type { ReceivedLogRecord } from '../relay/scan-request';
import type { ReceivedSpan } from '../relay/received-span';
import type { DecisionOptions } from './decisions';
import { Decisions, identityOf } from './decisions';
import type { HoldOptions, HeldSignal } from './hold';
import { Hold } from './hold';
import { ItemMarks, toReceivedItem, toRecordItem, toSpanItem } from './item-marks';
import type { Item } from './item-marks';
import { hasRules } from './keep-rules';
import type { Measurement } from './metrics';
import type { ReadLine } from './read-lines';
import type { TakingContext } from './received-intake';
import { ReceivedIntake } from './received-intake';
import { Attribute } from './semconv';

export interface SelectionOptions extends DecisionOptions {
  /** LAMBDA_OTLP_OTHERS_LOGS: lines from this severity number on are exported even if their request is not kept. */
  readonly othersSeverity: number;
  readonly hold: HoldOptions;
  /** The function's SDK is known to keep every trace that begins there. */
  readonly isWholeAtRoot?: boolean;
}

/** Makes the items of one fact; called once for each, sampled or not. */
export interface Maker {
  toLogRecord(fact: Fact<ReadLine>): ReadableLogRecord | undefined;
  toSpans(fact: Fact<ReadLine>): readonly ReadableSpan[];
}

export interface SelectionContext extends TakingContext {
  readonly now: HrTime;
}

export interface Selected {
  readonly spans: ReadableSpan[];
  readonly logRecords: ReadableLogRecord[];
  readonly receivedSpans: ReceivedSpan[];
  readonly receivedRecords: ReceivedLogRecord[];
  readonly measurements: Measurement[];
}

type Owner = readonly [requestId: string | undefined, item: Item];

export class Selection {
  readonly decisions: Decisions;
  readonly intake: ReceivedIntake;
  private readonly hold: Hold<Item>;
  private readonly counts = new DropCounts();
  private readonly marks: ItemMarks;
  private readonly hasRules: boolean;
  private now: HrTime = [0, 0];

  constructor(private readonly options: SelectionOptions) {
    this.hasRules = hasRules(options.rules);
    this.decisions = new Decisions(options);
    this.intake = new ReceivedIntake(this.decisions, options);
    this.hold = new Hold(options.hold, (requestId, { signal }) =>
      this.counts.add(requestId, { signal, reason: 'hold_full', time: this.now }),
    );
    this.marks = new ItemMarks(options, this.decisions);
  }

  select(facts: readonly Fact<ReadLine>[], maker: Maker, context: SelectionContext): Selected {
    this.now = context.now;
    this.intake.observe(facts, context);
    this.decisions.observe(facts, context.now);
    const selected: Selected = {
      spans: [],
      logRecords: [],
      receivedSpans: [],
      receivedRecords: [],
      measurements: [],
    };
    if (this.options.others === 'all') {
      this.releaseDecided(selected, context.isEnding);
      for (const fact of facts) this.passOn(fact, maker, selected);
      if (context.isEnding) this.releaseDecided(selected, true);
      selected.measurements.push(...this.counts.take());
      this.counts.forget(() => true);
      for (const span of context.takeJoined()) selected.receivedSpans.push(span);
      return selected;
    }
    this.selectByDecision(facts, maker, { context, selected });
    return selected;
  }

  /** Everything is exported but what the sampler drops, which waits as long as its request may still be kept. */
  private passOn(fact: Fact<ReadLine>, maker: Maker, selected: Selected): void {
    const record = maker.toLogRecord(fact);
    if (record !== undefined) {
      selected.logRecords.push(record);
      return;
    }
    // Made whether they are exported or not: a joined span of the SDK's is completed by it.
    const spans = maker.toSpans(fact);
    const identity = identityOf(fact);
    const requestId = requestOf(fact);
    if (identity === undefined) return;
    if (this.decisions.isSampled(identity)) selected.spans.push(...spans);
    else if (requestId !== undefined && this.mayBeKept(requestId)) {
      for (const span of spans) {
        this.hold.add(requestId, toSpanItem(span, { identity, isSummary: false }));
      }
    }
  }

  private mayBeKept(requestId: string): boolean {
    const { decisions } = this;
    const isOpen = decisions.isKnown(requestId) && decisions.of(requestId) === undefined;
    return isOpen && (this.hasRules || this.options.followsSdk === true);
  }

  private selectByDecision(
    facts: readonly Fact<ReadLine>[],
    maker: Maker,
    { context, selected }: { readonly context: SelectionContext; readonly selected: Selected },
  ): void {
    const { isEnding } = context;
    this.releaseDecided(selected, isEnding);
    // The exported spans come last because they tell what was dropped before.
    const last: Owner[] = [];
    for (const fact of facts) {
      const requestId = requestOf(fact);
      for (const item of this.toItems(fact, maker)) {
        if (fact.kind === 'invocation') last.push([requestId, item]);
        else this.route(requestId, item, selected);
      }
    }
    for (const { requestId, item: received } of this.intake.take(context)) {
      const item = toReceivedItem(received, {
        othersSeverity: this.options.othersSeverity,
        isServer: this.intake.isServer(requestId, received),
      });
      if (item.isSummary && item.signal === 'traces') last.push([requestId, item]);
      else this.route(requestId, item, selected);
    }
    if (isEnding) this.releaseDecided(selected, isEnding);
    for (const [requestId, item] of last) this.route(requestId, item, selected);
    selected.measurements.push(...this.counts.take());
    this.counts.forget((requestId) => {
      const decision = this.decisions.of(requestId);
      return decision === 'other' || decision === 'drawn';
    });
    for (const [requestId] of last) if (requestId !== undefined) this.counts.leave(requestId);
  }

  /** True if the span of this invocation or initialization is exported. */
  leaves(fact: Fact<unknown>): boolean {
    if (fact.kind !== 'invocation' && fact.kind !== 'initialization') return false;
    const { others } = this.options;
    const { requestId } = fact;
    const isOther = requestId !== undefined && this.decisions.of(requestId) === 'other';
    if (others !== 'all' && isOther && (others === 'none' || fact.kind !== 'invocation')) {
      return false;
    }
    const isServed = fact.kind === 'invocation' && fact.servedBy !== undefined;
    return isServed || this.decisions.isSampled(fact.identity);
  }

  private releaseDecided(selected: Selected, isEnding: boolean): void {
    for (const requestId of this.hold.requestIds) {
      const isDecided = isEnding || this.decisions.of(requestId) !== undefined;
      if (!isDecided) continue;
      for (const item of this.hold.take(requestId)) this.release(requestId, item, selected);
    }
  }

  private route(requestId: string | undefined, item: Item, selected: Selected): void {
    // The item belongs to no request, or to one of an earlier process.
    if (requestId === undefined || !this.decisions.isKnown(requestId)) {
      if (!this.isUnsampled(item)) push(selected, item);
    } else if (this.decisions.of(requestId) !== undefined) this.release(requestId, item, selected);
    else {
      if (item.kind === 'received') item.received.detach();
      this.hold.add(requestId, item);
    }
  }

  private release(requestId: string, item: Item, selected: Selected): void {
    if (this.isUnsampled(item)) return;
    if (this.options.others === 'all') {
      push(selected, item);
      return;
    }
    const decision = this.decisions.of(requestId) ?? 'kept';
    const isSummary = item.isSummary && this.options.others === 'summary';
    if (decision === 'other' && !isSummary) {
      const { signal } = item;
      this.counts.add(requestId, { signal, reason: 'sampled', time: this.now });
      return;
    }
    const counts = item.isSummary ? this.counts.attributesOf(requestId) : undefined;
    const isDrawn = decision === 'drawn' && !isSummary;
    push(selected, this.marks.mark(item, { requestId, isDrawn, counts }));
  }

  private toItems(fact: Fact<ReadLine>, maker: Maker): Item[] {
    const record = maker.toLogRecord(fact);
    if (record !== undefined) return [toRecordItem(fact, record, this.options.othersSeverity)];
    const spans = maker.toSpans(fact);
    const identity = identityOf(fact);
    if (identity === undefined) return [];
    return spans.map((span, index) =>
      toSpanItem(span, { identity, isSummary: fact.kind === 'invocation' && index === 0 }),
    );
  }

  /** Decided when the item is exported: until then its trace may be kept, whatever the sampler says. */
  private isUnsampled(item: Item): boolean {
    return item.kind === 'span' && !this.decisions.isSampled(item.identity);
  }
}

function push(selected: Selected, item: Item): void {
  if (item.kind === 'span') selected.spans.push(item.span);
  else if (item.kind === 'record') selected.logRecords.push(item.record);
  else if (item.signal === 'traces') selected.receivedSpans.push(item.received);
  else selected.receivedRecords.push(item.received);
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

// Counts what was dropped: always in a metric, and also on the span of its request if that is exported later.

interface Drop {
  readonly signal: HeldSignal;
  readonly reason: 'sampled' | 'hold_full';
  readonly time: HrTime;
}

interface Sum {
  readonly attributes: Attributes;
  value: number;
  time: HrTime;
}

class DropCounts {
  /** The counts of requests whose span has not been exported yet. */
  private readonly requests = new Map<string, Record<HeldSignal, number>>();
  private sums = new Map<string, Sum>();

  add(requestId: string, { signal, reason, time }: Drop): void {
    const counts = this.requests.get(requestId) ?? { traces: 0, logs: 0 };
    counts[signal] += 1;
    this.requests.set(requestId, counts);
    const key = signal + reason;
    const sum = this.sums.get(key) ?? { attributes: { signal, reason }, value: 0, time };
    sum.value += 1;
    sum.time = time;
    this.sums.set(key, sum);
  }

  /** The attributes for the span that is exported; undefined if nothing was dropped. */
  attributesOf(requestId: string): Attributes | undefined {
    const counts = this.requests.get(requestId);
    if (counts === undefined) return undefined;
    return {
      ...(counts.traces > 0 && { [Attribute.LAMBDA_SPANS_DROPPED]: counts.traces }),
      ...(counts.logs > 0 && { [Attribute.LAMBDA_LOG_RECORDS_DROPPED]: counts.logs }),
    };
  }

  /** What was dropped since the last call, as measurements. */
  take(): readonly Measurement[] {
    if (this.sums.size === 0) return [];
    const measurements = [...this.sums.values()].map((sum): Measurement => ({
      instrument: 'lambda.detail.dropped',
      ...sum,
    }));
    this.sums.clear();
    return measurements;
  }

  /** The request's span has been exported: later drops are counted in the metric only. */
  leave(requestId: string): void {
    this.requests.delete(requestId);
  }

  forget(hasLeft: (requestId: string) => boolean): void {
    for (const requestId of this.requests.keys()) if (hasLeft(requestId)) this.leave(requestId);
  }
}
