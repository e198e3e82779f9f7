// Waits for Ctrl-C: the first one ends everything in order, the second one at once.
import { constants } from 'node:os';

/** The terminal and npm may both send a signal for a single Ctrl-C. */
const SAME_KEY_MS = 300;

export interface Interruption {
  /** Resolves at the first SIGINT or SIGTERM. */
  readonly requested: Promise<void>;
  /** 128 + the signal's number, as in a shell; undefined if there was no signal. */
  readonly exitCode: number | undefined;
  /** Restores the signals' default behaviour. */
  end(): void;
}

export function awaitInterruption(): Interruption {
  let resolve: () => void = () => undefined;
  let exitCode: number | undefined;
  const requested = new Promise<void>((settle) => (resolve = settle));
  let requestedAtMs = 0;
  const onSignal = (signal: NodeJS.Signals): void => {
    const code = 128 + constants.signals[signal];
    if (exitCode !== undefined) {
      if (performance.now() - requestedAtMs > SAME_KEY_MS) process.exit(code);
      return;
    }
    requestedAtMs = performance.now();
    exitCode = code;
    resolve();
  };
  // Keeps the process alive even if no server does.
  const alive = setInterval(() => undefined, 60_000);
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return {
    requested,
    get exitCode() {
      return exitCode;
    },
    end() {
      clearInterval(alive);
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    },
  };
}
