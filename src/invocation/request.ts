// All that is known of one requestId: the INVOKE events that named it and its invocations (several when
// an asynchronous retry reuses the id).
import type { HrTime } from '@opentelemetry/api';
import type { ReportEvent, RequestEvent, RuntimeDoneEvent, StartEvent } from '../telemetry/event';
import { compareTimes } from '../telemetry/timestamp';
import type { Invocation, InvokeFacts } from './invocation';
import { createInvocation, isAtRest, isClosed, shrink } from './invocation';
import { PhaseList } from './phase';

export class Request {
  readonly list: PhaseList<StartEvent, RuntimeDoneEvent, ReportEvent, Invocation>;
  /** The next settling has to look at it. */
  isStirred = false;
  private invokes = 0;
  private doneTimes: readonly HrTime[] = [];
  private reportTimes: readonly HrTime[] = [];
  private latestInvoke: InvokeFacts | undefined;

  constructor(readonly requestId: string) {
    this.list = new PhaseList(() => createInvocation(requestId));
  }

  get invocations(): readonly Invocation[] {
    return this.list.phases;
  }

  get invoke(): InvokeFacts | undefined {
    return this.latestInvoke;
  }

  addInvoke(invoke: InvokeFacts): void {
    this.invokes += 1;
    this.latestInvoke = invoke;
  }

  add(event: RequestEvent): void {
    switch (event.type) {
      case 'platform.start':
        this.list.addStart(event);
        break;
      case 'platform.runtimeDone':
        this.doneTimes = withTime(this.doneTimes, event.time);
        this.list.addDone(event);
        break;
      case 'platform.report':
        this.reportTimes = withTime(this.reportTimes, event.time);
        this.list.addReport(event);
        break;
    }
  }

  /** As many ends as INVOKEs were seen, so the latest of them is over, even if its end came first. */
  get isDone(): boolean {
    return Math.max(this.doneTimes.length, this.reportTimes.length) >= Math.max(1, this.invokes);
  }

  /** Every invocation is stated wholly and nothing waits: only duplicates can follow. */
  get isClosed(): boolean {
    return !this.list.isWaiting && this.invocations.length > 0 && this.invocations.every(isClosed);
  }

  /** Keeps of a closed request what duplicates and late lines are known by. */
  shrink(): void {
    this.list.phases.forEach(shrink);
  }

  /** Stating it again, without a further event, would state nothing. */
  get isAtRest(): boolean {
    return !this.list.isWaiting && this.invocations.every(isAtRest);
  }
}

/** Unless it is there already: an event may come twice. In a list of its length: push and spread make room for 17. */
function withTime(times: readonly HrTime[], time: HrTime): readonly HrTime[] {
  const isKnown = times.some((known) => compareTimes(known, time) === 0);
  return isKnown ? times : times.concat([time]);
}
