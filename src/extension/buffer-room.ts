// Lets a batch wait for room in the buffer while an export makes it: what is held as bytes costs less than
// what would be pushed out. An export without progress is not waited for; then the oldest goes, counted.

/** The flush budget's default: an endpoint that is slower than this for one request does not keep up. */
const NO_PROGRESS_MS = 500;

export class BufferRoom {
  private readonly waiting = new Set<() => void>();
  private timer: NodeJS.Timeout | undefined;
  private isStalled = false;

  constructor(private readonly hasRoom: () => boolean) {}

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
    clearTimeout(this.timer);
    this.timer = undefined;
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
  }

  private arm(): NodeJS.Timeout {
    return setTimeout(() => {
      this.isStalled = true;
      this.release();
    }, NO_PROGRESS_MS);
  }
}
