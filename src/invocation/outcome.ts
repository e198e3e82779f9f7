// The status words of the Telemetry API: which is worse, which is an error, what error.type says.
import type { Status } from '../telemetry/event';

export type Outcome = 'success' | 'error' | 'timeout';

/** `error.type` of an invocation whose end was never seen, for no reason that is known. */
export const INCOMPLETE = 'incomplete';

interface HasOutcome {
  readonly status?: Status;
  readonly errorType?: string;
}

const RANK: Readonly<Record<string, number>> = { success: 0, error: 2, failure: 3, timeout: 4 };

/** The worse of two: an extension can time an invocation out after its success. Unknown words rank above success. */
export function worse(a: HasOutcome | undefined, b: HasOutcome | undefined): HasOutcome {
  return rank(b) > rank(a) ? (b ?? {}) : (a ?? b ?? {});
}

function rank(outcome: HasOutcome | undefined): number {
  if (outcome?.status === undefined) return -1;
  return Object.hasOwn(RANK, outcome.status) ? (RANK[outcome.status] ?? 1) : 1;
}

/** `timeout` in any case, `error` and `failure`, else success; undefined for a word AWS does not use yet. */
export function toOutcome(status: Status | undefined): Outcome | undefined {
  switch (status?.toLowerCase()) {
    case undefined:
    case 'success':
      return 'success';
    case 'timeout':
      return 'timeout';
    case 'error':
    case 'failure':
      return 'error';
    default:
      return undefined;
  }
}

/** An error, a failure or a timeout; also an end that was never seen. */
export function isFailed({ status, errorType }: HasOutcome): boolean {
  const outcome = toOutcome(status);
  return outcome === 'error' || outcome === 'timeout' || errorType === INCOMPLETE;
}

/** `error.type` of a failed outcome: AWS's errorType, else the status word. */
export function toErrorType(outcome: HasOutcome): string | undefined {
  const kind = toOutcome(outcome.status);
  if (kind === 'success' || kind === undefined) return outcome.errorType;
  return outcome.errorType ?? outcome.status;
}
