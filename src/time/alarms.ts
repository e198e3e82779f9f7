// One-shot alarms over one timer of Node's. Around an invocation a dozen bounds are set and all but none of them
// passes: a timer for each, made, sorted in and cleared, was a thirtieth of an invocation's CPU. Time is
// monotonic, as that of setTimeout.

interface Alarm {
  /** Milliseconds of performance.now(). */
  readonly atMs: number;
  readonly callback: () => void;
}

/** Beyond this, setTimeout fires at once (Node.js timers, 2^31 - 1 ms). */
const MAX_DELAY_MS = 2_147_483_647;

/**
 * A few, in no order. No Set: every few additions it gets a new table to which the old one points, so that one
 * dead table in the old generation keeps all later ones alive, and what was in them.
 */
const alarms: Alarm[] = [];
/** Stays armed for what was cancelled meanwhile, without keeping the process alive. */
let timer: NodeJS.Timeout | undefined;
let rings = Infinity;

/** Calls back once after `delayMs` at the earliest; the answer cancels it. */
export function setAlarm(callback: () => void, delayMs: number): () => void {
  const nowMs = performance.now();
  const alarm = { atMs: nowMs + Math.max(delayMs, 0), callback };
  alarms.push(alarm);
  if (timer === undefined || alarm.atMs < rings) arm(alarm.atMs, nowMs);
  else if (alarms.length === 1) timer.ref();
  return () => {
    if (remove(alarm) && alarms.length === 0) timer?.unref();
  };
}

function arm(atMs: number, nowMs: number): void {
  clearTimeout(timer);
  rings = atMs;
  timer = setTimeout(ring, Math.min(Math.ceil(atMs - nowMs), MAX_DELAY_MS));
}

function ring(): void {
  const nowMs = performance.now();
  let nextMs = Infinity;
  const due: Alarm[] = [];
  for (const alarm of alarms) {
    if (alarm.atMs <= nowMs) due.push(alarm);
    else nextMs = Math.min(nextMs, alarm.atMs);
  }
  timer = undefined;
  // Before anything is called, which may throw.
  if (nextMs < Infinity) arm(nextMs, nowMs);
  for (const alarm of due) if (remove(alarm)) alarm.callback();
}

/** False: it rang or was cancelled. */
function remove(alarm: Alarm): boolean {
  const index = alarms.indexOf(alarm);
  if (index < 0) return false;
  const last = alarms.pop();
  if (last !== undefined && last !== alarm) alarms[index] = last;
  return true;
}
