// Marks exported items with how their request was sampled, and a request's span with what was dropped beside it. `th`
// describes our ratio only: if a sampler is set as well, the overall probability is unknown.
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
import { identityOf } from './decisions';
import { markRecord, markSpan } from './received-marks';
import { Attribute } from './semconv';
import type { Fact } from '../invocation/fact';
import type { Holdable } from './hold';
import { sizeOfRecord, SPAN_BYTES, SPAN_SEVERITY } from './hold';
import type { ReceivedItem } from './received-intake';
import { heldBytesOf } from './received-intake';

// One span or log record, ours or the SDK's, on its way through the selection.

/** `isSummary`: it is exported where OTHERS leaves a summary. */
export type Item = Holdable & { readonly isSummary: boolean } & (
    | {
        readonly kind: 'span';
        readonly signal: 'traces';
        readonly span: ReadableSpan;
        /** What the sampler decides by. */
        readonly identity: SpanIdentity;
      }
    | {
        readonly kind: 'record';
        readonly signal: 'logs';
        readonly record: ReadableLogRecord;
        /** It belongs to its request's trace; an instrumented line may name another. */
        readonly isOfItsTrace: boolean;
        /** It names the span of its request, or of the init that the request waited for, as known when it was made. */
        readonly isOfItsSpan: boolean;
      }
    | ({ readonly kind: 'received' } & ReceivedItem)
  );

/** The severity number assumed for a line without a level when details are dropped by severity. */
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
  const { traceId, spanId } = identityOf(fact) ?? {};
  const isReport = fact.kind === 'platformLog' && fact.event.type === 'platform.report';
  return {
    kind: 'record',
    signal: 'logs',
    record,
    severity,
    bytes: sizeOfRecord(record),
    isSummary: isReport || severity >= othersSeverity,
    isOfItsTrace: traceId !== undefined && record.spanContext?.traceId === traceId,
    isOfItsSpan: spanId !== undefined && record.spanContext?.spanId === spanId,
  };
}

/** `isServer`: it is exported instead of our own span. */
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
  /** It is exported only because its request was sampled. */
  readonly isDrawn: boolean;
  /** What was dropped, for the span that is exported. */
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

  /** A held line is changed to name the span that its request ends up with, and to say whether that is exported. */
  private markLine(
    item: Extract<Item, { kind: 'record' }>,
    threshold: Threshold,
    { requestId, draw }: { readonly requestId: string; readonly draw: Draw | undefined },
  ): Item {
    const { spanContext } = item.record;
    if (!item.isOfItsTrace || spanContext === undefined) return item;
    const first = this.decisions.firstIdentityOf(requestId);
    const spanId =
      spanContext.spanId === first?.spanId ? (draw ?? spanContext).spanId : spanContext.spanId;
    const { traceId } = item.isOfItsSpan ? (draw ?? spanContext) : spanContext;
    const isSampled = this.decisions.isSampled({ ...first, traceId, spanId });
    const traceFlags = isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
    const record = withContext(item.record, { traceId, spanId, traceFlags });
    return { ...item, record: this.isSilent ? record : withSampling(record, threshold, draw) };
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

/** The span with the threshold by which it was sampled. */
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

/** The record in another span's context; the same object if nothing changes. */
function withContext(
  record: ReadableLogRecord,
  context: Pick<SpanContext, 'traceId' | 'spanId' | 'traceFlags'>,
): ReadableLogRecord {
  const { spanContext } = record;
  const isSame =
    spanContext === undefined ||
    (spanContext.spanId === context.spanId &&
      spanContext.traceId === context.traceId &&
      spanContext.traceFlags === context.traceFlags);
  return isSame ? record : { ...record, spanContext: { ...spanContext, ...context } };
}

/** Written as the Collector's probabilistic_sampler writes it. */
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
