// The JSON serializers, apart from the protobuf ones: they are loaded for http/json and console only.
import {
  JsonLogsSerializer,
  JsonMetricsSerializer,
  JsonTraceSerializer,
} from '@opentelemetry/otlp-transformer';

export const jsonSerializers = {
  traces: JsonTraceSerializer,
  metrics: JsonMetricsSerializer,
  logs: JsonLogsSerializer,
} as const;
