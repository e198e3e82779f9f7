// Percentiles out of bucket counts: estimates, and never outside of what was recorded.
import type { MetricSeries } from './metric-series';

/**
 * Estimate from the buckets, linear within one and within min and max; undefined without values.
 * @param quantile 0–1
 */
export function estimateQuantile(series: MetricSeries, quantile: number): number | undefined {
  const total = series.buckets.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return undefined;
  const min = series.min ?? -Infinity;
  const max = series.max ?? Infinity;
  let below = 0;
  for (const { lower, upper, count } of series.buckets) {
    if (count > 0 && below + count >= quantile * total) {
      const from = Math.max(lower, min);
      const to = Math.min(upper, max);
      if (!Number.isFinite(from)) return to;
      if (!Number.isFinite(to)) return from;
      return from + ((quantile * total - below) / count) * (to - from);
    }
    below += count;
  }
  return series.max;
}
