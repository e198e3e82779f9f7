// Lets a batch wait for room in the buffer while an export makes it: what is held as bytes costs less than
// what would be pushed out. An export without progress is not waited for; then the oldest goes, counted.

/** Without progress for so long, waiting is over: the flush budget's default. */
const FIRST_PATIENCE_MS = 500;
/** The same for an endpoint that has just taken something: a megabyte may take it a while. */
const PATIENCE_MS = 2_000;

export class BufferRoom {
  private readonly waiting = new Set<() => void>();
  private timer: NodeJS.Timeout | undefined;
  private isStalled = false;
  private patienceMs = FIRST_PATIENCE_MS;

  constructor(private readonly hasRoom: () => boolean) {}

  get isAwaited(): boolean {
    return this.waiting.size > 0;
  }

  /** Resolves when there is room, or when waiting for it is of no use. */
  wait(): Promise<void> {
    if (this.isStalled || this.hasRoom()) return Promise.resolve();
    return new Promise((resolve) => {
      this.waiting.add(resolve);
      this.timer ??= this.arm();
    });
  }

  /** Something left the buffer by being delivered. */
  progressed(): void {
    this.isStalled = false;
    this.patienceMs = PATIENCE_MS;
    if (this.waiting.size === 0) return;
    if (this.hasRoom()) {
      this.release();
      return;
    }
    clearTimeout(this.timer);
    this.timer = this.arm();
  }

  /** Nothing makes room any more. */
  release(): void {
    if (!this.isAwaited) return;
    clearTimeout(this.timer);
    this.timer = undefined;
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
  }

  private arm(): NodeJS.Timeout {
    return setTimeout(() => {
      this.isStalled = true;
      this.patienceMs = FIRST_PATIENCE_MS;
      this.release();
    }, this.patienceMs);
  }
}
