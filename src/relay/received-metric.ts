// What delivery asks of a metric that was handed over: how many points it has and whether they are deltas.
// Source: opentelemetry-proto 1.x, metrics/v1/metrics.proto (Metric)
import { FieldReader, LENGTH_DELIMITED, VARINT } from './field-reader';
import type { RawItem, RawResource, RawScope } from './item';

export type Temporality = 'delta' | 'cumulative' | 'none';

/** gauge, sum, histogram, exponential_histogram, summary. */
const DATA_FIELDS = [5, 7, 9, 10, 11];
const DATA_POINTS = 1;
const AGGREGATION_TEMPORALITY = 2;
const DELTA = 1;
const CUMULATIVE = 2;

export class ReceivedMetric implements RawItem {
  readonly points: number;
  /** `none` of gauges, summaries and what says nothing. */
  readonly temporality: Temporality;

  constructor(
    readonly bytes: Uint8Array,
    readonly resource: RawResource,
    readonly scope: RawScope,
  ) {
    const metric = new FieldReader(bytes);
    const data = new FieldReader(bytes);
    let points = 0;
    let temporality = 0;
    metric.enter(0, bytes.length);
    while (metric.next()) {
      if (metric.wireType !== LENGTH_DELIMITED || !DATA_FIELDS.includes(metric.field)) continue;
      data.enter(metric.start, metric.end);
      while (data.next()) {
        if (data.is(DATA_POINTS, LENGTH_DELIMITED)) points += 1;
        else if (data.is(AGGREGATION_TEMPORALITY, VARINT)) temporality = data.value;
      }
    }
    this.points = points;
    this.temporality =
      temporality === DELTA ? 'delta' : temporality === CUMULATIVE ? 'cumulative' : 'none';
  }
}
