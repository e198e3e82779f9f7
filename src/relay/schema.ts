// The OTLP messages as data, for the conversion between OTLP/JSON and protobuf in both directions: the fields of each
// message as the .proto files declare them, with their JSON names, in the order of their numbers.
// Source: opentelemetry-proto 1.x; OTLP specification, "JSON Protobuf Encoding"
import { FIXED32, FIXED64, LENGTH_DELIMITED, VARINT } from './field-reader';
import type { Signal } from './item';

/** `id`: bytes that OTLP/JSON writes in hexadecimal, where it writes `bytes` in base64. */
export type Scalar =
  | 'string'
  | 'id'
  | 'bytes'
  | 'bool'
  | 'enum'
  | 'uint32'
  | 'int32'
  | 'sint32'
  | 'int64'
  | 'uint64'
  | 'fixed32'
  | 'fixed64'
  | 'sfixed64'
  | 'double';

export interface Field {
  readonly name: string;
  readonly number: number;
  readonly type: Scalar | 'message';
  readonly isRepeated: boolean;
  /** The wire type of one value; repeated numbers are packed after one length. */
  readonly wireType: number;
  /** The name of the message or enum that is its type. */
  readonly typeName: string;
}

type MessageName = keyof typeof DECLARATIONS;

const DECLARATIONS = {
  AnyValue:
    'string stringValue 1, bool boolValue 2, int64 intValue 3, double doubleValue 4, ArrayValue arrayValue 5, KeyValueList kvlistValue 6, bytes bytesValue 7',
  ArrayValue: '*AnyValue values 1',
  KeyValueList: '*KeyValue values 1',
  KeyValue: 'string key 1, AnyValue value 2',
  Resource: '*KeyValue attributes 1, uint32 droppedAttributesCount 2, *EntityRef entityRefs 3',
  EntityRef: 'string schemaUrl 1, string type 2, *string idKeys 3, *string descriptionKeys 4',
  InstrumentationScope:
    'string name 1, string version 2, *KeyValue attributes 3, uint32 droppedAttributesCount 4',

  ExportTraceServiceRequest: '*ResourceSpans resourceSpans 1',
  ResourceSpans: 'Resource resource 1, *ScopeSpans scopeSpans 2, string schemaUrl 3',
  ScopeSpans: 'InstrumentationScope scope 1, *Span spans 2, string schemaUrl 3',
  Span: 'id traceId 1, id spanId 2, string traceState 3, id parentSpanId 4, string name 5, SPAN_KIND kind 6, fixed64 startTimeUnixNano 7, fixed64 endTimeUnixNano 8, *KeyValue attributes 9, uint32 droppedAttributesCount 10, *Event events 11, uint32 droppedEventsCount 12, *Link links 13, uint32 droppedLinksCount 14, Status status 15, fixed32 flags 16',
  Event:
    'fixed64 timeUnixNano 1, string name 2, *KeyValue attributes 3, uint32 droppedAttributesCount 4',
  Link: 'id traceId 1, id spanId 2, string traceState 3, *KeyValue attributes 4, uint32 droppedAttributesCount 5, fixed32 flags 6',
  Status: 'string message 2, STATUS_CODE code 3',

  ExportMetricsServiceRequest: '*ResourceMetrics resourceMetrics 1',
  ResourceMetrics: 'Resource resource 1, *ScopeMetrics scopeMetrics 2, string schemaUrl 3',
  ScopeMetrics: 'InstrumentationScope scope 1, *Metric metrics 2, string schemaUrl 3',
  Metric:
    'string name 1, string description 2, string unit 3, Gauge gauge 5, Sum sum 7, Histogram histogram 9, ExponentialHistogram exponentialHistogram 10, Summary summary 11, *KeyValue metadata 12',
  Gauge: '*NumberDataPoint dataPoints 1',
  Sum: '*NumberDataPoint dataPoints 1, AGGREGATION_TEMPORALITY aggregationTemporality 2, bool isMonotonic 3',
  Histogram: '*HistogramDataPoint dataPoints 1, AGGREGATION_TEMPORALITY aggregationTemporality 2',
  ExponentialHistogram:
    '*ExponentialHistogramDataPoint dataPoints 1, AGGREGATION_TEMPORALITY aggregationTemporality 2',
  Summary: '*SummaryDataPoint dataPoints 1',
  NumberDataPoint:
    'fixed64 startTimeUnixNano 2, fixed64 timeUnixNano 3, double asDouble 4, *Exemplar exemplars 5, sfixed64 asInt 6, *KeyValue attributes 7, uint32 flags 8',
  HistogramDataPoint:
    'fixed64 startTimeUnixNano 2, fixed64 timeUnixNano 3, fixed64 count 4, double sum 5, *fixed64 bucketCounts 6, *double explicitBounds 7, *Exemplar exemplars 8, *KeyValue attributes 9, uint32 flags 10, double min 11, double max 12',
  ExponentialHistogramDataPoint:
    '*KeyValue attributes 1, fixed64 startTimeUnixNano 2, fixed64 timeUnixNano 3, fixed64 count 4, double sum 5, sint32 scale 6, fixed64 zeroCount 7, Buckets positive 8, Buckets negative 9, uint32 flags 10, *Exemplar exemplars 11, double min 12, double max 13, double zeroThreshold 14',
  Buckets: 'sint32 offset 1, *uint64 bucketCounts 2',
  SummaryDataPoint:
    'fixed64 startTimeUnixNano 2, fixed64 timeUnixNano 3, fixed64 count 4, double sum 5, *ValueAtQuantile quantileValues 6, *KeyValue attributes 7, uint32 flags 8',
  ValueAtQuantile: 'double quantile 1, double value 2',
  Exemplar:
    'fixed64 timeUnixNano 2, double asDouble 3, id spanId 4, id traceId 5, sfixed64 asInt 6, *KeyValue filteredAttributes 7',

  ExportLogsServiceRequest: '*ResourceLogs resourceLogs 1',
  ResourceLogs: 'Resource resource 1, *ScopeLogs scopeLogs 2, string schemaUrl 3',
  ScopeLogs: 'InstrumentationScope scope 1, *LogRecord logRecords 2, string schemaUrl 3',
  LogRecord:
    'fixed64 timeUnixNano 1, SEVERITY_NUMBER severityNumber 2, string severityText 3, AnyValue body 5, *KeyValue attributes 6, uint32 droppedAttributesCount 7, fixed32 flags 8, id traceId 9, id spanId 10, fixed64 observedTimeUnixNano 11, string eventName 12',
} as const;

/** Names of enum values by number; in JSON the enum's own name and `_` come before them. */
export const ENUM_VALUES: Readonly<Record<string, readonly string[]>> = {
  SPAN_KIND: ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'],
  STATUS_CODE: ['UNSET', 'OK', 'ERROR'],
  AGGREGATION_TEMPORALITY: ['UNSPECIFIED', 'DELTA', 'CUMULATIVE'],
  SEVERITY_NUMBER: [
    'UNSPECIFIED',
    ...['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'].flatMap((name) => [
      name,
      `${name}2`,
      `${name}3`,
      `${name}4`,
    ]),
  ],
};

const WIRE_TYPES: Readonly<Record<Scalar | 'message', number>> = {
  string: LENGTH_DELIMITED,
  id: LENGTH_DELIMITED,
  bytes: LENGTH_DELIMITED,
  message: LENGTH_DELIMITED,
  bool: VARINT,
  enum: VARINT,
  uint32: VARINT,
  int32: VARINT,
  sint32: VARINT,
  int64: VARINT,
  uint64: VARINT,
  fixed32: FIXED32,
  fixed64: FIXED64,
  sfixed64: FIXED64,
  double: FIXED64,
};

function toField(declaration: string): Field {
  const [typeName = '', name = '', number = ''] = declaration.replace('*', '').split(' ');
  const isEnum = Object.hasOwn(ENUM_VALUES, typeName);
  const type = isEnum
    ? 'enum'
    : Object.hasOwn(WIRE_TYPES, typeName)
      ? (typeName as Scalar)
      : 'message';
  return {
    name,
    number: Number(number),
    type,
    isRepeated: declaration.startsWith('*'),
    wireType: WIRE_TYPES[type],
    typeName,
  };
}

const MESSAGE_FIELDS: Readonly<Record<string, readonly Field[]>> = Object.fromEntries(
  Object.entries(DECLARATIONS).map(([name, text]) => [name, text.split(', ').map(toField)]),
);

/** The fields of the message that this field holds, in the order of their numbers. */
export function fieldsOf({ typeName }: Pick<Field, 'typeName'>): readonly Field[] {
  return MESSAGE_FIELDS[typeName] ?? [];
}

const REQUESTS: Readonly<Record<Signal, MessageName>> = {
  traces: 'ExportTraceServiceRequest',
  metrics: 'ExportMetricsServiceRequest',
  logs: 'ExportLogsServiceRequest',
};

export function requestFields(signal: Signal): readonly Field[] {
  return fieldsOf({ typeName: REQUESTS[signal] });
}
