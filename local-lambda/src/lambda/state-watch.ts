// Waits for conditions over mutable state: whoever changes the state calls changed(), and every wait
// is bounded. All phases of the local Lambda wait through this, so none of them can hang.

interface Waiter {
  readonly test: () => boolean;
  readonly settle: (fulfilled: boolean) => void;
}

/** Conditions that are looked at again whenever the state changes. */
export interface StateWatch {
  /** Looks at every waiting condition again, now. */
  changed(): void;
  /** True as soon as `test` holds, false after `timeoutMs`. */
  until(test: () => boolean, timeoutMs: number): Promise<boolean>;
}

const MAX_TIMER_MS = 2 ** 31 - 1;

export function createStateWatch(): StateWatch {
  const waiters = new Set<Waiter>();

  return {
    changed() {
      for (const waiter of [...waiters]) {
        if (waiters.has(waiter) && waiter.test()) waiter.settle(true);
      }
    },
    until(test, timeoutMs) {
      if (test()) return Promise.resolve(true);
      return new Promise((resolve) => {
        const timer = setTimeout(
          () => waiter.settle(false),
          Math.min(Math.max(timeoutMs, 0), MAX_TIMER_MS),
        );
        const waiter: Waiter = {
          test,
          settle(fulfilled) {
            clearTimeout(timer);
            waiters.delete(waiter);
            resolve(fulfilled);
          },
        };
        waiters.add(waiter);
      });
    },
  };
}
