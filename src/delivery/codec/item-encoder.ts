// Objects of the SDK → items: each is encoded once, when it is handed over, one behind the other in blocks of
// memory, with the tag and the length that it has in a request: neighbours are copied there together.
import type { InstrumentationScope } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { AggregationTemporality, DataPointType } from '@opentelemetry/sdk-metrics';
import type { MetricData, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type {
  Part,
  RawItem,
  RawMetric,
  RawResource,
  RawScope,
  Temporality,
} from '../../relay/item';
import { OtlpWriter } from './otlp-writer';
import { writeLogRecord } from './write-log-record';
import { writeMetric } from './write-metric';
import { writeSpan } from './write-span';

/** Field 2 of ScopeSpans, ScopeMetrics and ScopeLogs. */
const ITEM = 0x12;

const MIN_ENVELOPE_BYTES = 1024;

interface Owned {
  readonly resource: Resource;
  readonly instrumentationScope: InstrumentationScope;
}

export class ItemEncoder {
  private readonly writer = new OtlpWriter();
  private readonly resources = new WeakMap<Resource, RawResource>();
  private readonly scopes = new WeakMap<InstrumentationScope, RawScope>();

  /** `onUnencodable` is told of each object that is none of OTLP's, which is left out. */
  constructor(private readonly onUnencodable: (points: number) => void) {}

  encodeSpans(spans: readonly ReadableSpan[]): RawItem[] {
    return this.encodeOwned(spans, writeSpan);
  }

  encodeLogRecords(records: readonly ReadableLogRecord[]): RawItem[] {
    return this.encodeOwned(records, writeLogRecord);
  }

  /** Metrics without data points are left out: there is nothing to count. */
  encodeMetrics({ resource, scopeMetrics }: ResourceMetrics): RawMetric[] {
    const owner = this.toRawResource(resource);
    return scopeMetrics.flatMap(({ scope, metrics }) => {
      const shared = { resource: owner, scope: this.toRawScope(scope) };
      const filled = metrics.filter(({ dataPoints }) => dataPoints.length > 0);
      return this.encodeAll(filled, writeMetric, (part, metric) => ({
        ...part,
        ...shared,
        points: metric.dataPoints.length,
        temporality: toTemporality(metric),
      }));
    });
  }

  private encodeOwned<T extends Owned>(
    objects: readonly T[],
    write: (writer: OtlpWriter, object: T) => void,
  ): RawItem[] {
    return this.encodeAll(
      objects,
      write,
      ({ block, start, end }, { resource, instrumentationScope }) => ({
        block,
        start,
        end,
        resource: this.toRawResource(resource),
        scope: this.toRawScope(instrumentationScope),
      }),
    );
  }

  private encodeAll<T, I>(
    objects: readonly T[],
    write: (writer: OtlpWriter, object: T) => void,
    toItem: (part: Part, object: T) => I,
  ): I[] {
    const items: I[] = [];
    for (const object of objects) {
      const part = this.tryWrite(object, write);
      if (part !== undefined) items.push(toItem(part, object));
    }
    return items;
  }

  private tryWrite<T>(object: T, write: (writer: OtlpWriter, object: T) => void): Part | undefined {
    const { writer } = this;
    writer.makeRoom();
    const { position } = writer;
    try {
      writer.byte(ITEM);
      const begun = writer.begin(2);
      write(writer, object);
      const length = writer.end(begun, 2);
      const { block, position: end } = writer;
      const own = writer.detachLarge(end - length);
      return own === undefined
        ? { block, start: end - length, end }
        : { block: own, start: 0, end: length };
    } catch {
      writer.position = position;
      const { dataPoints } = object as { readonly dataPoints?: readonly unknown[] };
      this.onUnencodable(dataPoints?.length ?? 1);
      return undefined;
    }
  }

  private toRawResource(resource: Resource): RawResource {
    const known = this.resources.get(resource);
    if (known !== undefined) return known;
    const { schemaUrl = '' } = resource;
    const raw = { bytes: this.encodeOne(resource, writeResource), schemaUrl };
    // Attributes that are waited for would be missing for good.
    if (resource.asyncAttributesPending !== true) this.resources.set(resource, raw);
    return raw;
  }

  private toRawScope(scope: InstrumentationScope): RawScope {
    const known = this.scopes.get(scope);
    if (known !== undefined) return known;
    const { schemaUrl = '' } = scope;
    const raw = { bytes: this.encodeOne(scope, writeScope), schemaUrl };
    this.scopes.set(scope, raw);
    return raw;
  }

  /** With a writer of its own: another item may be half written. */
  private encodeOne<T>(object: T, write: (writer: OtlpWriter, object: T) => void): Uint8Array {
    const writer = new OtlpWriter(MIN_ENVELOPE_BYTES);
    write(writer, object);
    return writer.copyFrom(0);
  }
}

function writeResource(writer: OtlpWriter, { attributes }: Resource): void {
  writer.keyValues(0x0a, attributes);
  writer.count(0x10, 0);
}

function writeScope(writer: OtlpWriter, { name, version }: InstrumentationScope): void {
  writer.textField(0x0a, name);
  if (version) writer.textField(0x12, version);
}

function toTemporality({ dataPointType, aggregationTemporality }: MetricData): Temporality {
  if (dataPointType === DataPointType.GAUGE) return 'none';
  return aggregationTemporality === AggregationTemporality.DELTA ? 'delta' : 'cumulative';
}
