// Waiting for Ctrl-C: the first ends what runs in order, the second at once.

export interface Interruption {
  /** Resolves at the first SIGINT or SIGTERM. */
  readonly requested: Promise<void>;
  /** The signals mean again what they mean without this. */
  end(): void;
}

export function awaitInterruption(): Interruption {
  let resolve: () => void = () => undefined;
  const requested = new Promise<void>((settle) => (resolve = settle));
  let signals = 0;
  const onSignal = (): void => {
    signals += 1;
    if (signals > 1) process.exit(130);
    resolve();
  };
  // A server alone would keep the process; without one this does.
  const alive = setInterval(() => undefined, 60_000);
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return {
    requested,
    end() {
      clearInterval(alive);
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    },
  };
}
