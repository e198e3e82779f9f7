// Time: the wall clock, a monotonic one and one-shot alarms, injected into the lifecycle so that tests own them.
// Wall clock, not a monotonic one: deadlines are epoch times, re-read after every thaw.

export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Milliseconds by a clock that is never set; it may stand still while the environment is frozen. */
  steadyMs(): number;
  /** Calls back once after `delayMs`; the answer cancels it. */
  schedule(callback: () => void, delayMs: number): () => void;
}

/** What tells policies how long ago something was; only the time of day. */
export type WallClock = Pick<Clock, 'now'>;

/** So much has not passed yet. Not where the clock was set back: nothing may last for hours because of that. */
export function isWithin(clock: WallClock, durationMs: number, sinceMs: number): boolean {
  const passedMs = clock.now() - sinceMs;
  return passedMs >= 0 && passedMs < durationMs;
}

/**
 * Milliseconds since the start of the process, by a clock that is never set. `performance` would load perf_hooks, and
 * takes longer.
 */
export const monotonicMs = (): number => process.uptime() * 1_000;

interface Alarm {
  /** Milliseconds since the start of the process. */
  readonly atMs: number;
  readonly callback: () => void;
}

/** Beyond this, setTimeout fires at once (Node.js timers, 2^31 - 1 ms). */
const MAX_DELAY_MS = 2_147_483_647;

/**
 * One-shot alarms over one timer of Node's. Around an invocation a dozen bounds are set and all but none of them
 * passes: a timer for each, made, sorted in and cleared, was a thirtieth of an invocation's CPU.
 */
class Alarms {
  /**
   * A few, in the order in which they were set. No Set: every few additions it gets a new table to which the
   * old one points, so that one dead table in the old generation keeps all later ones alive, and what was in them.
   */
  private readonly pending: Alarm[] = [];
  /** Stays armed for what was cancelled meanwhile, without keeping the process alive. */
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
   * The earliest one only: what it sets going comes before the next, which it may cancel. Timers of Node's that
   * are due at once do the same.
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
    // Before the callback, which may throw.
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

  /** False: it rang or was cancelled. */
  private remove(alarm: Alarm): boolean {
    const index = this.pending.indexOf(alarm);
    if (index >= 0) this.pending.splice(index, 1);
    return index >= 0;
  }
}

const alarms = new Alarms();

/**
 * Calls back once after `delayMs` of monotonic time, as that of setTimeout, at the earliest; earlier alarms first.
 * The answer cancels it.
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
 * The promise's value, or undefined when `deadlineMs` (epoch) comes first. A rejection is undefined too:
 * whoever waits has nothing better to do than to go on. No timer is left behind.
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

/** True when `promise` settles within `delayMs`. It must not reject. */
export function isSettledWithin(promise: Promise<unknown>, delayMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const cancelAlarm = setAlarm(() => resolve(false), delayMs);
    void promise.then(() => {
      cancelAlarm();
      resolve(true);
    });
  });
}

/** Two turns of the event loop that take longer were interrupted, perhaps by a freeze. */
const TURNS_MS = 5;
const MAX_HEARINGS = 20;

/**
 * Lets the event loop read what arrived on sockets while the environment was frozen; once more if a
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

/** Everything else that waits has its turn. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
