// The variables of the OpenTelemetry specification that the extension reads: rows of the one table in settings.ts.
// Sources: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ and
// https://opentelemetry.io/docs/specs/otel/protocol/exporter/

const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

/** The specification's names of levels, and those in use beside them. */
export const LOG_LEVEL_NAMES = [
  'off',
  'none',
  'error',
  'warn',
  'warning',
  'info',
  'debug',
  'verbose',
  'all',
] as const;

export const OTEL_SETTINGS = {
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    kind: 'text',
    default: 'http://localhost:4318',
    perSignal: true,
    since: '0.1',
    text: 'Where to send. The general one gets `/v1/traces`, … appended, those of a signal are used as they are.',
  },
  OTEL_EXPORTER_OTLP_HEADERS: {
    kind: 'text',
    perSignal: true,
    since: '0.1',
    text: 'Headers of each request: `name=value,…`. A value may hold `${secretsmanager:NAME-OR-ARN#KEY}` or `${ssm:PARAMETER}`.',
  },
  OTEL_EXPORTER_OTLP_PROTOCOL: {
    kind: 'choice',
    choices: ['http/protobuf', 'http/json'],
    default: 'http/protobuf',
    perSignal: true,
    since: '0.1',
    text: 'How requests are encoded. `grpc` costs one warning, unless it is for an SDK that sends to the receiver; then `http/protobuf` is used.',
  },
  OTEL_EXPORTER_OTLP_TIMEOUT: {
    kind: 'number',
    default: 10_000,
    min: 1,
    max: 2 ** 31 - 1,
    perSignal: true,
    since: '0.1',
    text: 'Milliseconds that one request may take.',
  },
  OTEL_EXPORTER_OTLP_COMPRESSION: {
    kind: 'choice',
    choices: ['none', 'gzip'],
    default: 'none',
    perSignal: true,
    since: '0.1',
    text: 'Whether request bodies are compressed.',
  },
  OTEL_EXPORTER_OTLP_CERTIFICATE: {
    kind: 'text',
    perSignal: true,
    since: '0.1',
    text: 'A PEM file with the certificates of the authorities to trust.',
  },
  NODE_EXTRA_CA_CERTS: {
    kind: 'text',
    since: '0.2',
    text: 'A PEM file with authorities to trust besides, of endpoints and of proxies; read when something is https.',
  },
  OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: {
    kind: 'text',
    perSignal: true,
    since: '0.1',
    text: 'A PEM file with the certificate that the extension shows.',
  },
  OTEL_EXPORTER_OTLP_CLIENT_KEY: {
    kind: 'text',
    perSignal: true,
    since: '0.1',
    text: 'A PEM file with the key of that certificate.',
  },
  OTEL_TRACES_EXPORTER: {
    kind: 'list',
    default: ['otlp'],
    since: '0.1',
    text: '`otlp`; `none` turns the signal off, `console` prints it.',
  },
  OTEL_METRICS_EXPORTER: {
    kind: 'list',
    default: ['otlp'],
    since: '0.1',
    text: 'As `OTEL_TRACES_EXPORTER`, for metrics.',
  },
  OTEL_LOGS_EXPORTER: {
    kind: 'list',
    default: ['otlp'],
    since: '0.1',
    text: 'As `OTEL_TRACES_EXPORTER`, for logs.',
  },
  OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: {
    kind: 'choice',
    choices: ['delta', 'cumulative', 'lowmemory'],
    default: 'delta',
    since: '0.1',
    text: 'Whether sums and histograms tell of the time since the last export or since the start.',
  },
  OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: {
    kind: 'choice',
    choices: ['explicit_bucket_histogram', 'base2_exponential_bucket_histogram'],
    default: 'explicit_bucket_histogram',
    since: '0.1',
    text: 'The buckets of histograms.',
  },
  OTEL_SERVICE_NAME: {
    kind: 'text',
    shownDefault: "the function's name",
    since: '0.1',
    text: '`service.name` of the resource.',
  },
  OTEL_RESOURCE_ATTRIBUTES: {
    kind: 'text',
    since: '0.1',
    text: 'More attributes of the resource: `key=value,…`, percent-encoded.',
  },
  OTEL_TRACES_SAMPLER: {
    kind: 'choice',
    choices: SAMPLERS,
    default: 'always_on',
    since: '0.1',
    text: "Which traces leave. `parentbased_…` follow X-Ray's `Sampled`.",
  },
  OTEL_TRACES_SAMPLER_ARG: {
    kind: 'number',
    default: 1,
    min: 0,
    max: 1,
    isFraction: true,
    since: '0.1',
    text: 'The share of traces that a `…traceidratio` sampler keeps.',
  },
  OTEL_ATTRIBUTE_COUNT_LIMIT: {
    kind: 'number',
    min: 0,
    shownDefault: '128',
    since: '0.1',
    text: 'Attributes of a span or a log record.',
  },
  OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: {
    kind: 'number',
    min: 0,
    since: '0.1',
    text: 'The same for spans alone.',
  },
  OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT: {
    kind: 'number',
    min: 0,
    since: '0.1',
    text: 'The same for log records alone.',
  },
  OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: {
    kind: 'number',
    min: 0,
    shownDefault: 'none',
    since: '0.1',
    text: 'Characters of an attribute of text. Bodies of log records are cut at 256 KiB at the latest (`lambda.truncated`).',
  },
  OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: {
    kind: 'number',
    min: 0,
    since: '0.1',
    text: 'The same for spans alone.',
  },
  OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT: {
    kind: 'number',
    min: 0,
    since: '0.1',
    text: 'The same for log records alone.',
  },
  OTEL_SDK_DISABLED: {
    kind: 'flag',
    default: false,
    since: '0.1',
    text: '`true`: nothing is exported.',
  },
  OTEL_LOG_LEVEL: {
    kind: 'choice',
    choices: LOG_LEVEL_NAMES,
    default: 'warn',
    since: '0.1',
    text: 'What `LAMBDA_OTLP_LOG_LEVEL` is where it is not set.',
  },
} as const;
