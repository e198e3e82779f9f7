// What a process tells its successor in the same environment: which invocations it closed without their report, and
// what it has counted. Lambda restarts extensions after a timeout or a crash, and the killed request's report reaches
// the new process.
import type { SpanIdentity } from './identity';
import type { Invocation } from './invocation';
import type { Outcome } from './status';
import { toSpanId } from './identity';
import type { HrTime } from '@opentelemetry/api';
import { compareTimes } from '../telemetry/timestamp';
import type { ColdStarts } from './cold-starts';
import type { Requests } from './requests';

export interface HandedOverInvocation {
  readonly requestId: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly counted: readonly Outcome[];
  readonly coldStart: boolean;
  /** It ran out of memory, and that was counted. */
  readonly outOfMemory: boolean;
  /** Its duration was recorded from runtimeDone. */
  readonly measured: boolean;
}

export interface Handover {
  readonly coldStartCounted: boolean;
  readonly invocations: readonly HandedOverInvocation[];
}

const MAX_INVOCATIONS = 64;
const OUTCOMES: readonly Outcome[] = ['success', 'error', 'timeout'];

/** The latest invocations whose report is still to come. */
export function toHandover(
  invocations: readonly Invocation[],
  coldStartCounted: boolean,
): Handover {
  const unreported = invocations.flatMap((invocation) => {
    const { requestId, identity, counted, coldStart, emitted } = invocation;
    const outOfMemory = invocation.outOfMemory.isCounted;
    if (identity === undefined || emitted.report) return [];
    const { traceId, spanId } = identity;
    const measured = emitted.runtimeDone;
    return [
      { requestId, traceId, spanId, counted: [...counted], coldStart, outOfMemory, measured },
    ];
  });
  return { coldStartCounted, invocations: unreported.slice(-MAX_INVOCATIONS) };
}

/** Reads a handover from untrusted data (a file in /tmp); invalid parts are left out. */
export function readHandover(value: unknown): Handover {
  const { coldStartCounted, invocations } = toObject(value);
  return {
    coldStartCounted: coldStartCounted === true,
    invocations: (Array.isArray(invocations) ? invocations : [])
      .slice(0, MAX_INVOCATIONS)
      .flatMap((item: unknown) => readInvocation(toObject(item)) ?? []),
  };
}

function readInvocation(item: Readonly<Record<string, unknown>>): HandedOverInvocation | undefined {
  const { requestId, traceId, spanId, counted, coldStart, outOfMemory, measured } = item;
  if (typeof requestId !== 'string' || typeof traceId !== 'string') return undefined;
  const id = typeof spanId === 'string' ? toSpanId(spanId) : undefined;
  if (id === undefined || !/^(?!0{32})[0-9a-f]{32}$/.test(traceId)) return undefined;
  const known: readonly unknown[] = Array.isArray(counted) ? counted : [];
  return {
    requestId,
    traceId,
    spanId: id,
    counted: OUTCOMES.filter((outcome) => known.includes(outcome)),
    coldStart: coldStart === true,
    outOfMemory: outOfMemory === true,
    measured: measured === true,
  };
}

function toIdentity({ traceId, spanId }: HandedOverInvocation): SpanIdentity {
  return { traceId, spanId };
}

function toObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

export class Predecessor {
  /** The invocations that were handed over and have no report yet. */
  private handedOver: readonly HandedOverInvocation[];

  constructor(
    handover: Handover | undefined,
    private readonly coldStarts: ColdStarts,
  ) {
    this.handedOver = handover?.invocations ?? [];
  }

  /**
   * Reports of invocations that were handed over get their ids, even when an asynchronous retry has given the
   * requestId to an invocation of this process.
   */
  continueIn(requests: Pick<Requests, 'get'>): void {
    this.handedOver = this.handedOver.filter((known) => {
      const invocation = requests.get(known.requestId)?.list.adoptEarlierReport();
      if (invocation === undefined) return true;
      this.close(invocation);
      invocation.identity = toIdentity(known);
      invocation.coldStart = known.coldStart;
      if (known.outOfMemory) invocation.outOfMemory.isCounted = true;
      if (known.measured) invocation.emitted.runtimeDone = true;
      invocation.counted = [...invocation.counted, ...known.counted];
      return false;
    });
  }

  /**
   * Without a handover, a report from before the first start for a request without an INVOKE belongs to an invocation
   * of the previous process.
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
    invocation.emitted.span = true;
  }
}
