// The settings of the translation: the OpenTelemetry SDK's variables where there is one, else LAMBDA_OTLP_*. Read once,
// after the first poll; an invalid value causes a warning and the default is used.
// Source: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
import { SeverityNumber } from '@opentelemetry/api-logs';
import type { LogLimits } from '../log-line/log-line';
import type { MeterOptions } from './meter';
import { readKeepRules } from './keep-rules';
import type { SelectionOptions } from './selection';
import type { AttributeLimits } from './spans';
import { createSampler } from './consistent-probability';
import type { Environment } from '../environment';

export interface TranslationSettings {
  /** LAMBDA_OTLP_SPAN_AT: the event after which the invocation span is exported. */
  readonly spanAt: 'runtimeDone' | 'report';
  /** LAMBDA_OTLP_FUNCTION_ERRORS: a handler that throws counts as an error even if Lambda reports success. */
  readonly functionErrors: boolean;
  /** LAMBDA_OTLP_PLATFORM_LOGS: the least severity of exported platform events; undefined if off. */
  readonly platformSeverity: SeverityNumber | undefined;
  /** LAMBDA_OTLP_KEEP, LAMBDA_OTLP_OTHERS and the sampler. */
  readonly selection: SelectionOptions;
  readonly spanLimits: AttributeLimits;
  readonly logLimits: LogLimits;
  readonly meter: Omit<MeterOptions, 'scope'>;
}

/** The first severity number of each range (logs data model). */
const SEVERITIES = {
  trace: SeverityNumber.TRACE,
  debug: SeverityNumber.DEBUG,
  info: SeverityNumber.INFO,
  warn: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
  fatal: SeverityNumber.FATAL,
} as const;
const DEFAULT_BODY_BYTES = 262_144;
const DEFAULT_ATTRIBUTE_COUNT = 128;
const MAX_ATTRIBUTE_DEPTH = 16;

export function readTranslationSettings(environment: Environment): TranslationSettings {
  const platformLogs = environment.read('LAMBDA_OTLP_PLATFORM_LOGS');
  return {
    spanAt: environment.read('LAMBDA_OTLP_SPAN_AT'),
    functionErrors: environment.read('LAMBDA_OTLP_FUNCTION_ERRORS'),
    platformSeverity: platformLogs === 'off' ? undefined : SEVERITIES[platformLogs],
    selection: readSelection(environment),
    spanLimits: {
      maxCount:
        environment.read('OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT') ??
        environment.read('OTEL_ATTRIBUTE_COUNT_LIMIT') ??
        DEFAULT_ATTRIBUTE_COUNT,
      maxValueLength:
        environment.read('OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT') ??
        environment.read('OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT') ??
        Number.POSITIVE_INFINITY,
    },
    logLimits: readLogLimits(environment),
    meter: {
      temporality: environment.read('OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE'),
      exponentialHistograms:
        environment.read('OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION') ===
        'base2_exponential_bucket_histogram',
      exemplars: environment.read('OTEL_METRICS_EXEMPLAR_FILTER') !== 'always_off',
      selfMetrics: environment.read('LAMBDA_OTLP_SELF_METRICS'),
    },
  };
}

function readLogLimits(environment: Environment): LogLimits {
  const valueLength =
    environment.read('OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT') ??
    environment.read('OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT');
  return {
    maxBodyBytes: Math.min(valueLength ?? DEFAULT_BODY_BYTES, DEFAULT_BODY_BYTES),
    maxAttributes:
      environment.read('OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT') ??
      environment.read('OTEL_ATTRIBUTE_COUNT_LIMIT') ??
      DEFAULT_ATTRIBUTE_COUNT,
    maxAttributeValueLength: valueLength ?? Number.POSITIVE_INFINITY,
    maxDepth: MAX_ATTRIBUTE_DEPTH,
  };
}

/** One request may hold a quarter of the buffer, all requests together half of it. */
function readSelection(environment: Environment): SelectionOptions {
  const name = environment.read('OTEL_TRACES_SAMPLER');
  const ratio = name.includes('ratio') ? environment.read('OTEL_TRACES_SAMPLER_ARG') : 1;
  const sampler = createSampler(name, ratio);
  const bufferBytes = environment.read('LAMBDA_OTLP_BUFFER_BYTES');
  const othersLogs = environment.read('LAMBDA_OTLP_OTHERS_LOGS');
  return {
    rules: readKeepRules(environment),
    others: environment.read('LAMBDA_OTLP_OTHERS'),
    ratio: environment.read('LAMBDA_OTLP_OTHERS_RATIO'),
    othersSeverity: othersLogs === 'off' ? Number.POSITIVE_INFINITY : SEVERITIES[othersLogs],
    hold: { maxRequestBytes: bufferBytes / 4, maxBytes: bufferBytes / 2 },
    // The variable also applies to the function's SDK, not to the extension alone.
    isWholeAtRoot:
      environment.text('OTEL_TRACES_SAMPLER') === 'always_on' &&
      environment.text('LAMBDA_OTLP_OTEL_TRACES_SAMPLER') === undefined,
    ...(sampler !== undefined && { sampler, followsSdk: name === 'sdk' }),
  };
}
