// The extension's own lines: one JSON object each, on stderr. Their number is limited, because the customer pays for
// them in CloudWatch Logs: a message is printed three times, then once a minute with a count.
import type { DiagnosticFields, Diagnostics } from '../diagnostics';

export type LogLevel = 'off' | 'error' | 'warn' | 'info' | 'debug';

export interface DiagnosticsWriterOptions {
  /** Takes one line with its newline. Must not throw. */
  readonly write: (line: string) => void;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Texts that are never printed, e.g. the values of OTLP headers. */
  readonly secrets?: readonly string[];
}

export interface DiagnosticsWriter extends Diagnostics {
  setLevel(level: LogLevel): void;
  /** Sets the filter that every text passes from now on: the rules of LAMBDA_OTLP_REDACT. */
  readonly setMask: (mask: (text: string) => string) => void;
}

const SEVERITY: Readonly<Record<LogLevel, number>> = {
  off: 0,
  error: 1,
  warn: 2,
  info: 3,
  debug: 4,
};
const FIRST_LINES = 3;
const INTERVAL_MS = 60_000;
const MAX_LINES_PER_INTERVAL = 100;
const MAX_KEYS = 128;
const MAX_TEXT_LENGTH = 2_048;

export function createDiagnosticsWriter(options: DiagnosticsWriterOptions): DiagnosticsWriter {
  const { write, now, secrets = [] } = options;
  const admission = new Admission(now);
  let level: LogLevel = 'warn';
  let mask = (text: string): string => text;
  const log = (lineLevel: LogLevel, message: string, fields: DiagnosticFields = {}): void => {
    if (SEVERITY[lineLevel] > SEVERITY[level]) return;
    const suppressed = admission.ask(`${lineLevel} ${message.replace(/\d+/g, '#').slice(0, 160)}`);
    if (suppressed === undefined) return;
    const clean = (text: string): string => mask(redact(text, secrets));
    const line: Record<string, unknown> = { level: lineLevel, message: clean(message) };
    for (const [name, value] of Object.entries(fields)) {
      line[name] = typeof value === 'string' ? clean(value) : value;
    }
    if (suppressed > 0) line['suppressed'] = suppressed;
    line['extension'] = 'lambda-otlp';
    write(`${JSON.stringify(line)}\n`);
  };
  return {
    setLevel: (to) => void (level = to),
    setMask: (to) => void (mask = to),
    error: (message, fields) => log('error', message, fields),
    warn: (message, fields) => log('warn', message, fields),
    info: (message, fields) => log('info', message, fields),
    debug: (message, fields) => log('debug', message, fields),
  };
}

interface Repetition {
  printed: number;
  suppressed: number;
  lastAtMs: number;
}

/** Decides which lines are printed; similar messages are counted together. */
class Admission {
  private readonly repetitions = new Map<string, Repetition>();
  private windowStartMs: number;
  private windowLines = 0;

  constructor(private readonly now: () => number) {
    this.windowStartMs = now();
  }

  /** How many similar ones were suppressed since the last that was printed; undefined if this one is, too. */
  ask(key: string): number | undefined {
    const nowMs = this.now();
    const repetition = this.repetitionOf(key);
    if (Math.abs(nowMs - this.windowStartMs) >= INTERVAL_MS) {
      this.windowStartMs = nowMs;
      this.windowLines = 0;
    }
    const isDue =
      repetition.printed < FIRST_LINES || Math.abs(nowMs - repetition.lastAtMs) >= INTERVAL_MS;
    if (!isDue || this.windowLines >= MAX_LINES_PER_INTERVAL) {
      repetition.suppressed += 1;
      return undefined;
    }
    const { suppressed } = repetition;
    this.windowLines += 1;
    repetition.printed += 1;
    repetition.suppressed = 0;
    repetition.lastAtMs = nowMs;
    return suppressed;
  }

  private repetitionOf(key: string): Repetition {
    const { repetitions } = this;
    const known = repetitions.get(key);
    if (known !== undefined) return known;
    const oldest = repetitions.keys().next();
    if (repetitions.size >= MAX_KEYS && oldest.done !== true) repetitions.delete(oldest.value);
    const repetition = { printed: 0, suppressed: 0, lastAtMs: 0 };
    repetitions.set(key, repetition);
    return repetition;
  }
}

const USER_INFORMATION = /(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/?#@]+@/gi;
const CREDENTIAL = /\b(bearer|basic)\s+[\w.~+/=-]{6,}/gi;
const NAMED_CREDENTIAL =
  /((?:authorization|api[-_]?key|access[-_]?key|secret|token|password|passwd)["']?\s*[=:]\s*["']?)(?!\[)[^\s"',;&]+/gi;

function redact(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) clean = clean.split(secret).join('[redacted]');
  // Before the text is cut, since half a secret would not be recognized.
  return clean
    .slice(0, MAX_TEXT_LENGTH)
    .replace(USER_INFORMATION, '$1[redacted]@')
    .replace(CREDENTIAL, '$1 [redacted]')
    .replace(NAMED_CREDENTIAL, '$1[redacted]');
}

const HEADER_VARIABLE = /^(LAMBDA_OTLP_)?OTEL_EXPORTER_OTLP_([A-Z]+_)?HEADERS$/;
const CREDENTIAL_VARIABLES = ['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_ACCESS_KEY_ID'];
/** Shorter values are too likely to be part of ordinary words. */
const MIN_SECRET_LENGTH = 6;

/** The values of OTLP headers and of AWS credentials, longest first. */
export function findSecrets(
  variables: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const secrets = new Set<string>();
  for (const [name, value = ''] of Object.entries(variables)) {
    if (CREDENTIAL_VARIABLES.includes(name)) secrets.add(value);
    if (!HEADER_VARIABLE.test(name)) continue;
    for (const member of value.split(',')) {
      const text = member.slice(member.indexOf('=') + 1).trim();
      secrets.add(text);
      secrets.add(decoded(text));
    }
  }
  return [...secrets]
    .filter(({ length }) => length >= MIN_SECRET_LENGTH)
    .sort((left, right) => right.length - left.length);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
