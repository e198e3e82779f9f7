// Gives invocations their ids and sees to it that no two share one: a retry, or a second call in the same
// unsampled trace, may come with the same header.
import { defined } from '../telemetry/defined';
import { toDistinctIdentity, toInvocationIdentity } from './identity';
import type { Sha256Hex } from './identity';
import type { Invocation } from './invocation';
import { startTimeOf } from './invocation';
import { RecentKeys } from '../telemetry/recent-keys';

/** Ids remembered; a repeated header comes within minutes. */
const MAX_IDS = 512;

export class Identities {
  private readonly used = new RecentKeys(MAX_IDS);

  constructor(private readonly sha256: Sha256Hex) {}

  /** Gives the invocation its ids once its start is known or derived. Call in order of start times. */
  assign(invocation: Invocation): void {
    const startTime = startTimeOf(invocation);
    // No ids are made up for a span that another process exported.
    if (invocation.isForeign === true) return;
    if (invocation.identity !== undefined || startTime === undefined) return;
    const { requestId, start, done, report, invoke } = invocation;
    const tracing = start?.tracing ?? done?.tracing ?? report?.tracing;
    const source = {
      requestId,
      startTime,
      ...defined({ tracing, invokeTracingValue: invoke?.tracingValue }),
    };
    const identity = toInvocationIdentity(source, this.sha256);
    const isFree = this.claim(identity.spanId);
    invocation.identity = isFree ? identity : toDistinctIdentity(identity, source, this.sha256);
    if (!isFree) this.claim(invocation.identity.spanId);
  }

  /** False: another one has it. */
  private claim(spanId: string): boolean {
    const [high, low] = [spanId.slice(0, 8), spanId.slice(8)];
    return !this.used.add(Number.parseInt(high, 16), Number.parseInt(low, 16));
  }
}
