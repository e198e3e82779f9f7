// Brings one batch to the listener: at-least-once with back-off, as the service, or once, as RIE.
// Time stands still while the environment is frozen; close() settles what is under way.
import { createPausableTimer } from './pausable-timer';
import type { Batch, DeliveryOutcome, TelemetryDestination } from './telemetry-destination';

export interface TelemetryDelivery {
  deliver(batch: Batch, onSent: () => void): Promise<DeliveryOutcome>;
  pause(): void;
  resume(): void;
  close(): void;
}

// The service's schedule is not documented; these keep a restarted listener waiting for at most 5 s.
const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 5000;
const ATTEMPT_TIMEOUT_MS = 15_000;

/** `retry`: false gives a batch up after the first failed attempt. */
export function createTelemetryDelivery(
  destination: TelemetryDestination,
  retry: boolean,
): TelemetryDelivery {
  const attemptTimer = createPausableTimer();
  const retryTimer = createPausableTimer();
  let closed = false;
  let wake: (() => void) | undefined;

  const attempt = async (batch: Batch, onSent: () => void): Promise<DeliveryOutcome> => {
    attemptTimer.start(ATTEMPT_TIMEOUT_MS, () => destination.close());
    const outcome = await destination.send(batch, onSent);
    attemptTimer.clear();
    return outcome;
  };

  const backOff = (delayMs: number): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
      retryTimer.start(delayMs, resolve);
    });

  return {
    async deliver(batch, onSent) {
      let delayMs = FIRST_RETRY_MS;
      for (;;) {
        if (closed) return { ok: false, reason: 'subscriber closed' };
        const outcome = await attempt(batch, onSent);
        if (outcome.ok || !retry) return outcome;
        await backOff(delayMs);
        delayMs = Math.min(delayMs * 2, MAX_RETRY_MS);
      }
    },
    pause() {
      attemptTimer.pause();
      retryTimer.pause();
    },
    resume() {
      attemptTimer.resume();
      retryTimer.resume();
    },
    close() {
      closed = true;
      attemptTimer.clear();
      retryTimer.clear();
      destination.close();
      wake?.();
    },
  };
}
