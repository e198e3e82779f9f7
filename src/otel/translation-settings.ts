// What the translation can be told: by the OpenTelemetry SDK's variables where there is one, else by
// LAMBDA_OTLP_*. Read once, after the first poll; invalid values warn and fall back.
// Source: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
import { SeverityNumber } from '@opentelemetry/api-logs';
import type { SamplerName } from './sampler';
import type { AttributeLimits } from './attributes';
import type { LogLimits } from '../log-line/read-log-line';
import type { MeterOptions } from './meter';
import type { KeepRule } from './sampling';
import type { Environment } from '../environment';

export interface TranslationSettings {
  /** LAMBDA_OTLP_SPAN_AT: when the invocation span leaves. */
  readonly spanAt: 'runtimeDone' | 'report';
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

const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const satisfies readonly SamplerName[];

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
  const platformLogs = environment.choice(
    'LAMBDA_OTLP_PLATFORM_LOGS',
    ['debug', 'info', 'warn', 'error', 'off'] as const,
    'info',
  );
  const sampler = environment.choice('OTEL_TRACES_SAMPLER', SAMPLERS, 'always_on');
  return {
    spanAt: environment.choice('LAMBDA_OTLP_SPAN_AT', ['runtimeDone', 'report'], 'runtimeDone'),
    platformSeverity: platformLogs === 'off' ? undefined : SEVERITIES[platformLogs],
    keep: readKeepRules(environment),
    spanLimits: {
      maxCount:
        readLimit(environment, 'OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', 'OTEL_ATTRIBUTE_COUNT_LIMIT') ??
        DEFAULT_ATTRIBUTE_COUNT,
      maxValueLength:
        readLimit(
          environment,
          'OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT',
          'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT',
        ) ?? Number.POSITIVE_INFINITY,
    },
    logLimits: readLogLimits(environment),
    meter: {
      temporality: environment.choice(
        'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE',
        ['delta', 'cumulative', 'lowmemory'],
        'delta',
      ),
      exponentialHistograms:
        environment.choice(
          'OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION',
          ['explicit_bucket_histogram', 'base2_exponential_bucket_histogram'],
          'explicit_bucket_histogram',
        ) === 'base2_exponential_bucket_histogram',
      selfMetrics: environment.flag('LAMBDA_OTLP_SELF_METRICS', true),
    },
    sampler,
    samplerRatio: sampler.includes('ratio')
      ? environment.number('OTEL_TRACES_SAMPLER_ARG', {
          fallback: 1,
          min: 0,
          max: 1,
          integer: false,
        })
      : 1,
  };
}

function readLogLimits(environment: Environment): LogLimits {
  const valueLength = readLimit(
    environment,
    'OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT',
    'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT',
  );
  return {
    maxBodyBytes: Math.min(valueLength ?? DEFAULT_BODY_BYTES, DEFAULT_BODY_BYTES),
    maxAttributes:
      readLimit(
        environment,
        'OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT',
        'OTEL_ATTRIBUTE_COUNT_LIMIT',
      ) ?? DEFAULT_ATTRIBUTE_COUNT,
    maxAttributeValueLength: valueLength ?? Number.POSITIVE_INFINITY,
    maxDepth: MAX_ATTRIBUTE_DEPTH,
  };
}

/** The signal's own limit, else the general one, else undefined. */
function readLimit(environment: Environment, own: string, general: string): number | undefined {
  const name = environment.text(own) === undefined ? general : own;
  const seen = environment.text(name);
  if (seen === undefined) return undefined;
  const value = Number(seen);
  if (Number.isInteger(value) && value >= 0) return value;
  environment.reject(name, { expected: 'a whole number >= 0', seen, using: 'the default' });
  return undefined;
}

function readKeepRules(environment: Environment): ReadonlySet<KeepRule> {
  const seen = environment.text('LAMBDA_OTLP_KEEP');
  const words = seen?.split(',').map((word) => word.trim().toLowerCase()) ?? [];
  const unknown = words.filter((word) => !KEEP_RULES.some((rule) => rule === word));
  if (unknown.length > 0 && seen !== undefined) {
    const known = KEEP_RULES.join(', ');
    const using = words.length > unknown.length ? 'the known ones' : 'none';
    environment.reject('LAMBDA_OTLP_KEEP', { expected: `some of ${known}`, seen, using });
  }
  return new Set(KEEP_RULES.filter((rule) => words.includes(rule)));
}
