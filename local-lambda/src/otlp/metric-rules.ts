// The proto's rules for metrics (opentelemetry-proto metrics.proto, OTel spec "Metrics Data Model").
import {
  checkAttributes,
  checkId,
  checkNumber,
  checkResource,
  checkScope,
  checkText,
  checkTime,
  report,
} from './common-rules';
import type { Findings } from './common-rules';
import { checkDistribution, checkExponential, checkExplicit, checkSummary } from './point-rules';
import type {
  Exemplar,
  ExponentialHistogramDataPoint,
  HistogramDataPoint,
  KeyValue,
  Metric,
  MetricsRequest,
  NumberDataPoint,
  SummaryDataPoint,
} from './model';
import { AGGREGATION_TEMPORALITY } from './model';

/** OTel spec, "Instrument name syntax". */
const INSTRUMENT_NAME = /^[A-Za-z][A-Za-z0-9_.\-/]{0,254}$/;

export function checkMetrics(findings: Findings, { resourceMetrics }: MetricsRequest): void {
  for (const [r, { resource, scopeMetrics }] of resourceMetrics.entries()) {
    checkResource(findings, `resourceMetrics[${r}].resource`, resource);
    for (const [s, { scope, metrics }] of scopeMetrics.entries()) {
      const path = `resourceMetrics[${r}].scopeMetrics[${s}]`;
      checkScope(findings, `${path}.scope`, scope);
      if (metrics.length === 0) report(findings, path, 'holds no metric');
      const names = new Set<string>();
      for (const [index, metric] of metrics.entries()) {
        const place = `${path}.metrics[${index}] '${metric.name}'`;
        if (names.has(metric.name)) report(findings, place, 'metric occurs twice in its scope');
        names.add(metric.name);
        checkMetric(findings, place, metric);
      }
    }
  }
}

function checkMetric(findings: Findings, path: string, metric: Metric): void {
  if (!INSTRUMENT_NAME.test(metric.name)) report(findings, path, 'name is no instrument name');
  if (metric.unit.length > 63 || /[^\x21-\x7e]/.test(metric.unit))
    report(findings, path, `unit '${metric.unit}' is not 63 ASCII characters at most`);
  checkText(findings, `${path}.description`, metric.description);
  checkAttributes(findings, `${path}.metadata`, metric.metadata);
  const { gauge, sum, histogram, exponentialHistogram, summary } = metric;
  const data = [gauge, sum, histogram, exponentialHistogram, summary].filter(Boolean);
  if (data.length !== 1) report(findings, path, `expected one kind of data, got ${data.length}`);
  const points = checkPoints(findings, path, metric);
  if (points === 0) report(findings, path, 'has no data point');
  for (const aggregated of [sum, histogram, exponentialHistogram])
    if (aggregated !== undefined && !/^[12]$/.test(String(aggregated.aggregationTemporality)))
      report(findings, path, `temporality ${aggregated.aggregationTemporality} must not be used`);
}

type Point =
  NumberDataPoint | HistogramDataPoint | ExponentialHistogramDataPoint | SummaryDataPoint;

function checkPoints(findings: Findings, path: string, metric: Metric): number {
  const seen = new Set<string>();
  const each = <P extends Point>(
    data:
      { readonly dataPoints: readonly P[]; readonly aggregationTemporality?: number } | undefined,
    check: (place: string, point: P) => void,
  ): number => {
    for (const [index, point] of (data?.dataPoints ?? []).entries()) {
      const place = `${path}.dataPoints[${index}]`;
      const series = seriesOf(point);
      if (seen.has(series)) report(findings, place, 'the same series and time occurs twice');
      seen.add(series);
      checkPoint(findings, place, { point, temporality: data?.aggregationTemporality });
      check(place, point);
    }
    return data?.dataPoints.length ?? 0;
  };
  return (
    each(metric.gauge, (place, point) => checkValueOf(findings, place, point)) +
    each(metric.sum, (place, point) => {
      checkValueOf(findings, place, point);
      const value = Number(point.asInt ?? point.asDouble ?? 0);
      if (metric.sum?.isMonotonic === true && value < 0)
        report(findings, place, `monotonic sum is negative: ${value}`);
    }) +
    each(metric.histogram, (place, point) => {
      checkDistribution(findings, place, point);
      checkExplicit(findings, place, point);
    }) +
    each(metric.exponentialHistogram, (place, point) => {
      checkDistribution(findings, place, point);
      checkExponential(findings, place, point);
    }) +
    each(metric.summary, (place, point) => checkSummary(findings, place, point))
  );
}

function seriesOf({ attributes, timeUnixNano, startTimeUnixNano }: Point): string {
  const sorted: readonly KeyValue[] = [...attributes].sort((a, b) => (a.key < b.key ? -1 : 1));
  return JSON.stringify([sorted, startTimeUnixNano, timeUnixNano]);
}

function checkPoint(
  findings: Findings,
  path: string,
  { point, temporality }: { point: Point; temporality: number | undefined },
): void {
  checkAttributes(findings, `${path}.attributes`, point.attributes);
  checkTime(findings, `${path}.timeUnixNano`, point.timeUnixNano);
  if (point.startTimeUnixNano !== '0')
    checkTime(findings, `${path}.startTimeUnixNano`, point.startTimeUnixNano);
  const start = BigInt(point.startTimeUnixNano);
  const time = BigInt(point.timeUnixNano);
  if (start > time) report(findings, path, `starts at ${start}, after its time ${time}`);
  // Data model, "Temporality": the window of a delta is (start, time], which must not be empty.
  if (temporality === AGGREGATION_TEMPORALITY.delta && (start === 0n || start === time))
    report(findings, path, `delta window is empty or has no start: (${start}, ${time}]`);
  if (point.flags > 1) report(findings, path, `reserved bits are set in flags ${point.flags}`);
  for (const [index, exemplar] of ('exemplars' in point ? point.exemplars : []).entries())
    checkExemplar(findings, `${path}.exemplars[${index}]`, exemplar);
}

function checkExemplar(findings: Findings, path: string, exemplar: Exemplar): void {
  checkAttributes(findings, `${path}.filteredAttributes`, exemplar.filteredAttributes);
  checkTime(findings, `${path}.timeUnixNano`, exemplar.timeUnixNano);
  checkId(findings, `${path}.spanId`, { id: exemplar.spanId, bytes: 8, required: false });
  checkId(findings, `${path}.traceId`, { id: exemplar.traceId, bytes: 16, required: false });
  if (exemplar.asDouble === undefined && exemplar.asInt === undefined)
    report(findings, path, 'exemplar has no value');
  checkNumber(findings, path, exemplar.asDouble);
}

function checkValueOf(findings: Findings, path: string, point: NumberDataPoint): void {
  const noRecordedValue = (point.flags & 1) === 1;
  const values = [point.asDouble, point.asInt].filter((value) => value !== undefined).length;
  if (values !== (noRecordedValue ? 0 : 1))
    report(findings, path, `expected one value, got ${values}`);
  checkNumber(findings, path, point.asDouble);
}
