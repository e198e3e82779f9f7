// SDK objects → items. Each is encoded once, when it is handed over, into blocks of memory in which items follow each
// other with the tag and length that they have in a request, so that neighbours can be copied in one step.
import type { InstrumentationScope } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { AggregationTemporality, DataPointType } from '@opentelemetry/sdk-metrics';
import type { MetricData, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { ReadableSpan, TimedEvent } from '@opentelemetry/sdk-trace-base';
import { HAS_IS_REMOTE, IS_REMOTE, wholeOf } from '../../relay/item';
import type {
  Part,
  RawItem,
  RawMetric,
  RawResource,
  RawScope,
  Temporality,
} from '../../relay/item';
import { OtlpWriter } from './otlp-writer';
import { writeMetric } from './write-metric';
import type { Link, SpanContext, SpanStatus } from '@opentelemetry/api';

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

  /** `onUnencodable` is called for each object that OTLP cannot express and that is therefore left out. */
  constructor(private readonly onUnencodable: (points: number) => void) {}

  encodeSpans(spans: readonly ReadableSpan[]): RawItem[] {
    return this.encodeOwned(spans, writeSpan);
  }

  encodeLogRecords(records: readonly ReadableLogRecord[]): RawItem[] {
    return this.encodeOwned(records, writeLogRecord);
  }

  /** Metrics without data points are left out, since they would count for nothing. */
  encodeMetrics({ resource, scopeMetrics }: ResourceMetrics): RawMetric[] {
    // A new resource object for each window, so that no scope has the same metric twice when one request carries two
    // windows.
    const owner = { ...this.toRawResource(resource) };
    return scopeMetrics.flatMap(({ scope, metrics }) => {
      const owningScope = this.toRawScope(scope);
      const filled = metrics.filter(({ dataPoints }) => dataPoints.length > 0);
      // Not `{ ...part, points }`: for that, V8 11 (Node.js 20) creates a new hidden class each time, in the old
      // generation.
      return this.encodeAll(filled, writeMetric, ({ block, start, end }, metric) => ({
        block,
        start,
        end,
        resource: owner,
        scope: owningScope,
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
      return own === undefined ? { block, start: end - length, end } : wholeOf(own);
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
    // Not remembered while attributes are pending, or these would be missing for good.
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

  /** Uses a writer of its own because another item may be half written. */
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

// Writes a span as OTLP's Span message.
// Source: opentelemetry-proto 1.x, trace/v1/trace.proto

function writeSpan(writer: OtlpWriter, span: ReadableSpan): void {
  const context = span.spanContext();
  const { parentSpanContext: parent } = span;
  const flags = toFlags(context, parent);
  if (writer.span(span, flags)) return;
  writeContext(writer, context);
  if (parent?.spanId) writer.id(0x22, parent.spanId);
  writer.textField(0x2a, span.name);
  // OTLP's span kinds are one higher than the API's, since 0 means unspecified.
  writer.count(0x30, span.kind + 1);
  writer.time(0x39, span.startTime);
  writer.time(0x41, span.endTime);
  writer.keyValues(0x4a, span.attributes);
  writer.count(0x50, span.droppedAttributesCount);
  for (const event of span.events) writeEvent(writer, event);
  writer.count(0x60, span.droppedEventsCount);
  for (const link of span.links) writeLink(writer, link);
  writer.count(0x70, span.droppedLinksCount);
  writeStatus(writer, span.status);
  // From field number 16 on, a tag has two bytes.
  writer.byte(0x85);
  writer.byte(0x01);
  writer.fixed32(flags);
}

/** Fields 1 to 3 of a span and of a link. */
function writeContext(writer: OtlpWriter, { traceId, spanId, traceState }: SpanContext): void {
  writer.id(0x0a, traceId);
  writer.id(0x12, spanId);
  const state = traceState?.serialize();
  if (state) writer.textField(0x1a, state);
}

function writeEvent(writer: OtlpWriter, event: TimedEvent): void {
  writer.byte(0x5a);
  const start = writer.begin(2);
  writer.time(0x09, event.time);
  writer.textField(0x12, event.name);
  if (event.attributes) writer.keyValues(0x1a, event.attributes);
  writer.count(0x20, event.droppedAttributesCount ?? 0);
  writer.end(start, 2);
}

function writeLink(writer: OtlpWriter, { context, attributes, ...link }: Link): void {
  writer.byte(0x6a);
  const start = writer.begin();
  writeContext(writer, context);
  if (attributes) writer.keyValues(0x22, attributes);
  writer.count(0x28, link.droppedAttributesCount ?? 0);
  writer.byte(0x35);
  writer.fixed32(toFlags(context, context));
  writer.end(start);
}

function writeStatus(writer: OtlpWriter, { code, message }: SpanStatus): void {
  writer.byte(0x7a);
  const start = writer.begin();
  if (message) writer.textField(0x12, message);
  writer.count(0x18, code);
  writer.end(start);
}

function toFlags({ traceFlags }: SpanContext, other: SpanContext | undefined): number {
  return (traceFlags & 0xff) | HAS_IS_REMOTE | (other?.isRemote ? IS_REMOTE : 0);
}

// Writes a log record as OTLP's LogRecord message.
// Source: opentelemetry-proto 1.x, logs/v1/logs.proto

function writeLogRecord(writer: OtlpWriter, record: ReadableLogRecord): void {
  if (writer.logRecord(record)) return;
  const { severityNumber, severityText, body, spanContext, eventName } = record;
  writer.time(0x09, record.hrTime);
  if (severityNumber) writer.count(0x10, severityNumber);
  if (severityText) writer.textField(0x1a, severityText);
  if (body !== undefined) writer.value(0x2a, body);
  writer.keyValues(0x32, record.attributes);
  writer.count(0x38, record.droppedAttributesCount);
  if (spanContext?.traceFlags) {
    writer.byte(0x45);
    writer.fixed32(spanContext.traceFlags);
  }
  if (spanContext?.traceId) writer.id(0x4a, spanContext.traceId);
  if (spanContext?.spanId) writer.id(0x52, spanContext.spanId);
  writer.time(0x59, record.hrTimeObserved);
  if (eventName) writer.textField(0x62, eventName);
}
