// The last line of a process: what was delivered and what was lost.
import type { DeliveryTotals, Signal } from '../delivery/delivery';
import type { Diagnostics } from '../diagnostics';
import type { Unread } from './inbox';

export function reportTotals(
  totals: Readonly<Record<Signal, DeliveryTotals>>,
  unread: Unread,
  diagnostics: Diagnostics,
): void {
  const lost = totals.traces.dropped + totals.metrics.dropped + totals.logs.dropped;
  const fields = {
    ...(unread.bodies > 0 && {
      unreadBodies: unread.bodies,
      unreadBytes: unread.bytes,
      unreadRecords: unread.records,
    }),
    spansExported: totals.traces.exported,
    spansDropped: totals.traces.dropped,
    dataPointsExported: totals.metrics.exported,
    dataPointsDropped: totals.metrics.dropped,
    logRecordsExported: totals.logs.exported,
    logRecordsDropped: totals.logs.dropped,
  };
  if (lost > 0 || unread.bodies > 0)
    diagnostics.warn('stopped: some telemetry was not delivered', fields);
  else diagnostics.info('stopped: everything was delivered', fields);
}
