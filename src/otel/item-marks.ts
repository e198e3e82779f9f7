// What an item says about how its request was drawn, and a request's span about what was dropped beside it.
// `th` tells our ratio only: where a sampler draws as well, the probability is not known.
import { TraceFlags } from '@opentelemetry/api';
import type { Attributes, SpanContext, TraceState } from '@opentelemetry/api';
import type { SpanIdentity } from '../invocation/identity';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { Draw, Threshold } from './consistent-probability';
import {
  KEEP_ALL,
  toRandomness,
  toShortThreshold,
  toThreshold,
  withThreshold,
} from './consistent-probability';
import type { Decisions } from './decisions';
import { markRecord, markSpan } from './received-marks';
import { Attribute } from './semconv';
import type { Fact } from '../invocation/fact';
import type { Holdable } from './hold';
import { sizeOfRecord, SPAN_BYTES, SPAN_SEVERITY } from './hold';
import type { ReceivedItem } from './received-intake';
import { heldBytesOf } from './received-intake';

// One span or log record on its way through the selection, our own or the SDK's.

/** `isSummary`: it stays where a summary does. */
export type Item = Holdable & { readonly isSummary: boolean } & (
    | {
        readonly kind: 'span';
        readonly signal: 'traces';
        readonly span: ReadableSpan;
        /** By which the sampler decides. */
        readonly identity: SpanIdentity;
      }
    | {
        readonly kind: 'record';
        readonly signal: 'logs';
        readonly record: ReadableLogRecord;
        /** Of its request's trace: an instrumented line may name another. */
        readonly isOfItsTrace: boolean;
      }
    | ({ readonly kind: 'received' } & ReceivedItem)
  );

/** Of a line without a level, for the order in which details go. */
const UNKNOWN_SEVERITY = 9;

export function toSpanItem(
  span: ReadableSpan,
  parts: { readonly identity: SpanIdentity; readonly isSummary: boolean },
): Item {
  return {
    kind: 'span',
    signal: 'traces',
    span,
    severity: SPAN_SEVERITY,
    bytes: SPAN_BYTES,
    ...parts,
  };
}

export function toRecordItem(
  fact: Fact<unknown>,
  record: ReadableLogRecord,
  othersSeverity: number,
): Item {
  const severity: number = record.severityNumber ?? UNKNOWN_SEVERITY;
  const traceId = 'identity' in fact ? fact.identity?.traceId : undefined;
  const isReport = fact.kind === 'platformLog' && fact.event.type === 'platform.report';
  return {
    kind: 'record',
    signal: 'logs',
    record,
    severity,
    bytes: sizeOfRecord(record),
    isSummary: isReport || severity >= othersSeverity,
    isOfItsTrace: traceId !== undefined && record.spanContext?.traceId === traceId,
  };
}

/** `isServer`: it leaves in place of our own span. */
export function toReceivedItem(
  item: ReceivedItem,
  { othersSeverity, isServer }: { readonly othersSeverity: number; readonly isServer: boolean },
): Item {
  const bytes = heldBytesOf(item);
  if (item.signal === 'traces') {
    return { kind: 'received', ...item, severity: SPAN_SEVERITY, bytes, isSummary: isServer };
  }
  const severity = item.received.severityNumber || UNKNOWN_SEVERITY;
  return { kind: 'received', ...item, severity, bytes, isSummary: severity >= othersSeverity };
}

export interface MarkOptions {
  readonly ratio: number;
  readonly sampler?: unknown;
  readonly isWholeAtRoot?: boolean;
}

export interface LeavingItem {
  readonly requestId: string;
  /** It leaves only because its request was drawn. */
  readonly isDrawn: boolean;
  /** What was dropped, on the span that stays. */
  readonly counts: Attributes | undefined;
}

export class ItemMarks {
  private readonly drawn: Threshold;
  private readonly isSilent: boolean;

  constructor(
    private readonly options: MarkOptions,
    private readonly decisions: Decisions,
  ) {
    this.drawn = options.ratio > 0 ? toThreshold(options.ratio) : KEEP_ALL;
    this.isSilent = options.sampler !== undefined;
  }

  mark(item: Item, { requestId, isDrawn, counts }: LeavingItem): Item {
    const threshold = isDrawn ? this.drawn : KEEP_ALL;
    const draw = this.decisions.drawOf(requestId);
    switch (item.kind) {
      case 'span': {
        const attributes = { ...item.span.attributes, ...counts };
        const span = counts === undefined ? item.span : { ...item.span, attributes };
        return { ...item, span: this.isSilent ? span : withTracestate(span, threshold) };
      }
      case 'record':
        return this.markLine(item, threshold, { requestId, draw });
      case 'received':
        return this.markReceived(item, { threshold, draw, counts });
    }
  }

  /** A line that was held names the span that its request ends up with. */
  private markLine(
    item: Extract<Item, { kind: 'record' }>,
    threshold: Threshold,
    { requestId, draw }: { readonly requestId: string; readonly draw: Draw | undefined },
  ): Item {
    if (!item.isOfItsTrace) return item;
    const first = this.decisions.firstIdentityOf(requestId);
    const isOfFirst = item.record.spanContext?.spanId === first?.spanId;
    const record =
      isOfFirst && draw !== undefined
        ? withContext(item.record, this.toContext(draw, first))
        : item.record;
    return { ...item, record: this.isSilent ? record : withSampling(record, threshold, draw) };
  }

  /** Whether its spans leave was not known yet when a line was made that was held. */
  private toContext(
    { traceId, spanId }: Draw,
    first: SpanIdentity | undefined,
  ): Pick<SpanContext, 'traceId' | 'spanId' | 'traceFlags'> {
    const isSampled = this.decisions.isSampled({ ...first, traceId, spanId });
    return { traceId, spanId, traceFlags: isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE };
  }

  private markReceived(
    item: Extract<Item, { kind: 'received' }>,
    parts: {
      readonly threshold: Threshold;
      readonly draw: Draw | undefined;
      readonly counts: Attributes | undefined;
    },
  ): Item {
    const { draw, counts } = parts;
    const isUnknown = this.isSilent && parts.threshold !== KEEP_ALL;
    const threshold = isUnknown ? undefined : parts.threshold;
    if (item.signal === 'logs') {
      const said = this.isSilent ? undefined : threshold;
      return { ...item, received: markRecord(item.received, { threshold: said, draw }) };
    }
    const isWholeAtRoot = this.options.isWholeAtRoot === true && draw?.isRoot === true;
    const attributes = counts as Readonly<Record<string, number>> | undefined;
    const received = markSpan(item.received, {
      threshold,
      draw,
      isWholeAtRoot: isWholeAtRoot && !this.isSilent,
      ...(item.isSummary && attributes !== undefined && { attributes }),
    });
    return { ...item, received };
  }
}

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

/** The record below another span, or the same. */
function withContext(
  record: ReadableLogRecord,
  context: Pick<SpanContext, 'traceId' | 'spanId' | 'traceFlags'>,
): ReadableLogRecord {
  const { spanContext } = record;
  const isSame =
    spanContext === undefined ||
    (spanContext.spanId === context.spanId && spanContext.traceFlags === context.traceFlags);
  return isSame ? record : { ...record, spanContext: { ...spanContext, ...context } };
}

/** Written as by the Collector's probabilistic_sampler. */
function withSampling(
  record: ReadableLogRecord,
  threshold: Threshold,
  draw: Pick<Draw, 'traceId' | 'randomness'> | undefined,
): ReadableLogRecord {
  const { spanContext } = record;
  if (spanContext === undefined) return record;
  const isOfDraw = spanContext.traceId === draw?.traceId;
  const attributes = {
    ...record.attributes,
    [Attribute.SAMPLING_THRESHOLD]: toShortThreshold(threshold),
    [Attribute.SAMPLING_RANDOMNESS]: isOfDraw ? draw.randomness : toRandomness(spanContext.traceId),
  };
  return { ...record, attributes };
}
