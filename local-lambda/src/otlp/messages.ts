// The messages of opentelemetry-proto 1.x (common, resource, trace, metrics, logs and the collector
// services), written from the specification as a protobufjs descriptor. Nothing here comes from the
// serializer that wrote the bytes, so that a mistake of its cannot hide. Field names are OTLP/JSON's;
// one line per field: `[repeated|optional|oneof:<name>] <type> <name> = <number>`.

export const COMMON = {
  AnyValue: `
    oneof:value string stringValue = 1
    oneof:value bool boolValue = 2
    oneof:value int64 intValue = 3
    oneof:value double doubleValue = 4
    oneof:value ArrayValue arrayValue = 5
    oneof:value KeyValueList kvlistValue = 6
    oneof:value bytes bytesValue = 7
    oneof:value int32 stringValueStrindex = 8`,
  ArrayValue: `repeated AnyValue values = 1`,
  KeyValueList: `repeated KeyValue values = 1`,
  KeyValue: `
    string key = 1
    AnyValue value = 2
    int32 keyStrindex = 3`,
  InstrumentationScope: `
    string name = 1
    string version = 2
    repeated KeyValue attributes = 3
    uint32 droppedAttributesCount = 4`,
  EntityRef: `
    string schemaUrl = 1
    string type = 2
    repeated string idKeys = 3
    repeated string descriptionKeys = 4`,
  Resource: `
    repeated KeyValue attributes = 1
    uint32 droppedAttributesCount = 2
    repeated EntityRef entityRefs = 3`,
};

export const TRACE = {
  ExportTraceServiceRequest: `repeated ResourceSpans resourceSpans = 1`,
  ExportTraceServiceResponse: `ExportTracePartialSuccess partialSuccess = 1`,
  ExportTracePartialSuccess: `
    int64 rejectedSpans = 1
    string errorMessage = 2`,
  ResourceSpans: `
    Resource resource = 1
    repeated ScopeSpans scopeSpans = 2
    string schemaUrl = 3`,
  ScopeSpans: `
    InstrumentationScope scope = 1
    repeated Span spans = 2
    string schemaUrl = 3`,
  Span: `
    bytes traceId = 1
    bytes spanId = 2
    string traceState = 3
    bytes parentSpanId = 4
    string name = 5
    enum kind = 6
    fixed64 startTimeUnixNano = 7
    fixed64 endTimeUnixNano = 8
    repeated KeyValue attributes = 9
    uint32 droppedAttributesCount = 10
    repeated Event events = 11
    uint32 droppedEventsCount = 12
    repeated Link links = 13
    uint32 droppedLinksCount = 14
    Status status = 15
    fixed32 flags = 16`,
  Event: `
    fixed64 timeUnixNano = 1
    string name = 2
    repeated KeyValue attributes = 3
    uint32 droppedAttributesCount = 4`,
  Link: `
    bytes traceId = 1
    bytes spanId = 2
    string traceState = 3
    repeated KeyValue attributes = 4
    uint32 droppedAttributesCount = 5
    fixed32 flags = 6`,
  Status: `
    string message = 2
    enum code = 3`,
};

export const METRICS = {
  ExportMetricsServiceRequest: `repeated ResourceMetrics resourceMetrics = 1`,
  ExportMetricsServiceResponse: `ExportMetricsPartialSuccess partialSuccess = 1`,
  ExportMetricsPartialSuccess: `
    int64 rejectedDataPoints = 1
    string errorMessage = 2`,
  ResourceMetrics: `
    Resource resource = 1
    repeated ScopeMetrics scopeMetrics = 2
    string schemaUrl = 3`,
  ScopeMetrics: `
    InstrumentationScope scope = 1
    repeated Metric metrics = 2
    string schemaUrl = 3`,
  Metric: `
    string name = 1
    string description = 2
    string unit = 3
    oneof:data Gauge gauge = 5
    oneof:data Sum sum = 7
    oneof:data Histogram histogram = 9
    oneof:data ExponentialHistogram exponentialHistogram = 10
    oneof:data Summary summary = 11
    repeated KeyValue metadata = 12`,
  Gauge: `repeated NumberDataPoint dataPoints = 1`,
  Sum: `
    repeated NumberDataPoint dataPoints = 1
    enum aggregationTemporality = 2
    bool isMonotonic = 3`,
  Histogram: `
    repeated HistogramDataPoint dataPoints = 1
    enum aggregationTemporality = 2`,
  ExponentialHistogram: `
    repeated ExponentialHistogramDataPoint dataPoints = 1
    enum aggregationTemporality = 2`,
  Summary: `repeated SummaryDataPoint dataPoints = 1`,
  NumberDataPoint: `
    fixed64 startTimeUnixNano = 2
    fixed64 timeUnixNano = 3
    oneof:value double asDouble = 4
    repeated Exemplar exemplars = 5
    oneof:value sfixed64 asInt = 6
    repeated KeyValue attributes = 7
    uint32 flags = 8`,
  HistogramDataPoint: `
    fixed64 startTimeUnixNano = 2
    fixed64 timeUnixNano = 3
    fixed64 count = 4
    optional double sum = 5
    repeated fixed64 bucketCounts = 6
    repeated double explicitBounds = 7
    repeated Exemplar exemplars = 8
    repeated KeyValue attributes = 9
    uint32 flags = 10
    optional double min = 11
    optional double max = 12`,
  ExponentialHistogramDataPoint: `
    repeated KeyValue attributes = 1
    fixed64 startTimeUnixNano = 2
    fixed64 timeUnixNano = 3
    fixed64 count = 4
    optional double sum = 5
    sint32 scale = 6
    fixed64 zeroCount = 7
    Buckets positive = 8
    Buckets negative = 9
    uint32 flags = 10
    repeated Exemplar exemplars = 11
    optional double min = 12
    optional double max = 13
    double zeroThreshold = 14`,
  Buckets: `
    sint32 offset = 1
    repeated uint64 bucketCounts = 2`,
  SummaryDataPoint: `
    fixed64 startTimeUnixNano = 2
    fixed64 timeUnixNano = 3
    fixed64 count = 4
    double sum = 5
    repeated ValueAtQuantile quantileValues = 6
    repeated KeyValue attributes = 7
    uint32 flags = 8`,
  ValueAtQuantile: `
    double quantile = 1
    double value = 2`,
  Exemplar: `
    fixed64 timeUnixNano = 2
    oneof:value double asDouble = 3
    bytes spanId = 4
    bytes traceId = 5
    oneof:value sfixed64 asInt = 6
    repeated KeyValue filteredAttributes = 7`,
};

export const LOGS = {
  ExportLogsServiceRequest: `repeated ResourceLogs resourceLogs = 1`,
  ExportLogsServiceResponse: `ExportLogsPartialSuccess partialSuccess = 1`,
  ExportLogsPartialSuccess: `
    int64 rejectedLogRecords = 1
    string errorMessage = 2`,
  ResourceLogs: `
    Resource resource = 1
    repeated ScopeLogs scopeLogs = 2
    string schemaUrl = 3`,
  ScopeLogs: `
    InstrumentationScope scope = 1
    repeated LogRecord logRecords = 2
    string schemaUrl = 3`,
  LogRecord: `
    fixed64 timeUnixNano = 1
    enum severityNumber = 2
    string severityText = 3
    AnyValue body = 5
    repeated KeyValue attributes = 6
    uint32 droppedAttributesCount = 7
    fixed32 flags = 8
    bytes traceId = 9
    bytes spanId = 10
    fixed64 observedTimeUnixNano = 11
    string eventName = 12`,
};

/** google.rpc.Status, the body of a refusal (OTLP spec, "OTLP/HTTP Response", Failures). */
export const FAILURE = {
  RpcStatus: `
    int32 code = 1
    string message = 2`,
};
