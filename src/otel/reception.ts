// Where the items of the function's own SDK enter. Their path: lambda/ (OtlpReceiver, gRPC) takes the request;
// extension/relay.ts has it scanned into items (relay/scan-request.ts); Reception, in this file, notes signs that their
// request should be kept, and redacts them (ReceivedFilter). A span then goes to ReceivedSpans (invocation/) to be
// joined with ours. A span or log record whose request is not decided yet goes to ReceivedIntake, which finds its
// request (Attribution) and holds it. Everything else passes on.
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
  /** Without it nothing is redacted. */
  readonly filter?: RedactionFilter | undefined;
  /** Without it nothing is joined. */
  readonly received?: ReceivedSpans | undefined;
  /** Without it log records are not exported. */
  readonly repeated?: RepeatedLines | undefined;
}

export class Reception {
  private readonly filter: ReceivedFilter | undefined;

  constructor(private readonly parts: ReceptionParts) {
    this.filter = parts.filter && new ReceivedFilter(parts.filter);
  }

  /**
   * Returns the item if it is passed on at once; otherwise it waits for the next settling or was dropped by a filter.
   * Items that redaction changed are added to `changed`.
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

  /** Spans that did not fit until the next settling; they are passed on as they are. */
  takeExcess(): readonly RawItem[] {
    const { intake, received } = this.parts;
    const excess = received?.takeExcess() ?? [];
    if (!intake.isSelective) return excess;
    for (const span of excess) intake.add({ signal: 'traces', received: span });
    return [];
  }

  /** True if so much waits for a decision that a settling would help. */
  get isCrowded(): boolean {
    return this.parts.intake.isCrowded;
  }

  /** Redacts a resource or a scope. */
  redact(
    message: 'Resource' | 'InstrumentationScope',
    signal: Signal,
    bytes: Uint8Array,
  ): Uint8Array {
    return this.filter?.message(message, signal, bytes) ?? bytes;
  }
}
