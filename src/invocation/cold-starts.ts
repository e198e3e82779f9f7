// Binds initializations to the invocations that waited for them, and counts the cold start: once per
// environment, whatever is repeated in it.
import { compareTimes } from '../telemetry/timestamp';
import type { Fact } from './fact';
import type { Initialization } from './initialization';
import { startTimeOf } from './initialization';
import type { Initializations } from './initializations';
import type { Invocation } from './invocation';

export class ColdStarts {
  private readonly linked = new Set<Initialization>();
  private isCounted = false;

  /**
   * `saidToBeCounted`: a process before this one says so. It was in another environment if this one
   * begins with an init of its own phase: what restarts is initialized in phase `invoke`.
   */
  constructor(
    private readonly initializations: Initializations,
    private readonly saidToBeCounted = false,
  ) {}

  get counted(): boolean {
    return this.isCounted || this.saidToBeCounted;
  }

  /** Events tell of an earlier process in this environment: its cold start was counted there. */
  environmentIsOld(): void {
    this.isCounted = true;
  }

  /** `timeline`: every known invocation in order of its start. */
  bind<Line>(timeline: readonly Invocation[]): Fact<Line>[] {
    const facts: Fact<Line>[] = [];
    for (const initialization of this.initializations.all()) {
      if (initialization.invocation !== undefined || this.linked.has(initialization)) continue;
      const invocation = findWaiting(initialization, timeline);
      if (invocation === undefined) continue;
      if (this.initializations.isWaitedFor(initialization)) {
        initialization.invocation = invocation;
        facts.push(...this.markCold<Line>(initialization, invocation));
      } else {
        this.linked.add(initialization);
        const identity = this.initializations.identify(initialization, false);
        if (identity !== undefined) invocation.links.push(identity);
      }
    }
    return facts;
  }

  private markCold<Line>(initialization: Initialization, invocation: Invocation): Fact<Line>[] {
    invocation.coldStart = true;
    if (this.isCounted) return [];
    this.isCounted = true;
    if (this.saidToBeCounted && initialization.initPhase !== 'init') return [];
    const initializationType = this.initializations.typeOf(initialization) ?? 'on-demand';
    const time = invocation.start?.time;
    return time === undefined ? [] : [{ kind: 'coldStart', initializationType, time }];
  }
}

/** The invocation that contains a repeated init (phase `invoke`), else the first one after it. */
function findWaiting(
  initialization: Initialization,
  timeline: readonly Invocation[],
): Invocation | undefined {
  const initStart = startTimeOf(initialization);
  if (initStart === undefined) return undefined;
  const started = timeline.filter(({ start }) => start !== undefined);
  const after = started.find(({ start }) => start && compareTimes(start.time, initStart) >= 0);
  if (initialization.initPhase !== 'invoke') return after;
  const containing = started.findLast(
    ({ start, done, report }) =>
      start &&
      compareTimes(start.time, initStart) < 0 &&
      (done ?? report) !== undefined &&
      compareTimes((done ?? report)?.time ?? initStart, initStart) > 0,
  );
  return containing ?? after;
}
