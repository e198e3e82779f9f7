// One-shot alarms over one timer of Node's. Around an invocation a dozen bounds are set and all but none of them
// passes: a timer for each, made, sorted in and cleared, was a thirtieth of an invocation's CPU. Time is
// monotonic, as that of setTimeout.

interface Alarm {
  /** Milliseconds since the start of the process. */
  readonly atMs: number;
  readonly callback: () => void;
}

/** Beyond this, setTimeout fires at once (Node.js timers, 2^31 - 1 ms). */
const MAX_DELAY_MS = 2_147_483_647;

/**
 * A few, in the order in which they were set. No Set: every few additions it gets a new table to which the
 * old one points, so that one dead table in the old generation keeps all later ones alive, and what was in them.
 */
const alarms: Alarm[] = [];
/** `performance` would load perf_hooks, and takes longer. */
export const uptimeMs = (): number => process.uptime() * 1000;
/** Stays armed for what was cancelled meanwhile, without keeping the process alive. */
let timer: NodeJS.Timeout | undefined;
let rings = Infinity;

/** Calls back once after `delayMs` at the earliest, earlier alarms first; the answer cancels it. */
export function setAlarm(callback: () => void, delayMs: number): () => void {
  const nowMs = uptimeMs();
  const alarm = { atMs: nowMs + (delayMs > 0 ? delayMs : 0), callback };
  alarms.push(alarm);
  if (timer === undefined || alarm.atMs < rings) arm(alarm.atMs, nowMs);
  else if (alarms.length === 1) timer.ref();
  return () => {
    if (remove(alarm) && alarms.length === 0) timer?.unref();
  };
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

function arm(atMs: number, nowMs: number): void {
  clearTimeout(timer);
  rings = atMs;
  timer = setTimeout(ring, Math.min(Math.ceil(atMs - nowMs), MAX_DELAY_MS));
}

/**
 * The earliest one only: what it sets going comes before the next, which it may cancel. Timers of Node's that
 * are due at once do the same.
 */
function ring(): void {
  clearTimeout(timer);
  timer = undefined;
  const nowMs = uptimeMs();
  const first = findEarliest();
  if (first === undefined) return;
  if (first.atMs > nowMs) {
    arm(first.atMs, nowMs);
    return;
  }
  remove(first);
  const next = findEarliest();
  // Before the callback, which may throw.
  if (next !== undefined && next.atMs <= nowMs) setImmediate(ring);
  else if (next !== undefined) arm(next.atMs, nowMs);
  first.callback();
}

function findEarliest(): Alarm | undefined {
  let earliest: Alarm | undefined;
  for (const alarm of alarms) {
    if (earliest === undefined || alarm.atMs < earliest.atMs) earliest = alarm;
  }
  return earliest;
}

/** False: it rang or was cancelled. */
function remove(alarm: Alarm): boolean {
  const index = alarms.indexOf(alarm);
  if (index >= 0) alarms.splice(index, 1);
  return index >= 0;
}

export function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, durationMs);
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
    for (let turn = 0; turn < 2; turn += 1) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
    if (Math.abs(Date.now() - startMs) < TURNS_MS) return;
  }
}
