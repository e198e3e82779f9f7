// Waiting by the wall clock.

export function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, durationMs);
  });
}

/** Two turns of the event loop that take longer were interrupted, perhaps by a freeze. */
const turnsMs = 5;
const maxHearings = 20;

/**
 * Lets the event loop read what arrived on sockets while the environment was frozen; once more if a
 * freeze may have come in between.
 */
export async function hearSockets(): Promise<void> {
  for (let hearing = 0; hearing < maxHearings; hearing += 1) {
    const startMs = Date.now();
    for (let turn = 0; turn < 2; turn += 1) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
    if (Math.abs(Date.now() - startMs) < turnsMs) return;
  }
}
