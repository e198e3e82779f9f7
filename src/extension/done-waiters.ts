// Promises that resolve when a request's end was seen, or when their time is over. Timers are cleared in
// either case: none may fire after a thaw.

interface Waiter {
  readonly requestId: string;
  readonly resolve: (isDone: boolean) => void;
}

export class DoneWaiters {
  private readonly waiters = new Set<Waiter>();

  /** Resolves true when `settle` finds the request done, false after `timeoutMs`. */
  wait(requestId: string, timeoutMs: number): Promise<boolean> {
    if (timeoutMs <= 0) return Promise.resolve(false);
    return new Promise((resolve) => {
      const finish = (isDone: boolean): void => {
        clearTimeout(timer);
        this.waiters.delete(waiter);
        resolve(isDone);
      };
      const timer = setTimeout(() => finish(false), timeoutMs);
      const waiter: Waiter = { requestId, resolve: finish };
      this.waiters.add(waiter);
    });
  }

  settle(isDone: (requestId: string) => boolean): void {
    for (const waiter of this.waiters) {
      if (isDone(waiter.requestId)) waiter.resolve(true);
    }
  }
}
