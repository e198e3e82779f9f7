// The one table of settings: each variable that a user may set, how its value is read, its default, and its text in the
// documents. environment.ts reads variables by this table; README and docs/configuration.md are generated from it
// (`UPDATE_DOCS=1 npx jest test/documents.test.ts`). CONTRIBUTING.md says what a new setting needs.
import { LOG_LEVEL_NAMES, OTEL_SETTINGS } from './otel-settings';

interface SettingOf<Kind extends string, Value> {
  readonly kind: Kind;
  /** Used if the variable is unset or unusable; a setting without a default then reads as undefined. */
  readonly default?: Value;
  /** The default as the documents show it, if it is not a constant. */
  readonly shownDefault?: string;
  /** Also read with a signal in its name (`OTEL_EXPORTER_OTLP_TRACES_…`), which takes precedence. */
  readonly perSignal?: true;
  /** The first version that reads it. */
  readonly since: string;
  /** What it does, in Markdown, for the documents. */
  readonly text: string;
}

export type Setting =
  | SettingOf<'text', string>
  /** Words separated by commas; the code that reads them warns of unknown ones. */
  | SettingOf<'list', readonly string[]>
  | SettingOf<'flag', boolean>
  | (SettingOf<'number', number> & NumberRange)
  /** Case-insensitive. */
  | (SettingOf<'choice', string> & { readonly choices: readonly string[] });

export interface NumberRange {
  readonly min: number;
  readonly max?: number;
  /** Fractions are allowed as well. */
  readonly isFraction?: boolean;
}

export const SETTINGS = {
  ...OTEL_SETTINGS,
  LAMBDA_OTLP_FLUSH: {
    kind: 'choice',
    choices: ['adaptive', 'end', 'overlap'],
    default: 'adaptive',
    since: '0.1',
    shownDefault: '`adaptive`; `end` if a signal goes to localhost',
    text: '`end`: export after each invocation; `overlap`: export while the next one runs; `adaptive`: choose by the rate of invocations.',
  },
  LAMBDA_OTLP_FLUSH_BUDGET_MS: {
    kind: 'number',
    default: 500,
    min: 0,
    max: 60_000,
    since: '0.1',
    text: 'The longest time for which an export may hold the environment after an invocation.',
  },
  LAMBDA_OTLP_BUFFER_BYTES: {
    kind: 'number',
    default: 8_388_608,
    min: 65_536,
    since: '0.1',
    text: 'The limit of what waits to be sent. When it is exceeded, the oldest logs are dropped first, then metrics, then spans.',
  },
  LAMBDA_OTLP_STREAMS: {
    kind: 'list',
    default: ['platform', 'function'],
    since: '0.1',
    text: 'The telemetry streams to subscribe to: add `extension` for the log lines of extensions. `platform` is always included.',
  },
  LAMBDA_OTLP_RECEIVER: {
    kind: 'text',
    default: 'auto',
    since: '0.2',
    text: "Whether the extension receives telemetry from the function's own OpenTelemetry SDK on localhost: `auto`, `on`, `off`, or a port. `auto` means on if the extension's endpoint is set with the prefix and the SDK's is unset or localhost.",
  },
  LAMBDA_OTLP_JOIN: {
    kind: 'choice',
    choices: ['merge', 'off'],
    default: 'merge',
    since: '0.2',
    text: "`merge`: the SERVER span of the function's SDK and the extension's own become one; `off`: both are exported as they are.",
  },
  LAMBDA_OTLP_PLATFORM_LOGS: {
    kind: 'choice',
    choices: ['debug', 'info', 'warn', 'error', 'off'],
    default: 'info',
    since: '0.1',
    text: 'The lowest severity of platform events that become log records.',
  },
  LAMBDA_OTLP_SPAN_AT: {
    kind: 'choice',
    choices: ['runtimeDone', 'report'],
    default: 'runtimeDone',
    since: '0.1',
    text: '`report`: hold the span of an invocation until its report has come, so that it contains the billed figures.',
  },
  LAMBDA_OTLP_FUNCTION_ERRORS: {
    kind: 'flag',
    default: true,
    since: '0.2',
    text: 'A handler that throws counts as an error. `false`: as a success, which is what Lambda reports.',
  },
  LAMBDA_OTLP_KEEP: {
    kind: 'list',
    default: [],
    since: '0.1',
    text: 'Requests that are exported in full, whatever the sampler and `LAMBDA_OTLP_OTHERS` say: any of `errors`, `cold_starts`, `slow>1s` (or `ms`), `error_logs`, `http5xx`.',
  },
  LAMBDA_OTLP_OTHERS: {
    kind: 'choice',
    choices: ['all', 'summary', 'none'],
    default: 'all',
    since: '0.2',
    text: 'What is exported of the requests that `LAMBDA_OTLP_KEEP` does not name. `summary`: the invocation span, the report and the lines selected by `LAMBDA_OTLP_OTHERS_LOGS`; `none`: no spans and no lines. Metrics are never sampled.',
  },
  LAMBDA_OTLP_OTHERS_RATIO: {
    kind: 'number',
    default: 0,
    min: 0,
    max: 1,
    isFraction: true,
    since: '0.2',
    text: 'The share of those requests that is exported in full anyway, sampled by the trace id and noted in `tracestate` (`th`).',
  },
  LAMBDA_OTLP_OTHERS_LOGS: {
    kind: 'choice',
    choices: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'off'],
    default: 'warn',
    since: '0.2',
    text: 'The lowest severity of the lines that a `summary` keeps; a line without a level counts as `info`.',
  },
  LAMBDA_OTLP_REDACT: {
    kind: 'list',
    default: [],
    since: '0.2',
    text: 'What is masked in every text: any of `emails`, `cards`, `tokens` (JSON web tokens, credentials after `Bearer` and `Basic`, user names and passwords in URLs), `aws_keys`.',
  },
  LAMBDA_OTLP_REDACT_PATTERNS: {
    kind: 'text',
    since: '0.2',
    text: 'A JSON array of regular expressions whose matches are masked. They run in linear time: no look-around, no back-references, repeats up to 100. If one cannot be read, all free text is masked.',
  },
  LAMBDA_OTLP_REDACT_KEYS: {
    kind: 'list',
    default: [],
    since: '0.2',
    text: 'Attributes and JSON keys, at any depth, whose values are masked. Whole words are compared: `password` matches `userPassword` but not `passwordless`. Within texts, also `name=value`, objects as Python, Ruby, PHP, Go and Node.js print them, and lines `name: value` with YAML’s blocks.',
  },
  LAMBDA_OTLP_DROP_LOGS: {
    kind: 'list',
    default: [],
    since: '0.2',
    text: 'Log records that are not exported: `severity<info`, `body~^GET /health`.',
  },
  LAMBDA_OTLP_DROP_ATTRIBUTES: {
    kind: 'list',
    default: [],
    since: '0.2',
    text: 'Attributes of items and resources that are not exported: `url.query`, `http.request.header.*`, `metrics:service.instance.id` for one signal.',
  },
  LAMBDA_OTLP_SELF_METRICS: {
    kind: 'flag',
    default: true,
    since: '0.1',
    text: "The extension's own metrics (`otel.sdk.*`, `lambda.telemetry.*`): every ten seconds, after any loss, and at SHUTDOWN.",
  },
  LAMBDA_OTLP_SIGV4: {
    kind: 'flag',
    shownDefault: 'by endpoint',
    since: '0.1',
    text: 'Whether requests are signed (SigV4). By default only those to the OTLP endpoints of CloudWatch and X-Ray.',
  },
  LAMBDA_OTLP_SIGV4_SERVICE: {
    kind: 'text',
    shownDefault: 'by endpoint',
    since: '0.1',
    text: 'The service that requests are signed for.',
  },
  LAMBDA_OTLP_LOG_LEVEL: {
    kind: 'choice',
    choices: LOG_LEVEL_NAMES,
    shownDefault: '`OTEL_LOG_LEVEL`, else `warn`',
    since: '0.1',
    text: "The level of the extension's own lines on stderr.",
  },
  LAMBDA_OTLP_TELEMETRY_TIMEOUT_MS: {
    kind: 'number',
    min: 25,
    max: 30_000,
    shownDefault: '25; on Managed Instances 1000',
    since: '0.1',
    text: 'How long Lambda collects telemetry before it delivers a batch, in milliseconds.',
  },
  LAMBDA_OTLP_TELEMETRY_MAX_ITEMS: {
    kind: 'number',
    default: 10_000,
    min: 1_000,
    max: 10_000,
    since: '0.1',
    text: 'The number of events after which Lambda delivers a batch earlier.',
  },
  LAMBDA_OTLP_TELEMETRY_MAX_BYTES: {
    kind: 'number',
    default: 1_048_576,
    min: 262_144,
    max: 1_048_576,
    since: '0.1',
    text: 'The number of bytes after which Lambda delivers a batch earlier.',
  },
} as const satisfies Readonly<Record<string, Setting>>;

/** Set by layer/lambda-otlp.sh for the program, never by a user; main.ts removes them. */
export const SCRIPT_VARIABLES = [
  'LAMBDA_OTLP_EXTENSION_NAME',
  'LAMBDA_OTLP_EXTENSION_ID',
  'LAMBDA_OTLP_REGISTRATION',
  'LAMBDA_OTLP_SPAWNED_AT',
  'LAMBDA_OTLP_REGISTERED_AT',
] as const;

export type SettingName = keyof typeof SETTINGS;
type Row<Name extends SettingName> = (typeof SETTINGS)[Name];

type Read<Row> = Row extends { kind: 'choice'; choices: readonly (infer Choice)[] }
  ? Choice
  : Row extends { kind: 'flag' }
    ? boolean
    : Row extends { kind: 'number' }
      ? number
      : Row extends { kind: 'list' }
        ? readonly string[]
        : string;

/** The type of a setting whose value can be used. */
export type SettingValue<Name extends SettingName> = Read<Row<Name>>;
/** The type of a setting in any case; undefined is possible only without a default. */
export type SettingOrDefault<Name extends SettingName> =
  Row<Name> extends { default: unknown } ? SettingValue<Name> : SettingValue<Name> | undefined;

export type SignalSettingName = {
  [Name in SettingName]: Row<Name> extends { perSignal: true } ? Name : never;
}[SettingName];

/** The prefix of the extension's own settings. */
export const OWN_PREFIX = 'LAMBDA_OTLP_';

export const SIGNAL_NAMES = ['traces', 'metrics', 'logs'] as const;
export type SignalName = (typeof SIGNAL_NAMES)[number];

export const EXPORTER_SETTINGS = {
  traces: 'OTEL_TRACES_EXPORTER',
  metrics: 'OTEL_METRICS_EXPORTER',
  logs: 'OTEL_LOGS_EXPORTER',
} as const;

/** `OTEL_EXPORTER_OTLP_X` of one signal: `OTEL_EXPORTER_OTLP_TRACES_X`. */
export function ofSignal(name: SignalSettingName, signal: SignalName): string {
  return name.replace('OTEL_EXPORTER_OTLP_', `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_`);
}

/** The general name and the name for each signal. */
export function withSignals(name: SignalSettingName): readonly string[] {
  return [name, ...SIGNAL_NAMES.map((signal) => ofSignal(name, signal))];
}

export const ENDPOINT = 'OTEL_EXPORTER_OTLP_ENDPOINT';
export const ENDPOINTS = withSignals(ENDPOINT);
