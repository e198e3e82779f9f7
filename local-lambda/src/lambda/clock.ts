// Times in the form in which the service writes them: ISO 8601 with milliseconds for instants, milliseconds with three
// decimals for durations (captures).

let offsetMs = performance.timeOrigin;
let latestMs = 0;

/**
 * Epoch milliseconds with a fraction. Stays within a millisecond of Date.now(), which the function and extensions read,
 * even when the system's clock is adjusted, and never goes back unless the clock is set back by a second or more.
 */
export function preciseNowMs(): number {
  const aheadMs = offsetMs + performance.now() - Date.now();
  if (aheadMs < -0.5 || aheadMs > 1.5) offsetMs -= aheadMs;
  const nowMs = offsetMs + performance.now();
  latestMs = latestMs - nowMs < 1000 ? Math.max(latestMs, nowMs) : nowMs;
  return latestMs;
}

/** `2026-09-15T04:48:21.164Z`. */
export function toIsoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

/** A duration as telemetry events carry it: milliseconds, never negative, three decimals. */
export function toDurationMs(durationMs: number): number {
  return Math.max(0, Math.round(durationMs * 1000) / 1000);
}
