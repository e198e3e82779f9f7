// The statuses of the Telemetry API: which is worse, which is an error, and which error.type it means.
import type { Status } from '../telemetry/event';

export type Outcome = 'success' | 'error' | 'timeout';

/** `error.type` of an invocation whose end was never seen, for an unknown reason. */
export const INCOMPLETE = 'incomplete';

/** How an event says that something ended. */
export interface Ended {
  readonly status?: Status;
  readonly errorType?: string;
}

const RANK: Readonly<Record<string, number>> = { success: 0, error: 2, failure: 3, timeout: 4 };

/** The worse of two: an extension can time an invocation out after its success. Unknown words rank above success. */
export function worse(a: Ended | undefined, b: Ended | undefined): Ended {
  return rank(b) > rank(a) ? (b ?? {}) : (a ?? b ?? {});
}

function rank(outcome: Ended | undefined): number {
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

/** An error, a failure or a timeout. */
export function isFailure({ status }: Ended): boolean {
  const outcome = toOutcome(status);
  return outcome === 'error' || outcome === 'timeout';
}

/** An `error` of these types is not the function's: its process is gone. */
const EXITS: readonly string[] = ['Runtime.ExitError', 'Runtime.OutOfMemory'];

/** The process that ran the function is gone. */
export function endsRuntime({ status, errorType = '' }: Ended): boolean {
  const isError = toOutcome(status) === 'error';
  return status === 'timeout' || status === 'failure' || (isError && EXITS.includes(errorType));
}

/** `error.type` of a failed outcome: AWS's errorType, else the status word. */
export function toErrorType(outcome: Ended): string | undefined {
  const kind = toOutcome(outcome.status);
  if (kind === 'success' || kind === undefined) return outcome.errorType;
  return outcome.errorType ?? outcome.status;
}

/** `timeout` and `failure` of shutdownReason are outcomes; with any other the invocation is just incomplete. */
export function toEndingOutcome(shutdownReason: string | undefined): Ended {
  const reason = shutdownReason?.toLowerCase();
  if (reason === 'timeout' || reason === 'failure') return { status: reason };
  return { errorType: INCOMPLETE };
}
