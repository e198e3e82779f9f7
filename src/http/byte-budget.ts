// One limit for all bytes received by all listeners and not read yet. Complete requests are freed as they are read, so
// they are waited for. An incomplete one may stay so for ever; when only such are left, the greediest is cut.
import { monotonicMs } from '../node/clock';

/** A connection whose unfinished request may be cut to make room for others. */
export interface OpenHolder {
  /** It may also use the reserve. */
  readonly usesReserve: boolean;
  /** Bytes that it holds now; every change must be reported to the budget. */
  readonly heldBytes: number;
  /** The higher, the sooner its unfinished request is cut; 0 if it has none. */
  readonly greed: number;
  /** When it last received something, on the monotonic clock. */
  readonly progressMs: number;
  /** Ends its unfinished requests. Must also remove the holder from the budget. */
  makeRoom(): void;
}

/**
 * The greed of an unfinished request of this size. Well-behaved peers send a whole request at once, so of equally large
 * requests the one that is older or has stalled for longer is greedier. `sinceMs` is when it began, `progressMs` when
 * its last bytes arrived.
 */
export function greedOf(
  bytes: number,
  { sinceMs, progressMs }: { readonly sinceMs: number; readonly progressMs: number },
  nowMs: number,
): number {
  return bytes * (nowMs - sinceMs + 1) * (nowMs - progressMs + 1);
}

/**
 * Within the reserve, a request that received something this recently is not cut: it will soon be complete and freed.
 */
const STALLED_MS = 1_000;

export class ByteBudget {
  private completeBytes = 0;
  private openBytes = 0;
  private holders: readonly OpenHolder[] = [];
  private waiting = new Set<() => void>();
  /** Callbacks that wait for room in the reserve. */
  private urgent = new Set<() => void>();

  /**
   * `reserveBytes` of the limit are kept for servers whose peer is the function, since the function waits for their
   * answers.
   */
  constructor(
    readonly limitBytes: number,
    private readonly reserveBytes = 0,
  ) {}

  get heldBytes(): number {
    return this.completeBytes + this.openBytes;
  }

  /** True if nothing but the reserve is left. */
  get isFull(): boolean {
    return this.heldBytes > this.limitBytes - this.reserveBytes;
  }

  /** True if the reserve is used up as well. */
  get isUsedUp(): boolean {
    return this.heldBytes > this.limitBytes;
  }

  /** When part of an incomplete request last arrived, on the monotonic clock; -Infinity if no request is incomplete. */
  get unfinishedMs(): number {
    const unfinished = this.holders.filter(({ greed }) => greed > 0);
    return Math.max(...unfinished.map(({ progressMs }) => progressMs));
  }

  /** Counts the bytes of a complete request until `release` is called. */
  keep(bytes: number): void {
    this.completeBytes += bytes;
  }

  release(bytes: number): void {
    this.completeBytes -= bytes;
    this.makeRoom();
  }

  add(holder: OpenHolder): void {
    this.holders = [...this.holders, holder];
    this.openBytes += holder.heldBytes;
  }

  /** Does nothing if it was removed before. */
  remove(holder: OpenHolder): void {
    if (!this.holders.includes(holder)) return;
    this.holders = this.holders.filter((other) => other !== holder);
    this.openBytes -= holder.heldBytes;
    this.wake();
  }

  /** Must be called when a holder holds this many bytes more or, if negative, fewer. */
  change(bytes: number): void {
    this.openBytes += bytes;
    this.makeRoom();
  }

  /**
   * Calls back once as soon as there is room (with `usesReserve`, room in the reserve). The same callback waits only
   * once.
   */
  whenRoom(callback: () => void, { usesReserve }: Pick<OpenHolder, 'usesReserve'>): void {
    (usesReserve ? this.urgent : this.waiting).add(callback);
  }

  private makeRoom(): void {
    // Complete requests will soon make room by themselves; without any, only cutting does.
    while (this.isFull && this.completeBytes === 0) {
      const greediest = this.findGreediest();
      if (greediest === undefined) break;
      greediest.makeRoom();
    }
    this.wake();
  }

  private wake(): void {
    if (this.urgent.size > 0 && !this.isUsedUp) {
      const { urgent } = this;
      this.urgent = new Set();
      for (const callback of urgent) callback();
    }
    if (this.waiting.size === 0 || this.isFull) return;
    const { waiting } = this;
    this.waiting = new Set();
    for (const callback of waiting) callback();
  }

  private findGreediest(): OpenHolder | undefined {
    let greediest: OpenHolder | undefined;
    let most = 0;
    const nowMs = monotonicMs();
    for (const holder of this.holders) {
      if (!this.isUsedUp && holder.usesReserve && nowMs - holder.progressMs < STALLED_MS) continue;
      const { greed } = holder;
      if (greed <= most) continue;
      greediest = holder;
      most = greed;
    }
    return greediest;
  }
}
