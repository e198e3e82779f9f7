// The proto's rules for points that hold a distribution (opentelemetry-proto metrics.proto).
import { checkNumber, report } from './common-rules';
import type { Findings } from './common-rules';
import type { ExponentialHistogramDataPoint, HistogramDataPoint, SummaryDataPoint } from './model';

export function checkDistribution(
  findings: Findings,
  path: string,
  point: HistogramDataPoint | ExponentialHistogramDataPoint,
): void {
  const { sum, min, max } = point;
  for (const value of [sum, min, max]) checkNumber(findings, path, value);
  const count = Number(point.count);
  if (count === 0 && (sum ?? 0) !== 0) report(findings, path, `count is 0, but sum is ${sum ?? 0}`);
  if (min !== undefined && max !== undefined && min > max)
    report(findings, path, `min ${min} is above max ${max}`);
  if (sum === undefined || count === 0) return;
  // A little slack: the sum of floating-point numbers depends on their order.
  const slack = 1e-9 * Math.max(1, Math.abs(sum));
  if (min !== undefined && sum < min * count - slack)
    report(findings, path, `sum ${sum} is below count ${count} times min ${min}`);
  if (max !== undefined && sum > max * count + slack)
    report(findings, path, `sum ${sum} is above count ${count} times max ${max}`);
}

export function checkExplicit(findings: Findings, path: string, point: HistogramDataPoint): void {
  const { bucketCounts, explicitBounds } = point;
  const expected = bucketCounts.length === 0 ? 0 : bucketCounts.length - 1;
  if (explicitBounds.length !== expected)
    report(
      findings,
      path,
      `${bucketCounts.length} bucket counts for ${explicitBounds.length} bounds`,
    );
  checkTotal(findings, path, { counts: bucketCounts, total: point.count });
  for (const [index, bound] of explicitBounds.entries()) {
    checkNumber(findings, `${path}.explicitBounds[${index}]`, bound);
    const previous = explicitBounds[index - 1];
    if (previous !== undefined && previous >= bound)
      report(findings, path, `bounds are not increasing: ${previous}, ${bound}`);
  }
  checkExtremes(findings, path, point);
}

/** min and max lie in buckets that counted something. */
function checkExtremes(findings: Findings, path: string, point: HistogramDataPoint): void {
  for (const [name, value] of [
    ['min', point.min],
    ['max', point.max],
  ] as const) {
    if (value === undefined || point.bucketCounts.length === 0 || point.count === '0') continue;
    const above = point.explicitBounds.findIndex((bound) => value <= bound);
    const bucket = above === -1 ? point.explicitBounds.length : above;
    if (point.bucketCounts[bucket] === '0')
      report(findings, path, `${name} ${value} lies in bucket ${bucket}, which is empty`);
  }
}

export function checkExponential(
  findings: Findings,
  path: string,
  point: ExponentialHistogramDataPoint,
): void {
  const { positive, negative, zeroCount, count, zeroThreshold } = point;
  const counts = [...(positive?.bucketCounts ?? []), ...(negative?.bucketCounts ?? []), zeroCount];
  checkTotal(findings, path, { counts, total: count });
  checkNumber(findings, `${path}.zeroThreshold`, zeroThreshold);
  if (zeroThreshold < 0) report(findings, path, `zeroThreshold is negative: ${zeroThreshold}`);
  // Data model, "Exponential Scale": what every consumer takes.
  if (point.scale < -10 || point.scale > 20)
    report(findings, path, `scale ${point.scale} is not within -10-20`);
}

function checkTotal(
  findings: Findings,
  path: string,
  { counts, total }: { counts: readonly string[]; total: string },
): void {
  if (counts.length === 0) return;
  const sum = counts.reduce((partial, count) => partial + BigInt(count), 0n);
  if (sum !== BigInt(total))
    report(findings, path, `bucket counts add up to ${sum}, but count is ${total}`);
}

export function checkSummary(findings: Findings, path: string, point: SummaryDataPoint): void {
  checkNumber(findings, `${path}.sum`, point.sum);
  let previous = -1;
  for (const { quantile, value } of point.quantileValues) {
    checkNumber(findings, path, value);
    if (!(quantile >= 0 && quantile <= 1) || quantile <= previous)
      report(findings, path, `quantile ${quantile} is not increasing within 0-1`);
    previous = quantile;
  }
}
