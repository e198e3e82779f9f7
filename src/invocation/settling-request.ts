// What joining has to know of an invocation, once its end is known.
import { toMs } from '../telemetry/timestamp';
import { toRuntimeIdentity } from './identity';
import type { Invocation } from './invocation';
import { endTimeOf, startTimeOf } from './invocation';
import type { Ending } from './invocation-facts';
import type { SettlingRequest } from './join';
import { worse } from './outcome';

/** Undefined: it has not ended, or nothing of it leaves. */
export function toSettlingRequest(
  invocation: Invocation,
  isConcurrent: boolean,
  ending: Ending | undefined,
): SettlingRequest | undefined {
  const { requestId, identity, done, report } = invocation;
  const start = startTimeOf(invocation);
  if (identity === undefined || start === undefined) return undefined;
  const isOpen = done === undefined && report === undefined;
  if (isOpen && ending === undefined) return undefined;
  const end = endTimeOf(invocation, start, false) ?? ending?.time ?? start;
  const { status } = isOpen ? {} : worse(done, report);
  return {
    requestId,
    identity,
    runtimeSpanId: toRuntimeIdentity(identity, done?.tracing)?.spanId,
    startMs: toMs(start),
    endMs: toMs(end),
    isDead: isOpen || status === 'timeout' || status === 'failure',
    isAlone: !isConcurrent,
  };
}
