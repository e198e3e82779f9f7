// The Retry-After header (RFC 9110 §10.2.3): seconds or an HTTP date.

/** A server's wish is followed at most this long, so that one odd answer cannot end all export. */
const maxRetryAfterMs = 10 * 60_000;

/** Milliseconds from `nowMs`, from 0 to ten minutes; undefined when absent or unreadable. */
export function parseRetryAfter(value: string | undefined, nowMs: number): number | undefined {
  const text = value?.trim() ?? '';
  if (text === '') return undefined;
  const delayMs = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  if (Number.isNaN(delayMs)) return undefined;
  return Math.min(Math.max(delayMs, 0), maxRetryAfterMs);
}
