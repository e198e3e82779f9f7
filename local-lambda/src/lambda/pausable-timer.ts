// A timer that stands still while the environment is frozen, like everything inside it.

export interface PausableTimer {
  /** Runs `action` once after `delayMs` of unfrozen time; replaces what was started before. */
  start(delayMs: number, action: () => void): void;
  clear(): void;
  pause(): void;
  resume(): void;
  readonly pending: boolean;
}

export function createPausableTimer(): PausableTimer {
  let handle: NodeJS.Timeout | undefined;
  let action: (() => void) | undefined;
  let remainingMs = 0;
  let startedAtMs = 0;
  let paused = false;

  const arm = (): void => {
    startedAtMs = performance.now();
    handle = setTimeout(() => {
      const due = action;
      action = undefined;
      handle = undefined;
      due?.();
    }, remainingMs);
  };

  return {
    start(delayMs, next) {
      clearTimeout(handle);
      action = next;
      remainingMs = delayMs;
      if (!paused) arm();
    },
    clear() {
      clearTimeout(handle);
      handle = undefined;
      action = undefined;
    },
    pause() {
      if (paused) return;
      paused = true;
      if (handle === undefined) return;
      clearTimeout(handle);
      handle = undefined;
      remainingMs = Math.max(0, remainingMs - (performance.now() - startedAtMs));
    },
    resume() {
      if (!paused) return;
      paused = false;
      if (action !== undefined) arm();
    },
    get pending() {
      return action !== undefined;
    },
  };
}
