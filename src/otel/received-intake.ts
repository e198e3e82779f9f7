// What the function's SDK handed over, until its request is known: signs that a request is worth its detail are noted
// at once, the rest waits.
import type { Fact } from '../invocation/fact';
import type { ReceivedLogRecord } from '../relay/scan-request';
import type { ReceivedSpan } from '../relay/received-span';
import type { Surroundings } from '../invocation/requests';
import type { Whereabouts } from './attribution';
import { Attribution } from './attribution';
import type { DecisionOptions, Decisions } from './decisions';
import type { HoldOptions } from './hold';
import type { Owned, ReceivedItem } from './received-detail';
import { ReceivedDetail, whereaboutsOf } from './received-detail';
import { isErrorRecord, readSpanSigns } from './received-marks';

export interface IntakeOptions extends DecisionOptions {
  readonly hold: HoldOptions;
}

export interface TakingContext extends Surroundings {
  /** Nothing is held back any more. */
  readonly isEnding: boolean;
  /** Spans of the function's SDK that joining lets go; called once all facts are known. */
  readonly takeJoined: () => readonly ReceivedSpan[];
}

/** Error records whose request is not known yet: one says enough. */
const MAX_ERRORS = 64;

export class ReceivedIntake {
  /** Spans and records wait here for the decision about their request. */
  readonly isSelective: boolean;
  private readonly decides: boolean;
  private readonly attribution = new Attribution();
  private readonly detail: ReceivedDetail;
  private errors: Whereabouts[] = [];

  constructor(
    private readonly decisions: Decisions,
    private readonly options: IntakeOptions,
  ) {
    const { others, sampler, hold } = options;
    this.isSelective = others !== 'all';
    this.decides = this.isSelective || sampler !== undefined;
    this.detail = new ReceivedDetail(this.attribution, hold.maxRequestBytes);
  }

  /** So much waits that a settling would help. */
  get isCrowded(): boolean {
    return this.detail.isCrowded;
  }

  /** Looks at an item as it came, before filters and redaction. */
  note(item: ReceivedItem): void {
    if (!this.decides) return;
    const { errors, http5xx, errorLogs } = this.options.rules;
    if (item.signal === 'logs') {
      if (!errorLogs || this.errors.length >= MAX_ERRORS) return;
      if (isErrorRecord(item.received)) this.errors.push(whereaboutsOf(item));
      return;
    }
    const { invocationId, traceId, isServer } = item.received;
    if (traceId !== undefined) this.decisions.sawTrace(traceId);
    if (!isServer) return;
    if (invocationId !== undefined && traceId !== undefined) {
      this.attribution.own(invocationId, traceId);
    }
    if (!errors && !http5xx) return;
    const signs = readSpanSigns(item.received);
    if (invocationId !== undefined) this.decisions.note(invocationId, signs);
    else this.decisions.noteSpan(item.received.spanId, signs);
  }

  add(signal: 'traces' | 'logs', item: ReceivedSpan | ReceivedLogRecord): void {
    this.detail.add(signal, item);
  }

  /** Call with all facts of a settling before anything is decided. */
  observe(facts: readonly Fact<unknown>[], around: Surroundings): void {
    if (!this.decides) return;
    this.attribution.learn(facts);
    this.errors = this.errors.filter((error) => {
      const requestId = this.attribution.find(error, around);
      if (requestId !== undefined) this.decisions.note(requestId, { hasErrorLog: true });
      return requestId === undefined && around.awaited !== undefined;
    });
  }

  /** What joining lets go now, and what waited, with the request that each belongs to. */
  take(context: TakingContext): readonly Owned[] {
    for (const span of context.takeJoined()) this.detail.add('traces', span);
    return this.detail.take((requestId) => this.decisions.isKnown(requestId), context);
  }

  isServer(requestId: string | undefined, item: ReceivedItem): boolean {
    if (requestId === undefined || item.signal !== 'traces') return false;
    return this.attribution.isServer(requestId, item.received.spanId);
  }
}
