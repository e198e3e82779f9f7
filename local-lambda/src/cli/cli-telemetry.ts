// Prints what the embedded receiver of `npm run local` received, in the same way as the demo: traces as waterfalls,
// metrics as a table, logs with their trace ids.
import type { AcceptedRequests } from '../otlp/arrivals';
import { toFlatLogRecords, toFlatMetrics, toFlatSpans } from '../otlp/flatten';
import { renderLogs } from '../render/log-list';
import { renderMetrics } from '../render/metric-table';
import { groupByTrace } from '../render/span-tree';
import { renderTrace } from '../render/waterfall';
import type { RenderOptions } from '../render/waterfall';

/** The text to print, even if nothing arrived. */
export function toTelemetryText(accepted: AcceptedRequests, options: RenderOptions): string {
  const spans = toFlatSpans(accepted.traces);
  const metrics = toFlatMetrics(accepted.metrics);
  const logRecords = toFlatLogRecords(accepted.logs);
  if (spans.length + metrics.length + logRecords.length === 0) {
    return 'No telemetry arrived: expected OTLP requests from the layer. Its own messages are above.';
  }
  return [
    ...[...groupByTrace(spans).values()].map((trace) => renderTrace(trace, options)),
    ...(metrics.length === 0 ? [] : [renderMetrics(metrics, options)]),
    ...(logRecords.length === 0 ? [] : [renderLogs(logRecords, options)]),
  ].join('\n\n');
}
