// Timers and immediates. The native loop knows the earliest timer only, and calls `runDueTimers` then.

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the arguments are between caller and callback
type Callback = (...values: any[]) => void;

/** Longer waits would overflow in Node, and be over at once. */
const MAX_DELAY_MS = 2_147_483_647;

export class Timeout {
  /** Nothing ends while the loop waits: the process ends by `process.exit` alone. */
  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  constructor(
    readonly callback: Callback,
    readonly values: readonly unknown[],
    readonly intervalMs: number | undefined,
    public dueAtMs: number,
  ) {}
}

/** Earliest first; those due together in the order they were set. */
const timers: Timeout[] = [];
let wakeAtMs = Infinity;

function add(timer: Timeout): void {
  const behind = timers.findLastIndex(({ dueAtMs }) => dueAtMs <= timer.dueAtMs);
  timers.splice(behind + 1, 0, timer);
  wake();
}

function wake(): void {
  const dueAtMs = timers[0]?.dueAtMs ?? Infinity;
  if (dueAtMs === wakeAtMs) return;
  wakeAtMs = dueAtMs;
  host.process.wakeAt(dueAtMs);
}

function delayOf(ms: number | undefined): number {
  return ms !== undefined && ms >= 1 && ms <= MAX_DELAY_MS ? Math.trunc(ms) : 1;
}

export function setTimeout(callback: Callback, ms?: number, ...values: unknown[]): Timeout {
  const timer = new Timeout(callback, values, undefined, host.process.uptimeMs() + delayOf(ms));
  add(timer);
  return timer;
}

export function setInterval(callback: Callback, ms?: number, ...values: unknown[]): Timeout {
  const intervalMs = delayOf(ms);
  const timer = new Timeout(callback, values, intervalMs, host.process.uptimeMs() + intervalMs);
  add(timer);
  return timer;
}

export function clearTimeout(timer: Timeout | null | undefined): void {
  const index = timer == null ? -1 : timers.indexOf(timer);
  if (index < 0) return;
  timers.splice(index, 1);
  wake();
}

/** One at a time, so that its promises are settled before the next; true while more are due. */
export function runDueTimer(): boolean {
  const nowMs = host.process.uptimeMs();
  const [timer] = timers;
  if (timer === undefined || timer.dueAtMs > nowMs) {
    // The loop may have woken a moment too early.
    wakeAtMs = Infinity;
    wake();
    return false;
  }
  timers.shift();
  if (timer.intervalMs !== undefined) {
    timer.dueAtMs = nowMs + timer.intervalMs;
    add(timer);
  }
  wake();
  timer.callback(...timer.values);
  return true;
}

export class Immediate {
  constructor(
    readonly callback: Callback,
    readonly values: readonly unknown[],
  ) {}
}

const immediates = new Set<Immediate>();

export function setImmediate(callback: Callback, ...values: unknown[]): Immediate {
  const immediate = new Immediate(callback, values);
  immediates.add(immediate);
  host.process.expectImmediates(immediates.size);
  return immediate;
}

export function clearImmediate(immediate: Immediate | undefined): void {
  if (immediate !== undefined) immediates.delete(immediate);
  host.process.expectImmediates(immediates.size);
}

export function runImmediate(): void {
  const next = immediates.values().next();
  if (next.done === true) return;
  immediates.delete(next.value);
  host.process.expectImmediates(immediates.size);
  next.value.callback(...next.value.values);
}
