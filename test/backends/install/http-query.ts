// Asks a back end's own query API over HTTP. An answer that is no JSON is an error: Jaeger answers unknown paths with
// its HTML page and status 200.
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 100;

/** True when the URL answers with a 2xx status. */
export async function answersOk(url: string): Promise<boolean> {
  const response = await fetch(url);
  await response.arrayBuffer();
  return response.ok;
}

/** The JSON of a 2xx answer, undefined for 404; rejects on everything else, with the beginning of the answer. */
export async function getJson(url: string, init?: RequestInit): Promise<unknown> {
  const response = await fetch(url, init);
  const text = await response.text();
  if (response.status === 404) return undefined;
  if (!response.ok || !/^\s*[[{]/.test(text)) {
    throw new Error(
      `${url}: expected JSON with a 2xx status, got ${response.status}: ${text.slice(0, 300)}`,
    );
  }
  return JSON.parse(text);
}

/**
 * Asks until `find` gives a value, and returns it. Back ends show what they took only after a moment; when the time is
 * up, rejects with the last answer, so that a failed test says what the back end did have.
 */
export async function eventually<T>(
  ask: () => Promise<unknown>,
  find: (answer: unknown) => T | undefined,
  withinMs = 20_000,
): Promise<T> {
  const giveUpAtMs = performance.now() + withinMs;
  let last: unknown;
  for (;;) {
    last = await ask();
    const found = find(last);
    if (found !== undefined) return found;
    if (performance.now() > giveUpAtMs) {
      const seen = (JSON.stringify(last) as string | undefined)?.slice(0, 4000) ?? 'nothing';
      throw new Error(`not found within ${withinMs} ms; the last answer was: ${seen}`);
    }
    await delay(POLL_MS);
  }
}
