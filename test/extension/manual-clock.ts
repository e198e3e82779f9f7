// A clock that goes only when it is told to. `advance` lets promises settle between two timers, as an event
// loop does.
import type { Clock } from '../../src/node/clock';

interface Alarm {
  readonly atMs: number;
  readonly callback: () => void;
}

export class ManualClock implements Clock {
  private readonly alarms = new Set<Alarm>();

  private setByMs = 0;

  constructor(private nowMs = 1_000_000) {}

  now(): number {
    return this.nowMs + this.setByMs;
  }

  steadyMs(): number {
    return this.nowMs;
  }

  /** The wall clock is set; timers are not. */
  set(byMs: number): void {
    this.setByMs += byMs;
  }

  schedule(callback: () => void, delayMs: number): () => void {
    const alarm = { atMs: this.nowMs + Math.max(delayMs, 0), callback };
    this.alarms.add(alarm);
    return () => this.alarms.delete(alarm);
  }

  /** Timers that are armed: none may be while the process can be frozen. */
  get armed(): number {
    return this.alarms.size;
  }

  async advance(byMs: number): Promise<void> {
    const endMs = this.nowMs + byMs;
    await settled();
    for (;;) {
      const due = [...this.alarms].filter(({ atMs }) => atMs <= endMs);
      const [next] = due.sort((left, right) => left.atMs - right.atMs);
      if (next === undefined) break;
      this.alarms.delete(next);
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.callback();
      await settled();
    }
    this.nowMs = endMs;
  }

  /** The wall clock goes on while the process is frozen; timers that are due fire afterwards. */
  freeze(forMs: number): Promise<void> {
    this.nowMs += forMs;
    return this.advance(0);
  }
}

/** Lets every promise that can settle do so. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
