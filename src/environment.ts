// Reads environment variables by the table of settings. Every value that cannot be used causes one warning that says
// which variable it is, what was expected, what was seen and what is used instead. Nothing here throws.
import type { Diagnostics } from './diagnostics';
import { ENDPOINTS, OWN_PREFIX, SETTINGS, ofSignal, withSignals } from './settings';
import type {
  NumberRange,
  Setting,
  SettingName,
  SettingOrDefault,
  SettingValue,
  SignalName,
  SignalSettingName,
} from './settings';

/** Variables whose values only the endpoint that they are meant for may see. */
const CREDENTIALS = withSignals('OTEL_EXPORTER_OTLP_HEADERS');

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Environment variables as the extension sees them. Blank values count as unset (OTel SDK configuration, "empty
 * value").
 */
export interface Environment {
  /** The value of a setting, else its default. */
  read<Name extends SettingName>(name: Name): SettingOrDefault<Name>;
  /** Like `read`, with another default than the table's. */
  readOr<Name extends SettingName>(name: Name, fallback: SettingValue<Name>): SettingValue<Name>;
  /** The setting for this signal, else the general one, else its default. */
  readFor<Name extends SignalSettingName>(name: Name, signal: SignalName): SettingOrDefault<Name>;
  /**
   * The trimmed value of any variable, or undefined. `OTEL_X` is overridden by `LAMBDA_OTLP_OTEL_X`, and so is
   * `NODE_X`.
   */
  text(name: string): string | undefined;
  /** Warns that a value of this variable cannot be used; the same warning is given only once. */
  reject(name: string, problem: RejectedValue): void;
}

export interface RejectedValue {
  readonly expected: string;
  readonly seen: string;
  readonly using: string;
}

type Value = string | number | boolean | readonly string[];

/**
 * Creates an Environment from plain variables. Values that cannot be used are reported to `diagnostics`, except for
 * warnings that are already in `said`.
 */
export function createEnvironment(
  variables: Variables,
  diagnostics: Diagnostics,
  said = new Set<string>(),
): Environment {
  const text = createTextReader(variables);

  const reject = (name: string, { expected, seen, using }: RejectedValue): void => {
    const message = `${name}: expected ${expected}, got '${seen}'; using ${using}`;
    // A general variable is read once for each signal.
    if (!said.has(message)) diagnostics.warn(message);
    said.add(message);
  };

  const readAs = (name: string, row: Setting, fallback: Value | undefined): Value | undefined => {
    const seen = text(name);
    if (seen === undefined) return fallback;
    const value = parse(row, seen);
    if (value !== undefined) return value;
    reject(name, { expected: describe(row), seen, using: String(fallback ?? 'the default') });
    return fallback;
  };

  return {
    text,
    reject,
    read: <Name extends SettingName>(name: Name) => {
      const row: Setting = SETTINGS[name];
      return readAs(name, row, row.default) as SettingOrDefault<Name>;
    },
    readOr: <Name extends SettingName>(name: Name, fallback: SettingValue<Name>) =>
      readAs(name, SETTINGS[name], fallback) as SettingValue<Name>,
    readFor: <Name extends SignalSettingName>(name: Name, signal: SignalName) => {
      const row: Setting = SETTINGS[name];
      const specific = ofSignal(name, signal);
      const set = text(specific) === undefined ? name : specific;
      return readAs(set, row, row.default) as SettingOrDefault<Name>;
    },
  };
}

/** Creates `Environment.text`. */
function createTextReader(variables: Variables): (name: string) => string | undefined {
  const own = (name: string): string | undefined => {
    const value = variables[name]?.trim();
    return value === undefined || value === '' ? undefined : value;
  };
  // Once the extension has an endpoint of its own, the general one is the SDK's (usually the extension on localhost).
  // If that leads to another host, its credentials must not be sent to ours.
  const origins = (urls: readonly (string | undefined)[]): readonly string[] =>
    urls.flatMap((url) => toUrl(url ?? '')?.origin ?? []);
  const ours = origins(ENDPOINTS.map((name) => own(OWN_PREFIX + name)));
  const theirs = origins(ENDPOINTS.map(own).filter((url) => !isLoopback(url ?? '')));
  const keepsCredentials = theirs.length > 0 && !ours.every((origin) => theirs.includes(origin));
  const hasEndpoint = ENDPOINTS.some((name) => own(OWN_PREFIX + name) !== undefined);
  const isOfSdk = (name: string): boolean =>
    hasEndpoint && (ENDPOINTS.includes(name) || (keepsCredentials && CREDENTIALS.includes(name)));
  return (name) => {
    if (!/^(?:OTEL|NODE)_/.test(name)) return own(name);
    return own(OWN_PREFIX + name) ?? (isOfSdk(name) ? undefined : own(name));
  };
}

/** Undefined if the text is not a value of this kind. */
function parse(row: Setting, seen: string): Value | undefined {
  const lower = seen.toLowerCase();
  switch (row.kind) {
    case 'text':
      return seen;
    case 'list':
      return seen
        .split(',')
        .map((word) => word.trim())
        .filter((word) => word !== '');
    case 'flag':
      return lower === 'true' || lower === 'false' ? lower === 'true' : undefined;
    case 'choice':
      return row.choices.find((choice) => choice.toLowerCase() === lower);
    case 'number':
      return isWithin(Number(seen), row) ? Number(seen) : undefined;
  }
}

function isWithin(value: number, { min, max = Infinity, isFraction = false }: NumberRange) {
  return (
    Number.isFinite(value) &&
    value >= min &&
    value <= max &&
    (isFraction || Number.isSafeInteger(value))
  );
}

function describe(row: Setting): string {
  switch (row.kind) {
    case 'flag':
      return 'true or false';
    case 'choice':
      return `one of ${row.choices.join(', ')}`;
    case 'number': {
      const range = row.max === undefined ? `>= ${row.min}` : `from ${row.min} to ${row.max}`;
      return `${row.isFraction === true ? 'a number' : 'a whole number'} ${range}`;
    }
    case 'text':
    case 'list':
      return 'text';
  }
}

/** With the names that Linux distributions, Amazon's among them, give the two addresses in /etc/hosts. */
const LOOPBACK =
  /^(?:(?:.+\.)?localhost\.?|localhost[46]?(?:\.localdomain[46]?)?|ip6-(?:localhost|loopback)|127(?:\.\d+){3}|0\.0\.0\.0|\[::1?\]|\[::ffff:7f[\da-f]{2}:[\da-f]+\])$/;

/** Accepts URLs without a scheme, too, as gRPC endpoints are often written; undefined for anything else. */
export function toUrl(text: string): URL | undefined {
  const withScheme = /^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  return URL.canParse(withScheme) ? new URL(withScheme) : undefined;
}

/**
 * True if a URL leads to this machine, where a Collector extension may listen that ends before us at SHUTDOWN. Covers
 * all spellings that URLs normalize; false for a text that is not a URL.
 */
export function isLoopback(text: string): boolean {
  return LOOPBACK.test(toUrl(text)?.hostname.toLowerCase() ?? '');
}
