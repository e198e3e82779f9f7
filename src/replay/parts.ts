// How much of a replay is sent in one request, and how many data points it has.
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';

/** In order; each but the last has `mostItems`. */
export function* inParts<T>(items: readonly T[], mostItems: number): Generator<T[]> {
  for (let start = 0; start < items.length; start += mostItems) {
    yield items.slice(start, start + mostItems);
  }
}

export function countPoints({ scopeMetrics }: ResourceMetrics): number {
  return scopeMetrics
    .flatMap(({ metrics }) => metrics)
    .reduce((points, { dataPoints }) => points + dataPoints.length, 0);
}
