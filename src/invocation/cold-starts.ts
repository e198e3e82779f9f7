// Binds initializations to the invocations that waited for them, and counts the cold start: once per
// environment, whatever is repeated in it.
import { compareTimes } from '../telemetry/timestamp';
import type { Fact } from './fact';
import type { Initialization } from './initialization';
import { initStartTimeOf } from './initialization';
import type { Initializations } from './initializations';
import type { Invocation } from './invocation';

type StartedInvocation = Invocation & Required<Pick<Invocation, 'start'>>;

export class ColdStarts {
  private readonly linked = new Set<Initialization>();
  private isCounted = false;

  /**
   * `saidToBeCounted`: an earlier process says that the cold start was counted. If this environment begins with an init
   * in phase `init`, that process ran elsewhere: a restarted environment is initialized in phase `invoke`.
   */
  constructor(
    private readonly initializations: Initializations,
    private readonly saidToBeCounted = false,
  ) {}

  get counted(): boolean {
    return this.isCounted || this.saidToBeCounted;
  }

  /** To be called if events show an earlier process in this environment, which has counted the cold start. */
  environmentIsOld(): void {
    this.isCounted = true;
  }

  /** `known`: all known invocations in order of their starts; read only if an initialization is not bound yet. */
  bind<Line>(known: { readonly timeline: readonly Invocation[] }): Fact<Line>[] {
    const facts: Fact<Line>[] = [];
    for (const initialization of this.initializations.all()) {
      if (initialization.invocation !== undefined || this.linked.has(initialization)) continue;
      const invocation = findWaiting(initialization, known.timeline);
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

  private markCold<Line>(
    initialization: Initialization,
    invocation: StartedInvocation,
  ): Fact<Line>[] {
    invocation.coldStart = true;
    if (this.isCounted) return [];
    this.isCounted = true;
    if (this.saidToBeCounted && initialization.initPhase !== 'init') return [];
    const initializationType = this.initializations.typeOf(initialization) ?? 'on-demand';
    return [{ kind: 'coldStart', initializationType, time: invocation.start.time }];
  }
}

/** The invocation that contains a repeated init (phase `invoke`), else the first one after it. */
function findWaiting(
  initialization: Initialization,
  timeline: readonly Invocation[],
): StartedInvocation | undefined {
  const initStart = initStartTimeOf(initialization);
  const started = timeline.filter(hasStarted);
  const after = started.find(({ start }) => compareTimes(start.time, initStart) >= 0);
  if (initialization.initPhase !== 'invoke') return after;
  const containing = started.findLast(({ start, done, report }) => {
    const end = done ?? report;
    if (end === undefined || compareTimes(end.time, initStart) <= 0) return false;
    return compareTimes(start.time, initStart) < 0;
  });
  return containing ?? after;
}

function hasStarted(invocation: Invocation): invocation is StartedInvocation {
  return invocation.start !== undefined;
}
