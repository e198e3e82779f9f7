// Reads typed values from environment variables. Every invalid value costs one warning that names
// the variable, what was expected, what was seen and what is used; nothing here throws.
import type { Diagnostics } from './diagnostics';

type Variables = Readonly<Record<string, string | undefined>>;

/** Environment variables as the extension sees them. Blank values count as unset (OTel SDK configuration, "empty value"). */
export interface Environment {
  /** The trimmed value, or undefined. `OTEL_X` is overridden by `LAMBDA_OTLP_OTEL_X`. */
  text(name: string): string | undefined;
  /** A finite number within [min, max], else the fallback. */
  number(name: string, options: NumberOptions): number;
  /** `true` or `false` in any case, else the fallback. */
  flag(name: string, fallback: boolean): boolean;
  /** One of the choices (compared in lower case), else the fallback. */
  choice<T extends string>(name: string, choices: readonly T[], fallback: T): T;
  /** Says that a value of this variable cannot be used; the same thing only once. */
  reject(name: string, problem: RejectedValue): void;
}

export interface NumberOptions {
  readonly fallback: number;
  readonly min: number;
  readonly max?: number;
  readonly integer?: boolean;
}

export interface RejectedValue {
  readonly expected: string;
  readonly seen: string;
  readonly using: string;
}

/** Makes an Environment over plain variables; invalid values are reported to `diagnostics`. */
export function createEnvironment(variables: Variables, diagnostics: Diagnostics): Environment {
  const own = (name: string): string | undefined => {
    const value = variables[name]?.trim();
    return value === undefined || value === '' ? undefined : value;
  };
  const text = (name: string): string | undefined =>
    name.startsWith('OTEL_') ? (own(`LAMBDA_OTLP_${name}`) ?? own(name)) : own(name);

  const said = new Set<string>();
  const reject = (name: string, { expected, seen, using }: RejectedValue): void => {
    const message = `${name}: expected ${expected}, got '${seen}'; using ${using}`;
    // A general variable is read once for each signal.
    if (!said.has(message)) diagnostics.warn(message);
    said.add(message);
  };

  return {
    text,
    reject,
    number(name, { fallback, min, max = Number.MAX_SAFE_INTEGER, integer = true }) {
      const seen = text(name);
      if (seen === undefined) return fallback;
      const value = Number(seen);
      const valid = Number.isFinite(value) && value >= min && value <= max;
      if (valid && (!integer || Number.isInteger(value))) return value;
      const kind = integer ? 'a whole number' : 'a number';
      const range = max === Number.MAX_SAFE_INTEGER ? `>= ${min}` : `from ${min} to ${max}`;
      reject(name, { expected: `${kind} ${range}`, seen, using: String(fallback) });
      return fallback;
    },
    flag(name, fallback) {
      const seen = text(name);
      if (seen === undefined) return fallback;
      const lower = seen.toLowerCase();
      if (lower === 'true' || lower === 'false') return lower === 'true';
      reject(name, { expected: 'true or false', seen, using: String(fallback) });
      return fallback;
    },
    choice(name, choices, fallback) {
      const seen = text(name);
      if (seen === undefined) return fallback;
      const chosen = choices.find((choice) => choice.toLowerCase() === seen.toLowerCase());
      if (chosen !== undefined) return chosen;
      reject(name, { expected: `one of ${choices.join(', ')}`, seen, using: fallback });
      return fallback;
    },
  };
}
