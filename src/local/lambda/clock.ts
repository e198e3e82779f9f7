// The times that the platform writes: ISO 8601 with milliseconds for instants, milliseconds with
// three decimals for durations, as in captures of the service.

/** Epoch milliseconds with a fraction, monotonic within the process. */
export function preciseNowMs(): number {
  return performance.timeOrigin + performance.now();
}

/** `2026-09-15T04:48:21.164Z`. */
export function toIsoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

/** A duration as telemetry events carry it: milliseconds, never negative, three decimals. */
export function toDurationMs(durationMs: number): number {
  return Math.max(0, Math.round(durationMs * 1000) / 1000);
}
