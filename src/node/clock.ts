// Time for the lifecycle: the wall clock and one-shot timers, injected so that tests own them.
// Wall clock, not a monotonic one: deadlines are epoch times, re-read after every thaw.
import { setAlarm } from './alarms';

export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Milliseconds by a clock that is never set; it may stand still while the environment is frozen. */
  steadyMs(): number;
  /** Calls back once after `delayMs`; the answer cancels it. */
  schedule(callback: () => void, delayMs: number): () => void;
}

/** Milliseconds since the start of the process, by a clock that is never set. `performance` would load perf_hooks, and takes longer. */
export const monotonicMs = (): number => process.uptime() * 1_000;

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
