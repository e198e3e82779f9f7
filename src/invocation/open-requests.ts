// Which requests are still to end: what spans and log records of the function's SDK may be waiting for.
import { toMs } from '../telemetry/timestamp';
import type { Invocation } from './invocation';
import type { OpenRequests } from './received-spans';
import type { Requests } from './requests';

export function toOpenRequests(requests: Requests): OpenRequests {
  const isOpen = ({ start, stated }: Invocation): boolean => start !== undefined && !stated.span;
  const [first] = requests.timeline.filter(isOpen);
  return {
    sinceMs: first?.start === undefined ? undefined : toMs(first.start.time),
    isOpen: (requestId) => requests.get(requestId)?.invocations.some(isOpen) === true,
    isExpected: (requestId) => requests.get(requestId)?.isDone === false,
  };
}

export interface Surroundings {
  /** Several requests may run at once: time alone says nothing. */
  readonly isConcurrent: boolean;
  /** The request whose INVOKE came, and nothing else yet. */
  readonly awaited: string | undefined;
}

export function toSurroundings(
  requests: Requests,
  latestInvoked: string | undefined,
  isConcurrent: boolean,
): Surroundings {
  const request = latestInvoked === undefined ? undefined : requests.get(latestInvoked);
  const isAwaited = request?.isDone === false && request.invocations.length === 0;
  return { isConcurrent, awaited: isAwaited ? latestInvoked : undefined };
}
