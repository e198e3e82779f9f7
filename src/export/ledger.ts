// Books every outcome: totals for the stop line, the observer for the extension's own metrics. An
// observer that throws cannot stop delivery.
import type { DeliveryObserver, DeliveryTotals, DropReason, Signal } from './delivery';

export class Ledger {
  readonly #observer: DeliveryObserver;
  readonly #exported: Record<Signal, number> = { traces: 0, metrics: 0, logs: 0 };
  readonly #dropped: Record<Signal, number> = { traces: 0, metrics: 0, logs: 0 };

  constructor(observer: DeliveryObserver) {
    this.#observer = observer;
  }

  exported(signal: Signal, items: number): void {
    if (items === 0) return;
    this.#exported[signal] += items;
    tell(() => this.#observer.exported(signal, items));
  }

  dropped(signal: Signal, items: number, reason: DropReason): void {
    if (items === 0) return;
    this.#dropped[signal] += items;
    tell(() => this.#observer.dropped(signal, items, reason));
  }

  requestEnded(signal: Signal, durationMs: number, outcome: string): void {
    tell(() => this.#observer.requestEnded(signal, durationMs, outcome));
  }

  totals(): Readonly<Record<Signal, DeliveryTotals>> {
    const of = (signal: Signal): DeliveryTotals => ({
      exported: this.#exported[signal],
      dropped: this.#dropped[signal],
    });
    return { traces: of('traces'), metrics: of('metrics'), logs: of('logs') };
  }
}

function tell(report: () => void): void {
  try {
    report();
  } catch {
    return;
  }
}
