// Attribute and metric names, copied from the semantic conventions 1.45 (names in Development must not be imported:
// they may vanish from the package). test/otel/semconv.test.ts compares them with the published package. Our own names
// are `lambda.` followed by AWS's word and unit. It is an enum because the bundler then inlines the values: an object
// built with `{ [constant]: value }` is slow.

export enum Attribute {
  // https://opentelemetry.io/docs/specs/semconv/resource/ (Stable)
  SERVICE_NAME = 'service.name',
  /** Development. */
  SERVICE_INSTANCE_ID = 'service.instance.id',
  TELEMETRY_DISTRO_NAME = 'telemetry.distro.name',
  TELEMETRY_DISTRO_VERSION = 'telemetry.distro.version',
  HOST_ID = 'host.id',
  HOST_ARCH = 'host.arch',

  /** Not part of any convention: the process tag by which Jaeger tells hosts apart when it looks for clock skew. */
  JAEGER_IP = 'ip',

  // https://opentelemetry.io/docs/specs/semconv/resource/cloud/ (Development)
  CLOUD_PROVIDER = 'cloud.provider',
  CLOUD_PLATFORM = 'cloud.platform',
  CLOUD_REGION = 'cloud.region',
  CLOUD_ACCOUNT_ID = 'cloud.account.id',
  CLOUD_RESOURCE_ID = 'cloud.resource_id',

  // https://opentelemetry.io/docs/specs/semconv/registry/attributes/aws/ (Development)
  AWS_LOG_GROUP_NAMES = 'aws.log.group.names',
  AWS_LOG_STREAM_NAMES = 'aws.log.stream.names',
  AWS_LAMBDA_INVOKED_ARN = 'aws.lambda.invoked_arn',

  // https://opentelemetry.io/docs/specs/semconv/faas/ (Development)
  FAAS_NAME = 'faas.name',
  FAAS_VERSION = 'faas.version',
  FAAS_INSTANCE = 'faas.instance',
  FAAS_MAX_MEMORY = 'faas.max_memory',
  FAAS_COLDSTART = 'faas.coldstart',
  /** The name up to 1.44, which every tool knows; the name since 1.45 is written as well. */
  FAAS_INVOCATION_ID_1_44 = 'faas.invocation_id',
  FAAS_INVOCATION_ID = 'faas.invocation.id',

  // https://opentelemetry.io/docs/specs/semconv/attributes-registry/error/ and …/exception/ (Stable)
  ERROR_TYPE = 'error.type',
  EXCEPTION_TYPE = 'exception.type',
  EXCEPTION_MESSAGE = 'exception.message',
  EXCEPTION_STACKTRACE = 'exception.stacktrace',

  // https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/ (Development)
  OTEL_COMPONENT_NAME = 'otel.component.name',
  OTEL_COMPONENT_TYPE = 'otel.component.type',

  // https://github.com/open-telemetry/opentelemetry-collector-contrib, probabilisticsamplerprocessor
  SAMPLING_THRESHOLD = 'sampling.threshold',
  SAMPLING_RANDOMNESS = 'sampling.randomness',

  // Ours: AWS's words of the Telemetry API.
  LAMBDA_INITIALIZATION_TYPE = 'lambda.initialization_type',
  LAMBDA_PHASE = 'lambda.phase',
  LAMBDA_STATUS = 'lambda.status',
  LAMBDA_FUNCTION_ERROR = 'lambda.function_error',
  LAMBDA_INCOMPLETE = 'lambda.incomplete',
  LAMBDA_TRUNCATED = 'lambda.truncated',
  LAMBDA_FROM_SNAPSHOT = 'lambda.from_snapshot',
  LAMBDA_TENANT_ID = 'lambda.tenant_id',
  LAMBDA_RUNTIME_VERSION = 'lambda.runtime_version',
  LAMBDA_RUNTIME_VERSION_ARN = 'lambda.runtime_version_arn',
  /** Bytes. */
  LAMBDA_INSTANCE_MAX_MEMORY = 'lambda.instance_max_memory',
  /** Bytes. */
  LAMBDA_PRODUCED_BYTES = 'lambda.produced_bytes',
  LAMBDA_DURATION_MS = 'lambda.duration_ms',
  LAMBDA_BILLED_DURATION_MS = 'lambda.billed_duration_ms',
  LAMBDA_MEMORY_SIZE_MB = 'lambda.memory_size_mb',
  LAMBDA_MAX_MEMORY_USED_MB = 'lambda.max_memory_used_mb',
  LAMBDA_INIT_DURATION_MS = 'lambda.init_duration_ms',
  LAMBDA_RESTORE_DURATION_MS = 'lambda.restore_duration_ms',
  LAMBDA_BILLED_RESTORE_DURATION_MS = 'lambda.billed_restore_duration_ms',
  /** Details of the request that had been dropped when its span was exported. */
  LAMBDA_SPANS_DROPPED = 'lambda.spans_dropped',
  LAMBDA_LOG_RECORDS_DROPPED = 'lambda.log_records_dropped',
  LAMBDA_DROPPED_RECORDS = 'lambda.dropped_records',
  LAMBDA_DROPPED_BYTES = 'lambda.dropped_bytes',
  LAMBDA_REASON = 'lambda.reason',
  LAMBDA_NAME = 'lambda.name',
  LAMBDA_STATE = 'lambda.state',
  LAMBDA_EVENTS = 'lambda.events',
  LAMBDA_TYPES = 'lambda.types',
}

const LAMBDA = 'lambda.';
const MILLISECONDS = '_ms';

/**
 * Back ends such as OpenSearch, Elasticsearch and ClickHouse map a field by the first value they see, so a value that
 * may have a fraction is sent as a double even when it is whole.
 */
export function isAlwaysDouble(attribute: string): boolean {
  return attribute.endsWith(MILLISECONDS) && attribute.startsWith(LAMBDA);
}
