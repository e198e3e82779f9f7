// What the translation can be told: by the OpenTelemetry SDK's variables where there is one, else by
// LAMBDA_OTLP_*. Read once, after the first poll; invalid values warn and fall back.
// Source: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
import { SeverityNumber } from '@opentelemetry/api-logs';
import type { SamplerName } from './sampler';
import type { AttributeLimits } from './attributes';
import type { LogLimits } from '../log-line/log-line';
import type { MeterOptions } from './meter';
import type { KeepRule } from './sampling';
import type { Environment } from '../environment';

export interface TranslationSettings {
  /** LAMBDA_OTLP_SPAN_AT: when the invocation span leaves. */
  readonly spanAt: 'runtimeDone' | 'report';
  /** LAMBDA_OTLP_FUNCTION_ERRORS: a handler that throws is an error, though Lambda says success. */
  readonly functionErrors: boolean;
  /** LAMBDA_OTLP_PLATFORM_LOGS: least severity of exported platform events; undefined: off. */
  readonly platformSeverity: SeverityNumber | undefined;
  /** LAMBDA_OTLP_KEEP. */
  readonly keep: ReadonlySet<KeepRule>;
  readonly spanLimits: AttributeLimits;
  readonly logLimits: LogLimits;
  readonly meter: Omit<MeterOptions, 'scope'>;
  readonly sampler: SamplerName;
  /** OTEL_TRACES_SAMPLER_ARG: 0 to 1. */
  readonly samplerRatio: number;
}

/** First severity numbers of OpenTelemetry's ranges (logs data model). */
const SEVERITIES = {
  debug: SeverityNumber.DEBUG,
  info: SeverityNumber.INFO,
  warn: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
} as const;
const KEEP_RULES: readonly KeepRule[] = ['errors', 'cold_starts'];
const DEFAULT_BODY_BYTES = 262_144;
const DEFAULT_ATTRIBUTE_COUNT = 128;
const MAX_ATTRIBUTE_DEPTH = 16;

export function readTranslationSettings(environment: Environment): TranslationSettings {
  const platformLogs = environment.read('LAMBDA_OTLP_PLATFORM_LOGS');
  const sampler = environment.read('OTEL_TRACES_SAMPLER');
  return {
    spanAt: environment.read('LAMBDA_OTLP_SPAN_AT'),
    functionErrors: environment.read('LAMBDA_OTLP_FUNCTION_ERRORS'),
    platformSeverity: platformLogs === 'off' ? undefined : SEVERITIES[platformLogs],
    keep: readKeepRules(environment),
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
      selfMetrics: environment.read('LAMBDA_OTLP_SELF_METRICS'),
    },
    sampler,
    samplerRatio: sampler.includes('ratio') ? environment.read('OTEL_TRACES_SAMPLER_ARG') : 1,
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

function readKeepRules(environment: Environment): ReadonlySet<KeepRule> {
  const words = environment.read('LAMBDA_OTLP_KEEP').map((word) => word.toLowerCase());
  const unknown = words.filter((word) => !KEEP_RULES.some((rule) => rule === word));
  if (unknown.length > 0) {
    const seen = environment.text('LAMBDA_OTLP_KEEP') ?? '';
    const known = KEEP_RULES.join(', ');
    const using = words.length > unknown.length ? 'the known ones' : 'none';
    environment.reject('LAMBDA_OTLP_KEEP', { expected: `some of ${known}`, seen, using });
  }
  return new Set(KEEP_RULES.filter((rule) => words.includes(rule)));
}
