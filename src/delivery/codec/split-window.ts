// Halves a metric window that an endpoint finds too large, by data points. Resource and scope
// objects are kept, so that both halves are the same stream.
import type { MetricData, ResourceMetrics, ScopeMetrics } from '@opentelemetry/sdk-metrics';
import { countDataPoints } from './size-estimate';

/** Two windows that together hold the same points, or undefined for a single point. */
export function splitWindow(
  window: ResourceMetrics,
): readonly [ResourceMetrics, ResourceMetrics] | undefined {
  const points = countDataPoints(window);
  if (points < 2) return undefined;
  const middle = Math.ceil(points / 2);
  return [slicePoints(window, 0, middle), slicePoints(window, middle, points)];
}

function slicePoints(window: ResourceMetrics, start: number, end: number): ResourceMetrics {
  let position = 0;
  const scopeMetrics: ScopeMetrics[] = [];
  for (const { scope, metrics } of window.scopeMetrics) {
    const kept: MetricData[] = [];
    for (const metric of metrics) {
      const from = Math.max(start - position, 0);
      const to = Math.max(end - position, 0);
      position += metric.dataPoints.length;
      const dataPoints = metric.dataPoints.slice(from, to);
      if (dataPoints.length > 0) kept.push({ ...metric, dataPoints } as MetricData);
    }
    if (kept.length > 0) scopeMetrics.push({ scope, metrics: kept });
  }
  return { resource: window.resource, scopeMetrics };
}
