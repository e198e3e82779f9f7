// A delivery pipeline towards a test endpoint, with an observer that adds up and a clock that a test
// can push forward.
import type {
  ExportConfiguration,
  SignalConfiguration,
} from '../../src/delivery/settings/configuration';
import { Secrets, withoutSecrets } from '../../src/secrets';
import { createDelivery } from '../../src/delivery/create-delivery';
import type { Delivery, DropReason, MetricSource, Signal } from '../../src/delivery/delivery';
import type { TransportFactory } from '../../src/delivery/transport/transport-factory';

interface Observed {
  readonly exported: Record<Signal, number>;
  readonly dropped: Record<Signal, Partial<Record<DropReason, number>>>;
  readonly outcomes: string[];
}

export interface DeliveryFixture {
  readonly delivery: Delivery;
  readonly observed: Observed;
  readonly warnings: string[];
  /** Milliseconds by which the injected clock is ahead of the machine's. */
  readonly clock: { aheadMs: number; now(): number };
  /** Flushes with so many milliseconds of time. */
  readonly flush: (
    budgetMs?: number,
    options?: { final?: boolean; whileRunning?: boolean },
  ) => Promise<void>;
}

export interface FixtureOptions {
  readonly url: string;
  readonly signals?: readonly Signal[];
  readonly signal?: Partial<SignalConfiguration>;
  readonly perSignal?: Partial<Record<Signal, Partial<SignalConfiguration>>>;
  readonly bufferBytes?: number;
  readonly aws?: ExportConfiguration['aws'];
  readonly extraCertificatesFile?: string;
  readonly metricSource?: MetricSource;
  readonly transports?: TransportFactory;
}

export function createFixture(options: FixtureOptions): DeliveryFixture {
  const observed: Observed = {
    exported: { traces: 0, metrics: 0, logs: 0 },
    dropped: { traces: {}, metrics: {}, logs: {} },
    outcomes: [],
  };
  const warnings: string[] = [];
  const secrets = new Secrets();
  const warn = (message: string): void => void warnings.push(message);
  const clock = { aheadMs: 0, now: () => Date.now() + clock.aheadMs };
  const delivery = createDelivery({
    configuration: toConfiguration(options),
    observer: {
      exported: (signal, items) => void (observed.exported[signal] += items),
      dropped(signal, items, reason) {
        observed.dropped[signal][reason] = (observed.dropped[signal][reason] ?? 0) + items;
      },
      queued: () => undefined,
      requestEnded: (_, __, outcome) => void observed.outcomes.push(outcome),
    },
    diagnostics: withoutSecrets(
      { error: warn, warn, info: () => undefined, debug: () => undefined },
      secrets,
    ),
    secrets,
    clock,
    random: () => 0.5,
    ...(options.metricSource && { metricSource: options.metricSource }),
    ...(options.transports && { transports: options.transports }),
  });
  return {
    delivery,
    observed,
    warnings,
    clock,
    async flush(budgetMs = 5_000, flags = {}) {
      await delivery.flush({ deadlineMs: clock.now() + budgetMs, ...flags });
    },
  };
}

function toConfiguration(options: FixtureOptions): ExportConfiguration {
  const { url, signals = ['traces', 'metrics', 'logs'], bufferBytes = 8 * 1024 * 1024 } = options;
  const configurations = signals.map((signal) => [
    signal,
    {
      exporter: 'otlp',
      url: `${url}/v1/${signal}`,
      headers: {},
      timeoutMs: 10_000,
      compression: 'none',
      protocol: 'http/json',
      tls: {},
      ...options.signal,
      ...options.perSignal?.[signal],
    },
  ]);
  return {
    signals: Object.fromEntries(configurations) as ExportConfiguration['signals'],
    bufferBytes,
    ...(options.extraCertificatesFile !== undefined && {
      extraCertificatesFile: options.extraCertificatesFile,
    }),
    ...(options.aws && { aws: options.aws }),
  };
}

/** Resolves when `condition` holds; fails loudly after ten seconds. */
export async function eventually(condition: () => boolean): Promise<void> {
  const deadlineMs = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadlineMs) throw new Error(`never came true: ${condition.toString()}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 2);
    });
  }
}
