// One bound for all that came in and is not read yet, over every listener. What is complete leaves as it is
// read, and is waited for; what is not may never be, so that of it the greediest goes.
import { monotonicMs } from '../node/clock';

/** A connection: its unfinished request may be cut to make room for others. */
export interface OpenHolder {
  /** Also the reserve is for it. */
  readonly usesReserve: boolean;
  /** Bytes that it holds now; the budget is told of every change. */
  readonly heldBytes: number;
  /** How much its unfinished request is to be cut before others'; 0: it has none. */
  readonly greed: number;
  /** When it last received something, by the steady clock. */
  readonly progressMs: number;
  /** It is removed meanwhile. */
  cut(): void;
}

/**
 * Of an unfinished request of so many bytes. What a well-behaved peer sends is complete at once: of a given size, what
 * is old and does not go on is greedier. `sinceMs`, `progressMs`: when it began, and when something of it came last.
 */
export function greedOf(
  bytes: number,
  { sinceMs, progressMs }: { readonly sinceMs: number; readonly progressMs: number },
  nowMs: number,
): number {
  return bytes * (nowMs - sinceMs + 1) * (nowMs - progressMs + 1);
}

/** Within the reserve a request that goes on is not cut: it is whole, and its bytes are free, before long. */
const STALLED_MS = 1_000;

export class ByteBudget {
  private completeBytes = 0;
  private openBytes = 0;
  private holders: readonly OpenHolder[] = [];
  private waiting = new Set<() => void>();
  /** For the reserve. */
  private urgent = new Set<() => void>();

  /** `reserveBytes` of the limit are kept for servers whose peer is the function, which waits for their answers. */
  constructor(
    readonly limitBytes: number,
    private readonly reserveBytes = 0,
  ) {}

  get heldBytes(): number {
    return this.completeBytes + this.openBytes;
  }

  /** But for the reserve. */
  get isFull(): boolean {
    return this.heldBytes > this.limitBytes - this.reserveBytes;
  }

  /** Also of the reserve nothing is left. */
  get isUsedUp(): boolean {
    return this.heldBytes > this.limitBytes;
  }

  /** When part of a still incomplete request last arrived (steady clock); -Infinity: no request is incomplete. */
  get unfinishedMs(): number {
    const unfinished = this.holders.filter(({ greed }) => greed > 0);
    return Math.max(...unfinished.map(({ progressMs }) => progressMs));
  }

  /** Bytes that were received whole. Whoever keeps them releases them. */
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

  /** Once more does nothing. */
  remove(holder: OpenHolder): void {
    if (!this.holders.includes(holder)) return;
    this.holders = this.holders.filter((other) => other !== holder);
    this.openBytes -= holder.heldBytes;
    this.wake();
  }

  /** A holder holds so many bytes more, or fewer, than before. */
  change(bytes: number): void {
    this.openBytes += bytes;
    this.makeRoom();
  }

  /** Calls back once, as soon as it is not full, or not used up, however often the same callback waits. */
  whenRoom(callback: () => void, { usesReserve }: Pick<OpenHolder, 'usesReserve'>): void {
    (usesReserve ? this.urgent : this.waiting).add(callback);
  }

  private makeRoom(): void {
    // What is complete is on its way out; only without it nothing else would ever make room.
    while (this.isFull && this.completeBytes === 0) {
      const greediest = this.findGreediest();
      if (greediest === undefined) break;
      greediest.cut();
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
