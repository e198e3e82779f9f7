// The settings of the extension's life. Every value has a default; an invalid one causes one warning.
import type { Diagnostics } from '../diagnostics';
import { hasRules } from '../otel/keep-rules';
import type { SelectionOptions } from '../otel/selection';
import type { Environment } from '../environment';
import { isLoopback } from '../environment';
import { EXPORTER_SETTINGS, SETTINGS, SIGNAL_NAMES } from '../settings';
import type { SettingValue } from '../settings';
import type { TelemetryBuffering, TelemetryType } from '../lambda/telemetry-api';
import type { LogLevel } from './diagnostics-writer';
import type { FlushStrategy } from './flush-policy';

export interface ExtensionSettings {
  readonly flushStrategy: FlushStrategy;
  /** Milliseconds that an export may take after runtimeDone. */
  readonly flushBudgetMs: number;
  readonly streams: readonly TelemetryType[];
  readonly buffering: TelemetryBuffering;
  /** The limit of everything that was received and is not read yet. */
  readonly budgetBytes: number;
  /** The part of it that is reserved for the function's SDK if the receiver is on. */
  readonly reserveBytes: number;
}

const STREAMS: readonly TelemetryType[] = ['platform', 'function', 'extension'];

/**
 * On demand the shortest window, because the end of an invocation is waited for. On Managed Instances nobody waits, and
 * the emulator drops batches (or deadlocks) if a window ends before the previous batch was answered, so AWS's default.
 */
const WINDOW_MS = 25;
const MANAGED_INSTANCE_WINDOW_MS = 1_000;

/** However small the buffer, a body of the largest size must fit; the rest is for its connection and others. */
const LEAST_BUDGET_BYTES = 9 * 1024 * 1024;

/** The limits of `buffering` are those of a subscription to the Telemetry API. */
export function readExtensionSettings(
  environment: Environment,
  isManagedInstance = false,
): ExtensionSettings {
  const budgetBytes = Math.max(
    3 * environment.read('LAMBDA_OTLP_BUFFER_BYTES'),
    LEAST_BUDGET_BYTES,
  );
  return {
    flushStrategy: readFlushStrategy(environment),
    flushBudgetMs: environment.read('LAMBDA_OTLP_FLUSH_BUDGET_MS'),
    streams: readStreams(environment),
    budgetBytes,
    reserveBytes: Math.min(budgetBytes - LEAST_BUDGET_BYTES, LEAST_BUDGET_BYTES),
    buffering: {
      maxItems: environment.read('LAMBDA_OTLP_TELEMETRY_MAX_ITEMS'),
      maxBytes: environment.read('LAMBDA_OTLP_TELEMETRY_MAX_BYTES'),
      timeoutMs: environment.readOr(
        'LAMBDA_OTLP_TELEMETRY_TIMEOUT_MS',
        isManagedInstance ? MANAGED_INSTANCE_WINDOW_MS : WINDOW_MS,
      ),
    },
  };
}

/** A Collector extension in the same environment ends at SHUTDOWN before we do, so nothing may be left until then. */
function readFlushStrategy(environment: Environment): FlushStrategy {
  return isBesideCollector(environment) ? 'end' : environment.read('LAMBDA_OTLP_FLUSH');
}

/** True if a signal goes to this very machine and no strategy is set; then every export includes metrics. */
export function isBesideCollector(environment: Environment): boolean {
  if (environment.text('LAMBDA_OTLP_FLUSH') !== undefined) return false;
  return SIGNAL_NAMES.some(
    (signal) =>
      environment.read(EXPORTER_SETTINGS[signal]).includes('otlp') &&
      isLoopback(environment.readFor('OTEL_EXPORTER_OTLP_ENDPOINT', signal)),
  );
}

/** Always includes the platform stream, whose runtimeDone tells the end of an invocation. */
function readStreams(environment: Environment): readonly TelemetryType[] {
  const name = 'LAMBDA_OTLP_STREAMS';
  const asked = environment.read(name).map((word) => word.toLowerCase());
  const streams = STREAMS.filter((stream) => asked.includes(stream));
  const isValid =
    asked.length > 0 && asked.every((word) => STREAMS.some((stream) => stream === word));
  if (isValid && streams.includes('platform')) return streams;
  const using = isValid ? (['platform', ...streams] as const) : SETTINGS[name].default;
  environment.reject(name, {
    expected: `platform and any of function, extension, separated by commas`,
    seen: environment.text(name) ?? '',
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
} as const satisfies Record<SettingValue<'LAMBDA_OTLP_LOG_LEVEL'>, LogLevel>;

/** LAMBDA_OTLP_LOG_LEVEL, else OTEL_LOG_LEVEL (OTel SDK environment variables), else `warn`. */
export function readLogLevel(environment: Environment): LogLevel {
  return LEVELS[environment.readOr('LAMBDA_OTLP_LOG_LEVEL', environment.read('OTEL_LOG_LEVEL'))];
}

/** LAMBDA_OTLP_KEEP has no effect without a sampler or LAMBDA_OTLP_OTHERS, since everything is kept then. */
export function sayWhatHasNoEffect(
  { rules, others, sampler }: SelectionOptions,
  to: Diagnostics,
): void {
  if (!hasRules(rules) || others !== 'all' || sampler !== undefined) return;
  to.info(
    'LAMBDA_OTLP_KEEP: expected a sampler or LAMBDA_OTLP_OTHERS beside it, got neither; everything is kept anyway',
  );
}
