// The process before this one in the same environment: Lambda restarts extensions after a timeout or a
// crash, and the killed request's report reaches the new process. Its span was closed there already.
import type { HrTime } from '@opentelemetry/api';
import { compareTimes } from '../telemetry/timestamp';
import type { ColdStarts } from './cold-starts';
import type { HandedOverInvocation, Handover } from './handover';
import { toIdentity } from './handover';
import type { Invocation } from './invocation';
import type { Requests } from './requests';

export class Predecessor {
  /** What it announced and no report has come for. */
  private handedOver: readonly HandedOverInvocation[];

  constructor(
    handover: Handover | undefined,
    private readonly coldStarts: ColdStarts,
  ) {
    this.handedOver = handover?.invocations ?? [];
  }

  /**
   * Reports of what was handed over go on under its ids, also when an asynchronous retry has given the
   * requestId to an invocation of this process.
   */
  continueIn(requests: Pick<Requests, 'get'>): void {
    this.handedOver = this.handedOver.filter((known) => {
      const invocation = requests.get(known.requestId)?.list.adoptEarlierReport();
      if (invocation === undefined) return true;
      this.close(invocation);
      invocation.identity = toIdentity(known);
      invocation.coldStart = known.coldStart;
      if (known.measured) invocation.stated.runtimeDone = true;
      invocation.counted = [...invocation.counted, ...known.counted];
      return false;
    });
  }

  /**
   * Without a handover: a report from before the first start, of a request that no INVOKE named, is
   * about an invocation of the process before.
   */
  recognize(invocation: Invocation, firstStart: HrTime | undefined): void {
    const { start, done, report, invoke } = invocation;
    if (report === undefined || start !== undefined || done !== undefined) return;
    if (invoke !== undefined) return;
    if (firstStart !== undefined && compareTimes(report.time, firstStart) > 0) return;
    this.close(invocation);
    invocation.isForeign = true;
  }

  private close(invocation: Invocation): void {
    this.coldStarts.environmentIsOld();
    invocation.stated.span = true;
  }
}
