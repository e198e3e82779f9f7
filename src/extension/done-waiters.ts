// Promises that resolve when a request's end was seen, or when their time is over.
import { setAlarm } from '../node/alarms';

interface Waiter {
  readonly requestId: string;
  readonly resolve: (isDone: boolean) => void;
}

export class DoneWaiters {
  private waiters: readonly Waiter[] = [];

  /** Resolves true when `settle` finds the request done, false after `timeoutMs`. */
  wait(requestId: string, timeoutMs: number): Promise<boolean> {
    if (timeoutMs <= 0) return Promise.resolve(false);
    return new Promise((resolve) => {
      const finish = (isDone: boolean): void => {
        cancelAlarm();
        this.waiters = this.waiters.filter((other) => other !== waiter);
        resolve(isDone);
      };
      const cancelAlarm = setAlarm(() => finish(false), timeoutMs);
      const waiter: Waiter = { requestId, resolve: finish };
      this.waiters = [...this.waiters, waiter];
    });
  }

  settle(isDone: (requestId: string) => boolean): void {
    for (const waiter of this.waiters) {
      if (isDone(waiter.requestId)) waiter.resolve(true);
    }
  }
}
