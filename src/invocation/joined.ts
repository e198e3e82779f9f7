// What joining decides about, and what it decides.
import type { SpanEdit } from '../relay/edit-span';
import { HAS_IS_REMOTE, IS_REMOTE } from '../relay/item';
import type { ReceivedSpan } from '../relay/received-span';
import type { SpanIdentity } from './identity';
import type { ForestSpan } from './span-forest';

/** A request that settles. */
export interface SettlingRequest {
  readonly requestId: string;
  /** Our span's ids. */
  readonly identity: SpanIdentity;
  /** The id of the segment that X-Ray puts between our span and the function's own. */
  readonly runtimeSpanId: string | undefined;
  readonly startMs: number;
  readonly endMs: number;
  /** The runtime is gone: its open spans will never come. */
  readonly isDead: boolean;
  /** No other request was open: what starts during it belongs to it. */
  readonly isAlone: boolean;
}

export interface Joined {
  /** What children and log lines of the request hang below: the SERVER span, or ours in its place. */
  readonly identity: SpanIdentity;
  /** The SERVER span; absent: ours leaves. */
  readonly servedBy?: ReceivedSpan;
  /** Links from our span to spans of other traces. */
  readonly links: readonly SpanIdentity[];
  readonly edits: Edits;
}

export type Edits = ReadonlyMap<ReceivedSpan, SpanEdit>;

/** The clocks of runtime and platform differ by less than this. */
export const TOLERANCE_MS = 1;
const TRACE_FLAGS = 0xff;

/** The span names ours, or X-Ray's segment below it, as its parent. */
export function isBelowOurs(span: ForestSpan, request: SettlingRequest): boolean {
  const { identity, runtimeSpanId } = request;
  const { traceId, parentSpanId } = span;
  if (parentSpanId === undefined || traceId !== identity.traceId) return false;
  return parentSpanId === identity.spanId || parentSpanId === runtimeSpanId;
}

/** Collects what is changed. Of what is changed twice, the later change counts. */
export class EditList {
  readonly edits = new Map<ReceivedSpan, SpanEdit>();

  /** Changes every copy of the span that is held. */
  add({ held }: ForestSpan, edit: SpanEdit | ((span: ReceivedSpan) => SpanEdit)): void {
    for (const span of held) {
      const more = typeof edit === 'function' ? edit(span) : edit;
      this.edits.set(span, { ...this.edits.get(span), ...more });
    }
  }
}

/** Without a parent the span becomes a root. */
export function toParentEdit(
  { flags }: ReceivedSpan,
  parentSpanId: string | undefined,
  isRemote: boolean,
): SpanEdit {
  const remote = isRemote && parentSpanId !== undefined ? IS_REMOTE : 0;
  return {
    parentSpanId: parentSpanId ?? '',
    flags: ((flags & TRACE_FLAGS) | HAS_IS_REMOTE | remote) >>> 0,
  };
}
