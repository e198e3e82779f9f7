// Where the items of the function's own SDK come in. Their path, in this order:
// lambda/ (OtlpReceiver, gRPC) takes the request; extension/relay.ts has it scanned into items (relay/scan-request.ts);
// Reception, here: signs of a request worth keeping are noted, then the item is redacted (ReceivedFilter); a span then
// goes to ReceivedSpans (invocation/), where it is joined with ours; a span or log record whose request is not decided
// yet goes to ReceivedIntake, which finds its request (Attribution) and holds it; the rest passes on.
import type { ReceivedSpans } from '../invocation/received-spans';
import type { RawItem, Signal } from '../relay/item';
import { ReceivedLogRecord } from '../relay/scan-request';
import type { ReceivedItems } from '../relay/scan-request';
import { ReceivedSpan } from '../relay/received-span';
import { ReceivedFilter } from './received-filter';
import type { ReceivedIntake, ReceivedItem } from './received-intake';
import type { RedactionFilter } from './redaction-filter';
import type { RepeatedLines } from './repeated-lines';

export interface ReceptionParts {
  readonly intake: ReceivedIntake;
  /** Absent: nothing is redacted. */
  readonly filter?: RedactionFilter | undefined;
  /** Absent: nothing is joined. */
  readonly received?: ReceivedSpans | undefined;
  /** Absent: log records do not leave. */
  readonly repeated?: RepeatedLines | undefined;
}

export class Reception {
  private readonly filter: ReceivedFilter | undefined;

  constructor(private readonly parts: ReceptionParts) {
    this.filter = parts.filter && new ReceivedFilter(parts.filter);
  }

  /**
   * What goes straight on is answered; the rest waits for the next settling, or was dropped by a filter. `changed` gets
   * what redaction made of it.
   */
  accept<S extends Signal>(
    signal: S,
    came: ReceivedItems[S],
    changed: Set<RawItem>,
  ): ReceivedItems[S] | undefined {
    const { intake, received } = this.parts;
    if (signal !== 'metrics') intake.note({ signal, received: came } as ReceivedItem);
    const item = this.filter === undefined ? came : this.filter.item(signal, came);
    if (item !== undefined && item !== came) changed.add(item);
    if (item instanceof ReceivedLogRecord) this.parts.repeated?.noteRecord(item);
    if (item === undefined || signal === 'metrics') return item;
    if (item instanceof ReceivedSpan && received !== undefined) received.add(item);
    else if (intake.isSelective) intake.add({ signal, received: item } as ReceivedItem);
    else return item;
    return undefined;
  }

  /** Spans that had no room until the next settling; they go on as they are. */
  takeExcess(): readonly RawItem[] {
    const { intake, received } = this.parts;
    const excess = received?.takeExcess() ?? [];
    if (!intake.isSelective) return excess;
    for (const span of excess) intake.add({ signal: 'traces', received: span });
    return [];
  }

  /** So much waits for a decision that settling would help. */
  get isCrowded(): boolean {
    return this.parts.intake.isCrowded;
  }

  /** A resource or a scope as it leaves. */
  redact(
    message: 'Resource' | 'InstrumentationScope',
    signal: Signal,
    bytes: Uint8Array,
  ): Uint8Array {
    return this.filter?.message(message, signal, bytes) ?? bytes;
  }
}
