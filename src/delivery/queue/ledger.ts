// Records every outcome: totals for the line that is logged at the end, and the observer for the extension's own
// metrics. An observer that throws cannot stop delivery.
import type { DeliveryObserver, DeliveryTotals, DropReason, Signal } from '../delivery';

export class Ledger {
  private readonly observer: DeliveryObserver;
  private readonly exportedItems: Record<Signal, number> = { traces: 0, metrics: 0, logs: 0 };
  private readonly droppedItems: Record<Signal, number> = { traces: 0, metrics: 0, logs: 0 };

  constructor(observer: DeliveryObserver) {
    this.observer = observer;
  }

  queued(signal: Signal, items: number): void {
    if (items > 0) tell(() => this.observer.queued(signal, items));
  }

  exported(signal: Signal, items: number): void {
    if (items === 0) return;
    this.exportedItems[signal] += items;
    tell(() => this.observer.exported(signal, items));
  }

  dropped(signal: Signal, items: number, reason: DropReason): void {
    if (items === 0) return;
    this.droppedItems[signal] += items;
    tell(() => this.observer.dropped(signal, items, reason));
  }

  requestEnded(signal: Signal, durationMs: number, outcome: string): void {
    tell(() => this.observer.requestEnded(signal, durationMs, outcome));
  }

  totals(): Readonly<Record<Signal, DeliveryTotals>> {
    const of = (signal: Signal): DeliveryTotals => ({
      exported: this.exportedItems[signal],
      dropped: this.droppedItems[signal],
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
