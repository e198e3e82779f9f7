// What delivery asks of a metric that was handed over: how many points it has and whether they are deltas.
// Source: opentelemetry-proto 1.x, metrics/v1/metrics.proto (Metric)
import { FieldReader, LENGTH_DELIMITED, VARINT } from './field-reader';
import type { Envelopes, Part, RawMetric, RawResource, RawScope, Temporality } from './item';

/** gauge, sum, histogram, exponential_histogram, summary. */
const DATA_FIELDS = [5, 7, 9, 10, 11];
const DATA_POINTS = 1;
const AGGREGATION_TEMPORALITY = 2;
const DELTA = 1;
const CUMULATIVE = 2;

export class ReceivedMetric implements RawMetric {
  readonly block: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly resource: RawResource;
  readonly scope: RawScope;
  readonly points: number;
  readonly temporality: Temporality;

  constructor(
    { block, start, end }: Part,
    { resource, scope }: Envelopes,
    metric = new FieldReader(block),
  ) {
    this.block = block;
    this.start = start;
    this.end = end;
    this.resource = resource;
    this.scope = scope;
    const data = new FieldReader(block);
    let points = 0;
    let temporality = 0;
    metric.enter(start, end);
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
