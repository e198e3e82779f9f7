// Log lines wait here for the next settling, when the requests around them are known. A line that names an unknown
// request, or that was printed during an init whose trace is not known yet, waits longer. A line without a requestId is
// assigned by its time, but not if several invocations were open then.
import type { HrTime } from '@opentelemetry/api';
import { addMs, compareTimes } from '../telemetry/timestamp';
import type { LineFact, TraceJoiner, TrackedLine } from './fact';
import { groupBy } from './group-by';
import { initStartTimeOf } from './initialization';
import type { Initializations } from './initializations';
import type { Invocation } from './invocation';
import type { TrackedRequest, Requests } from './requests';
import type { Initialization } from './initialization';
import { noteLine } from './invocation';

interface Settling {
  readonly requests: Pick<Requests, 'get' | 'timeline'>;
  readonly concurrent: boolean | undefined;
  readonly final: boolean;
}

/** The most lines that are held beyond one settling. */
const MAX_HELD = 1000;
/** An init's last lines may be stamped a little after its end. */
const LATE_INIT_LINE_MS = 5;

export class PendingLines<Line extends TrackedLine> {
  private fresh: Line[] = [];
  private held: Line[] = [];

  constructor(
    private readonly initializations: Initializations,
    private readonly joinTraces: TraceJoiner<Line>,
  ) {}

  add(line: Line): void {
    this.fresh.push(line);
  }

  /** The lines whose request is settled (or never will be); the rest stays for the next settling. */
  take(around: Settling): LineFact<Line>[] {
    const leaving = new LeavingLines<Line>();
    const nextHeld: Line[] = [];
    const finder = new RequestFinder(around);
    for (const lines of [this.held, this.fresh]) {
      for (const line of lines) {
        const requestId = finder.requestNamedBy(line);
        const invocation = finder.invocationAt(line.time, requestId);
        const owner = invocation ?? this.initializationOf(line, requestId, around);
        const fact = this.attribute(line, requestId, owner, around.final);
        const mayHold = fact.identity === undefined && !around.final && nextHeld.length < MAX_HELD;
        if (mayHold && isWorthHolding(requestId, owner, lines === this.fresh, around)) {
          nextHeld.push(line);
        } else {
          leaving.add(fact, owner);
        }
      }
    }
    this.held = nextHeld;
    this.fresh = [];
    return leaving.end(this.joinTraces, around);
  }

  private attribute(
    line: Line,
    requestId: string | undefined,
    owner: LineOwner | undefined,
    final: boolean,
  ): LineFact<Line> {
    if (owner === undefined) return { kind: 'line', line, requestId, identity: undefined };
    if (isInvocation(owner)) {
      return { kind: 'line', line, requestId: owner.requestId, identity: owner.identity };
    }
    const identity = this.initializations.identify(owner, final);
    return { kind: 'line', line, requestId: owner.invocation?.requestId, identity };
  }

  /** The initialization that printed a line without requestId: never one that was over when a request ran. */
  private initializationOf({ time }: Line, requestId: string | undefined, { requests }: Settling) {
    if (requestId !== undefined) return undefined;
    return this.initializations.all().find((initialization) => {
      const start = initStartTimeOf(initialization);
      if (compareTimes(start, time) > 0) return false;
      const end = (initialization.report ?? initialization.done)?.time;
      if (end === undefined || compareTimes(time, end) <= 0) return true;
      return (
        compareTimes(time, addMs(end, LATE_INIT_LINE_MS)) <= 0 &&
        !requests.timeline.some((invocation) => startedBetween(invocation, end, time))
      );
    });
  }
}

/** A named request may start in the next batch; an init's trace is known with the first invocation. */
function isWorthHolding(
  requestId: string | undefined,
  owner: LineOwner | undefined,
  isFresh: boolean,
  { requests }: Settling,
): boolean {
  if (requestId !== undefined) return isFresh;
  if (owner !== undefined && !isInvocation(owner)) return true;
  return isFresh && requests.timeline.length === 0;
}

/** Looks a request up only if the previous line named a different one: neighbouring lines mostly share theirs. */
class RequestFinder {
  private knownId: string | undefined;
  private known: TrackedRequest | undefined;

  constructor(private readonly around: Settling) {}

  /** An id of unknown origin counts only if a request of that id is known. */
  requestNamedBy({ requestId, possibleRequestId }: TrackedLine): string | undefined {
    if (requestId !== undefined || possibleRequestId === undefined) return requestId;
    return this.find(possibleRequestId) === undefined ? undefined : possibleRequestId;
  }

  invocationAt(time: HrTime, requestId: string | undefined): Invocation | undefined {
    const { around } = this;
    if (requestId === undefined) return findInvocationAt(around.requests.timeline, time, around);
    return findInvocationOf(this.find(requestId)?.invocations ?? [], time);
  }

  private find(requestId: string): TrackedRequest | undefined {
    if (requestId !== this.knownId) {
      this.knownId = requestId;
      this.known = this.around.requests.get(requestId);
    }
    return this.known;
  }
}

function startedBetween({ start }: Invocation, from: HrTime, to: HrTime): boolean {
  return (
    start !== undefined && compareTimes(start.time, from) >= 0 && compareTimes(start.time, to) <= 0
  );
}

/** A line is stamped when its newline is read, which may be a little after the report (RIE). */
const LATE_LINE_MS = 5;

export interface AttributionRules {
  /**
   * Lambda Managed Instances run several invocations at once; anywhere else an invocation is over when
   * the next one starts. Undefined: not known, so invocations may overlap.
   */
  readonly concurrent: boolean | undefined;
}

/** The invocation at `time`, when there is exactly one. `timeline` is sorted by start. */
function findInvocationAt(
  timeline: readonly Invocation[],
  time: HrTime,
  { concurrent }: AttributionRules,
): Invocation | undefined {
  let found: Invocation | undefined;
  for (let index = timeline.length - 1; index >= 0; index -= 1) {
    const candidate = timeline[index];
    if (candidate?.start === undefined || compareTimes(candidate.start.time, time) > 0) continue;
    if (isOpenAt(candidate, time, timeline)) {
      if (found !== undefined) return undefined;
      found = candidate;
    }
    if (concurrent === false) break;
  }
  return found;
}

function isOpenAt(
  { report, done }: Invocation,
  time: HrTime,
  timeline: readonly Invocation[],
): boolean {
  if (report !== undefined) return compareTimes(time, addMs(report.time, LATE_LINE_MS)) <= 0;
  if (done === undefined || compareTimes(time, done.time) <= 0) return true;
  // After runtimeDone the runtime may still print, until it is given the next request.
  const next = timeline.find(({ start }) => start && compareTimes(start.time, done.time) >= 0);
  return next?.start === undefined || compareTimes(time, next.start.time) < 0;
}

/** The invocation of this requestId at `time`: the last that had started, else the first. */
export function findInvocationOf(
  invocations: readonly Invocation[],
  time: HrTime,
): Invocation | undefined {
  if (invocations.length < 2) return invocations[0];
  const started = invocations.filter(({ start }) => start && compareTimes(start.time, time) <= 0);
  return started.at(-1) ?? invocations[0];
}

/** How the key of lines without a request and without an initialization ends. */
const NOBODY = '//';

/** The request or initialization that a line belongs to. */
type LineOwner = Invocation | Initialization;

function isInvocation(owner: LineOwner): owner is Invocation {
  return 'exceptions' in owner;
}

/**
 * The lines that one settling releases. Those of one stream and request that are a stack trace printed line by line
 * are joined; then each invocation or initialization learns what its lines say.
 */
class LeavingLines<Line extends TrackedLine> {
  private readonly facts: LineFact<Line>[] = [];
  private readonly owners: (LineOwner | undefined)[] = [];
  private hasTraceParts = false;
  private hasNews = false;

  add(fact: LineFact<Line>, owner: LineOwner | undefined): void {
    const { isTracePart, exception, saysOutOfMemory } = fact.line;
    if (isTracePart) this.hasTraceParts = true;
    if (exception !== undefined || saysOutOfMemory) this.hasNews = true;
    this.facts.push(fact);
    this.owners.push(owner);
  }

  /** `concurrent`: several requests may run at once. */
  end(
    joinTraces: TraceJoiner<Line>,
    { concurrent }: { readonly concurrent: boolean | undefined },
  ): LineFact<Line>[] {
    if (!this.hasTraceParts) {
      if (this.hasNews) this.note(this.facts);
      return this.facts;
    }
    const joined = this.join(joinTraces, concurrent === true);
    this.note(joined);
    return joined.filter((fact) => fact !== undefined);
  }

  /** Undefined for a line that was joined to an earlier one. */
  private join(
    joinTraces: TraceJoiner<Line>,
    isConcurrent: boolean,
  ): (LineFact<Line> | undefined)[] {
    const joined: (LineFact<Line> | undefined)[] = [...this.facts];
    const places: Place<Line>[] = this.facts.map((fact, index) => ({ fact, index }));
    for (const [owner, group] of groupBy(places, ownerKeyOf)) {
      // Lines that belong to no request may come from several that run at once.
      if (isConcurrent && owner.endsWith(NOBODY)) continue;
      const lines = joinTraces(group.map(({ fact }) => fact.line));
      for (const [place, { fact, index }] of group.entries()) {
        const line = lines[place];
        joined[index] = line && { ...fact, line };
      }
    }
    return joined;
  }

  /** What an extension prints says nothing about the function. */
  private note(facts: readonly (LineFact<Line> | undefined)[]): void {
    for (const [index, fact] of facts.entries()) {
      const owner = this.owners[index];
      if (fact?.line.stream !== 'function' || owner === undefined) continue;
      const { exception } = fact.line;
      if (isInvocation(owner)) noteLine(owner, fact.line);
      else if (exception?.isRuntimeReport === true) owner.runtimeReport = exception;
    }
  }
}

interface Place<Line> {
  readonly fact: LineFact<Line>;
  readonly index: number;
}

function ownerKeyOf<Line extends TrackedLine>({ fact }: Place<Line>): string {
  const { line, requestId = '', identity } = fact;
  return `${line.stream}/${requestId}/${identity?.spanId ?? ''}`;
}
