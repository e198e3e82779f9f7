// LAMBDA_OTLP_KEEP: which invocations are exported in full.
import type { HrTime } from '@opentelemetry/api';
import type { Environment } from '../environment';
import type { InitializationFact, InvocationFact } from '../invocation/fact';
import { durationBetween, toMs } from '../telemetry/timestamp';

export interface KeepRules {
  readonly errors: boolean;
  readonly coldStarts: boolean;
  readonly errorLogs: boolean;
  readonly http5xx: boolean;
  /** Keeps invocations that take strictly longer; undefined without such a rule. */
  readonly slowMs: number | undefined;
}

/** What is known about a request at the end of its invocation besides its events. */
export interface RequestSigns {
  /** There was a line at ERROR or above, or one with an exception. */
  readonly hasErrorLog: boolean;
  /** The status of the function's own SERVER span is ERROR. */
  readonly hasErrorSpan: boolean;
  /** That span's `http.response.status_code`, else its `http.status_code`. */
  readonly httpStatusCode: number | undefined;
}

const SLOW = /^slow>(\d+(?:\.\d+)?)(ms|s)$/;
const WORDS: readonly string[] = ['errors', 'cold_starts', 'error_logs', 'http5xx'];

/** Unknown words cause one warning; the known ones apply. */
export function readKeepRules(environment: Environment): KeepRules {
  const words = environment.read('LAMBDA_OTLP_KEEP').map((word) => word.trim().toLowerCase());
  const unknown = words.filter((word) => !WORDS.includes(word) && !SLOW.test(word));
  if (unknown.length > 0) {
    const expected = `some of ${WORDS.join(', ')}, slow>1s`;
    const using = words.length > unknown.length ? 'the known ones' : 'none';
    const seen = environment.text('LAMBDA_OTLP_KEEP') ?? '';
    environment.reject('LAMBDA_OTLP_KEEP', { expected, seen, using });
  }
  const bounds = words.flatMap((word) => {
    const [, number, unit] = SLOW.exec(word) ?? [];
    return number === undefined ? [] : [Number(number) * (unit === 's' ? 1000 : 1)];
  });
  return {
    errors: words.includes('errors'),
    coldStarts: words.includes('cold_starts'),
    errorLogs: words.includes('error_logs'),
    http5xx: words.includes('http5xx'),
    slowMs: bounds.length === 0 ? undefined : Math.min(...bounds),
  };
}

export function hasRules(rules: KeepRules): boolean {
  return Object.values(rules).some((rule) => rule !== false && rule !== undefined);
}

export function isKeptInvocation(
  rules: KeepRules,
  fact: InvocationFact,
  signs: RequestSigns,
): boolean {
  // The report comes last: it may be late, and whether it is here must not change the decision.
  const durationMs =
    (fact.runtimeDoneMetrics ?? fact.reportMetrics)?.durationMs ??
    toMs(durationBetween(fact.start, fact.end));
  return (
    (rules.errors && fact.isError) ||
    (rules.coldStarts && fact.coldStart) ||
    (rules.slowMs !== undefined && durationMs > rules.slowMs) ||
    isKeptEarly(rules, signs, {})
  );
}

/** True if the end of the invocation can no longer change the decision. `now` is given while the request still runs. */
export function isKeptEarly(
  rules: KeepRules,
  { hasErrorLog, hasErrorSpan, httpStatusCode = 0 }: RequestSigns,
  { start, now }: { readonly start?: HrTime; readonly now?: HrTime },
): boolean {
  const ranMs = start === undefined || now === undefined ? 0 : toMs(durationBetween(start, now));
  return (
    (rules.errors && hasErrorSpan) ||
    (rules.errorLogs && hasErrorLog) ||
    (rules.http5xx && httpStatusCode >= 500 && httpStatusCode <= 599) ||
    (rules.slowMs !== undefined && ranMs > rules.slowMs)
  );
}

export function isKeptInitialization(rules: KeepRules, fact: InitializationFact): boolean {
  return (rules.errors && fact.isError) || (rules.coldStarts && fact.coldStart);
}
