// Attribute and metric names, copied from the semantic conventions 1.45 (Development ones must not be
// imported: they may vanish from the package). test/otel/semconv.test.ts compares them with the published
// package. Our own names take the prefix `lambda.` with AWS's word and unit.

// https://opentelemetry.io/docs/specs/semconv/resource/ (Stable)
export const SERVICE_NAME = 'service.name';
export const TELEMETRY_SDK_NAME = 'telemetry.sdk.name';
export const TELEMETRY_SDK_LANGUAGE = 'telemetry.sdk.language';
export const TELEMETRY_SDK_VERSION = 'telemetry.sdk.version';
/** Development. */
export const SERVICE_INSTANCE_ID = 'service.instance.id';
export const TELEMETRY_DISTRO_NAME = 'telemetry.distro.name';
export const TELEMETRY_DISTRO_VERSION = 'telemetry.distro.version';
export const HOST_ID = 'host.id';
export const HOST_ARCH = 'host.arch';

/** No convention's: the process tag by which Jaeger's own pages tell hosts apart when they look for clock skew. */
export const JAEGER_IP = 'ip';

// https://opentelemetry.io/docs/specs/semconv/resource/cloud/ (Development)
export const CLOUD_PROVIDER = 'cloud.provider';
export const CLOUD_PLATFORM = 'cloud.platform';
export const CLOUD_REGION = 'cloud.region';
export const CLOUD_ACCOUNT_ID = 'cloud.account.id';
export const CLOUD_RESOURCE_ID = 'cloud.resource_id';

// https://opentelemetry.io/docs/specs/semconv/registry/attributes/aws/ (Development)
export const AWS_LOG_GROUP_NAMES = 'aws.log.group.names';
export const AWS_LOG_STREAM_NAMES = 'aws.log.stream.names';
export const AWS_LAMBDA_INVOKED_ARN = 'aws.lambda.invoked_arn';

// https://opentelemetry.io/docs/specs/semconv/faas/ (Development)
export const FAAS_NAME = 'faas.name';
export const FAAS_VERSION = 'faas.version';
export const FAAS_INSTANCE = 'faas.instance';
export const FAAS_MAX_MEMORY = 'faas.max_memory';
export const FAAS_COLDSTART = 'faas.coldstart';
/** The name up to 1.44, which every tool knows, and the name since 1.45: both are written. */
export const FAAS_INVOCATION_ID_1_44 = 'faas.invocation_id';
export const FAAS_INVOCATION_ID = 'faas.invocation.id';

// https://opentelemetry.io/docs/specs/semconv/attributes-registry/error/ and …/exception/ (Stable)
export const ERROR_TYPE = 'error.type';
export const EXCEPTION_TYPE = 'exception.type';
export const EXCEPTION_MESSAGE = 'exception.message';
export const EXCEPTION_STACKTRACE = 'exception.stacktrace';

// https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/ (Development)
export const OTEL_COMPONENT_NAME = 'otel.component.name';
export const OTEL_COMPONENT_TYPE = 'otel.component.type';

// Ours: AWS's words of the Telemetry API.
export const LAMBDA_INITIALIZATION_TYPE = 'lambda.initialization_type';
export const LAMBDA_PHASE = 'lambda.phase';
export const LAMBDA_STATUS = 'lambda.status';
export const LAMBDA_INCOMPLETE = 'lambda.incomplete';
export const LAMBDA_TRUNCATED = 'lambda.truncated';
export const LAMBDA_TENANT_ID = 'lambda.tenant_id';
export const LAMBDA_RUNTIME_VERSION = 'lambda.runtime_version';
export const LAMBDA_RUNTIME_VERSION_ARN = 'lambda.runtime_version_arn';
/** Bytes. */
export const LAMBDA_INSTANCE_MAX_MEMORY = 'lambda.instance_max_memory';
/** Bytes. */
export const LAMBDA_PRODUCED_BYTES = 'lambda.produced_bytes';
export const LAMBDA_DURATION_MS = 'lambda.duration_ms';
export const LAMBDA_BILLED_DURATION_MS = 'lambda.billed_duration_ms';
export const LAMBDA_MEMORY_SIZE_MB = 'lambda.memory_size_mb';
export const LAMBDA_MAX_MEMORY_USED_MB = 'lambda.max_memory_used_mb';
export const LAMBDA_INIT_DURATION_MS = 'lambda.init_duration_ms';
export const LAMBDA_RESTORE_DURATION_MS = 'lambda.restore_duration_ms';
export const LAMBDA_BILLED_RESTORE_DURATION_MS = 'lambda.billed_restore_duration_ms';
export const LAMBDA_DROPPED_RECORDS = 'lambda.dropped_records';
export const LAMBDA_DROPPED_BYTES = 'lambda.dropped_bytes';
export const LAMBDA_REASON = 'lambda.reason';
export const LAMBDA_NAME = 'lambda.name';
export const LAMBDA_STATE = 'lambda.state';
export const LAMBDA_EVENTS = 'lambda.events';
export const LAMBDA_TYPES = 'lambda.types';
