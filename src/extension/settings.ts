// What the lifecycle is configured with. Every value has a default; an invalid one costs one warning.
import type { Environment } from '../environment';
import type { TelemetryBuffering, TelemetryStream } from '../lambda/telemetry-api';
import type { LogLevel } from './diagnostics-writer';
import type { FlushStrategy } from './flush-policy';

export interface LifecycleSettings {
  readonly flushStrategy: FlushStrategy;
  /** Milliseconds that an export may take after runtimeDone. */
  readonly flushBudgetMs: number;
  readonly streams: readonly TelemetryStream[];
  readonly buffering: TelemetryBuffering;
}

const STREAMS: readonly TelemetryStream[] = ['platform', 'function', 'extension'];
const DEFAULT_STREAMS: readonly TelemetryStream[] = ['platform', 'function'];

/**
 * On demand the shortest batch window: the end of an invocation is waited for. On Managed Instances
 * nobody waits, and the emulator gives up batches (or deadlocks) when one window ends before the
 * batch of the one before was answered: AWS's default.
 */
const WINDOW_MS = 25;
const MANAGED_INSTANCE_WINDOW_MS = 1_000;

/** Bounds of the buffering: Telemetry API, "Subscription", buffering. */
export function readLifecycleSettings(
  environment: Environment,
  isManagedInstance = false,
): LifecycleSettings {
  return {
    flushStrategy: environment.choice(
      'LAMBDA_OTLP_FLUSH',
      ['adaptive', 'end', 'overlap'] as const,
      'adaptive',
    ),
    flushBudgetMs: environment.number('LAMBDA_OTLP_FLUSH_BUDGET_MS', {
      fallback: 500,
      min: 0,
      max: 60_000,
    }),
    streams: readStreams(environment),
    buffering: {
      maxItems: environment.number('LAMBDA_OTLP_TELEMETRY_MAX_ITEMS', {
        fallback: 10_000,
        min: 1_000,
        max: 10_000,
      }),
      maxBytes: environment.number('LAMBDA_OTLP_TELEMETRY_MAX_BYTES', {
        fallback: 1_048_576,
        min: 262_144,
        max: 1_048_576,
      }),
      timeoutMs: environment.number('LAMBDA_OTLP_TELEMETRY_TIMEOUT_MS', {
        fallback: isManagedInstance ? MANAGED_INSTANCE_WINDOW_MS : WINDOW_MS,
        min: 25,
        max: 30_000,
      }),
    },
  };
}

/** The platform stream is always among them: runtimeDone is what the end of an invocation is known by. */
function readStreams(environment: Environment): readonly TelemetryStream[] {
  const name = 'LAMBDA_OTLP_STREAMS';
  const seen = environment.text(name);
  if (seen === undefined) return DEFAULT_STREAMS;
  const asked = seen
    .split(',')
    .map((part) => part.trim().toLowerCase())
    .filter((part) => part !== '');
  const streams = STREAMS.filter((stream) => asked.includes(stream));
  const isValid =
    asked.length > 0 && asked.every((part) => STREAMS.some((stream) => stream === part));
  if (isValid && streams.includes('platform')) return streams;
  const using = isValid ? (['platform', ...streams] as const) : DEFAULT_STREAMS;
  environment.reject(name, {
    expected: `platform and any of function, extension, separated by commas`,
    seen,
    using: using.join(','),
  });
  return using;
}

const LEVELS = {
  off: 'off',
  none: 'off',
  error: 'error',
  warn: 'warn',
  warning: 'warn',
  info: 'info',
  debug: 'debug',
  verbose: 'debug',
  all: 'debug',
} as const satisfies Record<string, LogLevel>;

type LevelName = keyof typeof LEVELS;

/** LAMBDA_OTLP_LOG_LEVEL, else OTEL_LOG_LEVEL (OTel SDK environment variables), else `warn`. */
export function readLogLevel(environment: Environment): LogLevel {
  const names = Object.keys(LEVELS) as LevelName[];
  const general = environment.choice('OTEL_LOG_LEVEL', names, 'warn');
  return LEVELS[environment.choice('LAMBDA_OTLP_LOG_LEVEL', names, general)];
}
