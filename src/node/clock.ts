// Time: the wall clock, a monotonic one and one-shot alarms, injected into the lifecycle so that tests control them.
// Deadlines are epoch times and so need the wall clock, which is read again after every thaw.

export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Milliseconds on a clock that is never set; it may stand still while the environment is frozen. */
  steadyMs(): number;
  /** Calls back once after `delayMs`; the returned function cancels it. */
  schedule(callback: () => void, delayMs: number): () => void;
}

/** The time of day alone, which is enough for policies that ask how long ago something was. */
export type WallClock = Pick<Clock, 'now'>;

/**
 * True if less than `durationMs` has passed since `sinceMs`. False if the clock was set back, so that nothing lasts
 * for hours because of that.
 */
export function isWithin(clock: WallClock, durationMs: number, sinceMs: number): boolean {
  const passedMs = clock.now() - sinceMs;
  return passedMs >= 0 && passedMs < durationMs;
}

/**
 * Milliseconds since the process started, on a clock that is never set. Not `performance.now()`: that loads
 * perf_hooks and takes longer.
 */
export const monotonicMs = (): number => process.uptime() * 1_000;

interface Alarm {
  /** Milliseconds since the process started. */
  readonly atMs: number;
  readonly callback: () => void;
}

/** With a longer delay, setTimeout would fire at once (Node.js timers, 2^31 - 1 ms). */
const MAX_DELAY_MS = 2_147_483_647;

/**
 * One-shot alarms over a single Node.js timer. Around an invocation a dozen deadlines are set and hardly any passes;
 * creating, sorting in and clearing a timer for each took a thirtieth of an invocation's CPU.
 */
class Alarms {
  /**
   * A few alarms, in the order in which they were set. Not a Set: after every few additions it gets a new table that
   * the old one points to, so one dead table in the old generation keeps alive all later ones and their contents.
   */
  private readonly pending: Alarm[] = [];
  /** Stays armed when its alarm is cancelled, without keeping the process alive. */
  private timer: NodeJS.Timeout | undefined;
  private ringsAtMs = Infinity;

  set(callback: () => void, delayMs: number): () => void {
    const nowMs = monotonicMs();
    const alarm = { atMs: nowMs + (delayMs > 0 ? delayMs : 0), callback };
    this.pending.push(alarm);
    if (this.timer === undefined || alarm.atMs < this.ringsAtMs) this.arm(alarm.atMs, nowMs);
    else if (this.pending.length === 1) this.timer.ref();
    return () => {
      if (this.remove(alarm) && this.pending.length === 0) this.timer?.unref();
    };
  }

  private arm(atMs: number, nowMs: number): void {
    clearTimeout(this.timer);
    this.ringsAtMs = atMs;
    const delayMs = Math.min(Math.ceil(atMs - nowMs), MAX_DELAY_MS);
    this.timer = setTimeout(() => this.ring(), delayMs);
  }

  /**
   * Rings the earliest alarm only: its callback may cancel the next one. Node.js does the same with timers that are
   * due at the same time.
   */
  private ring(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const nowMs = monotonicMs();
    const first = this.findEarliest();
    if (first === undefined) return;
    if (first.atMs > nowMs) {
      this.arm(first.atMs, nowMs);
      return;
    }
    this.remove(first);
    const next = this.findEarliest();
    // Set up before the callback, which may throw.
    if (next !== undefined && next.atMs <= nowMs) setImmediate(() => this.ring());
    else if (next !== undefined) this.arm(next.atMs, nowMs);
    first.callback();
  }

  private findEarliest(): Alarm | undefined {
    let earliest: Alarm | undefined;
    for (const alarm of this.pending) {
      if (earliest === undefined || alarm.atMs < earliest.atMs) earliest = alarm;
    }
    return earliest;
  }

  /** False if the alarm had already rung or been cancelled. */
  private remove(alarm: Alarm): boolean {
    const index = this.pending.indexOf(alarm);
    if (index >= 0) this.pending.splice(index, 1);
    return index >= 0;
  }
}

const alarms = new Alarms();

/**
 * Calls back once after at least `delayMs`, measured on a monotonic clock like setTimeout's; earlier alarms ring
 * first. The returned function cancels the alarm.
 */
export function setAlarm(callback: () => void, delayMs: number): () => void {
  return alarms.set(callback, delayMs);
}

export const systemClock: Clock = {
  now: Date.now,
  steadyMs: monotonicMs,
  schedule: setAlarm,
};

export function pause(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => clock.schedule(resolve, delayMs));
}

/**
 * The promise's value, or undefined if `deadlineMs` (epoch) comes first or the promise rejects: in both cases the
 * caller can only go on without the value. Leaves no timer behind.
 */
export function settledBefore<T>(
  clock: Clock,
  promise: Promise<T>,
  deadlineMs: number,
): Promise<T | undefined> {
  return new Promise((resolve) => {
    const cancel = clock.schedule(() => resolve(undefined), deadlineMs - clock.now());
    const finish = (value: T | undefined): void => {
      cancel();
      resolve(value);
    };
    promise.then(finish, () => finish(undefined));
  });
}

/** True if `promise`, which must not reject, settles within `delayMs`. */
export function isSettledWithin(promise: Promise<unknown>, delayMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const cancelAlarm = setAlarm(() => resolve(false), delayMs);
    void promise.then(() => {
      cancelAlarm();
      resolve(true);
    });
  });
}

/** If two turns of the event loop take longer, they were interrupted, perhaps by a freeze. */
const TURNS_MS = 5;
const MAX_HEARINGS = 20;

/**
 * Lets the event loop read what arrived on sockets while the environment was frozen, and repeats that if another
 * freeze may have come in between.
 */
export async function hearSockets(): Promise<void> {
  for (let hearing = 0; hearing < MAX_HEARINGS; hearing += 1) {
    const startMs = Date.now();
    await turn();
    await turn();
    if (Math.abs(Date.now() - startMs) < TURNS_MS) return;
  }
}

/** Resolves after everything else that is waiting in the event loop has had its turn. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
