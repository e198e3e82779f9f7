// All that a receiver took, for a person: traces as waterfalls, then metrics, then logs.
import type { AcceptedRequests } from '../otlp/arrivals';
import { toFlatLogRecords, toFlatMetrics, toFlatSpans } from '../otlp/flatten';
import { renderLogs } from './log-list';
import { renderMetrics } from './metric-table';
import { groupByTrace } from './span-tree';
import type { RenderOptions } from './waterfall';
import { renderTrace } from './waterfall';

/** Empty if there is nothing. `titles`: what to write above a trace, by trace id. */
export function renderTelemetry(
  { traces, metrics, logs }: AcceptedRequests,
  options: RenderOptions,
  titles: ReadonlyMap<string, string> = new Map(),
): string {
  const byTrace = groupByTrace(toFlatSpans(traces));
  const waterfalls = [...byTrace].flatMap(([traceId, spans]) => {
    const title = titles.get(traceId);
    return [
      ...(title === undefined ? [] : [heading(title, options)]),
      renderTrace(spans, options),
      '',
    ];
  });
  const flatMetrics = toFlatMetrics(metrics);
  const logRecords = toFlatLogRecords(logs);
  return [
    ...waterfalls,
    ...(flatMetrics.length === 0
      ? []
      : [heading('metrics', options), renderMetrics(flatMetrics, options), '']),
    ...(logRecords.length === 0
      ? []
      : [heading('logs', options), renderLogs(logRecords, options), '']),
  ].join('\n');
}

export function heading(title: string, { width, paint }: RenderOptions): string {
  return paint('dim', `── ${title} ${'─'.repeat(Math.max(2, width - title.length - 4))}`);
}
