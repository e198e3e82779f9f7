// The latest keys of a stream, to recognize one that comes again. Each has 64 bits, in two halves. They are kept in a
// fixed block of memory, because a Set of strings makes garbage with every key, which V8 keeps until the heap doubles.

export class RecentKeys {
  private readonly highs: Uint32Array;
  private readonly lows: Uint32Array;
  private size = 0;
  private next = 0;

  /** `capacity`: the number of keys that are remembered. */
  constructor(capacity: number) {
    this.highs = new Uint32Array(capacity);
    this.lows = new Uint32Array(capacity);
  }

  /** Returns true if the key was there already. `high` and `low` are unsigned 32-bit integers. */
  add(high: number, low: number): boolean {
    if (this.has(high, low)) return true;
    this.highs[this.next] = high;
    this.lows[this.next] = low;
    this.next = (this.next + 1) % this.lows.length;
    this.size = Math.min(this.size + 1, this.lows.length);
    return false;
  }

  private has(high: number, low: number): boolean {
    let index = this.lows.indexOf(low);
    while (index >= 0 && index < this.size) {
      if (this.highs[index] === high) return true;
      index = this.lows.indexOf(low, index + 1);
    }
    return false;
  }
}

/** Forgets the oldest entries of a Map or Set, until `most` are left. */
export function forgetOldest(
  known: Pick<Map<string, unknown>, 'size' | 'keys' | 'delete'>,
  most: number,
): void {
  for (const key of known.keys()) {
    if (known.size <= most) return;
    known.delete(key);
  }
}
