// The latest numbers of a stream, to know one that comes again. A fixed block of memory: a Set of texts leaves
// garbage with every number, which V8 keeps until the heap has doubled.

export class RecentNumbers {
  private readonly kept: Float64Array;
  private next = 0;

  /** `capacity`: how many are remembered; none of them negative. */
  constructor(capacity: number) {
    this.kept = new Float64Array(capacity).fill(-1);
  }

  has(number: number): boolean {
    return this.kept.includes(number);
  }

  add(number: number): void {
    this.kept[this.next] = number;
    this.next = (this.next + 1) % this.kept.length;
  }
}
