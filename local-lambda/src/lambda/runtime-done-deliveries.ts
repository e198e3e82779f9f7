// When each subscriber was sent the platform.runtimeDone of recent requests; the answer to "how long
// does the extension hold the function after it could know that the runtime is done".
import type { TelemetryEvent } from './telemetry-event';

export interface RuntimeDoneDeliveries {
  /** Notes the runtimeDone events of a batch; the first time counts. */
  note(name: string, events: readonly TelemetryEvent[], sentAtMs: number): void;
  /** Live: an extension that gets it after the next thaw appears then. */
  of(requestId: string): Readonly<Record<string, number>>;
}

const KEPT_REQUESTS = 64;

export function createRuntimeDoneDeliveries(): RuntimeDoneDeliveries {
  const byRequest = new Map<string, Record<string, number>>();

  const entry = (requestId: string): Record<string, number> => {
    const known = byRequest.get(requestId);
    if (known !== undefined) return known;
    const created: Record<string, number> = {};
    byRequest.set(requestId, created);
    for (const oldest of byRequest.keys()) {
      if (byRequest.size <= KEPT_REQUESTS) break;
      byRequest.delete(oldest);
    }
    return created;
  };

  return {
    of: entry,
    note(name, events, sentAtMs) {
      for (const { type, record } of events) {
        if (type !== 'platform.runtimeDone' || typeof record === 'string') continue;
        const requestId = record['requestId'];
        if (typeof requestId === 'string') entry(requestId)[name] ??= sentAtMs;
      }
    },
  };
}
