// Initializations of the execution environment: `init` (twice when Lambda repeats a failed one inside
// the first invocation) and SnapStart's `restore`. One that an invocation had to wait for is held until
// that invocation is known and becomes its child; any other makes a trace of its own.
import type { InitEvent, RestoreEvent } from '../telemetry/event';
import { compareTimes } from '../telemetry/timestamp';
import { toChildSpans } from './invocation-facts';
import type { Fact } from './fact';
import type { SpanIdentity, Sha256Hex } from './identity';
import { toChildIdentity, toMovedIdentity, toRootIdentity } from './identity';
import type { DoneOf, Initialization, ReportOf, StartOf } from './initialization';
import {
  initStartTimeOf,
  toFailure,
  toInitErrorType,
  toInitializationFact,
  toRuntimeSpan,
} from './initialization';
import { isPlaced } from './invocation';
import { RunList } from './run';

export interface InitializationOptions {
  readonly sha256: Sha256Hex;
  /** AWS_LAMBDA_INITIALIZATION_TYPE, for events that do not say. */
  readonly initializationType?: string;
  /** Stands in for initStart.instanceId in the ids of an init in a trace of its own. */
  readonly instanceId: string;
  /** The ids of an invocation may change until it settles: spans of the function's SDK are joined with ours. */
  readonly isJoining?: boolean;
}

const SNAP_START = 'snap-start';
/** Init types whose init a request had to wait for; any other prepared the environment ahead of requests. */
const WAITED_FOR: ReadonlySet<string> = new Set(['on-demand']);

export class Initializations {
  private readonly lists = new Map<string, RunList<StartOf, DoneOf, ReportOf, Initialization>>();

  private sorted: readonly Initialization[] | undefined;

  constructor(private readonly options: InitializationOptions) {}

  add(event: InitEvent | RestoreEvent): void {
    this.sorted = undefined;
    const list = this.listOf(event);
    switch (event.type) {
      case 'platform.initStart':
      case 'platform.restoreStart':
        list.addStart(event);
        break;
      case 'platform.initRuntimeDone':
      case 'platform.restoreRuntimeDone':
        list.addDone(event);
        break;
      case 'platform.initReport':
      case 'platform.restoreReport':
        list.addReport(event);
        break;
    }
  }

  private listOf(event: InitEvent | RestoreEvent) {
    const isRestore = event.type.startsWith('platform.restore');
    const phase = 'phase' in event ? event.phase : undefined;
    const key = isRestore ? 'restore' : (phase ?? 'init');
    const known = this.lists.get(key);
    if (known !== undefined) return known;
    const list = new RunList<StartOf, DoneOf, ReportOf, Initialization>(() => ({
      name: isRestore ? 'restore' : 'init',
      ...(!isRestore && { initPhase: key }),
      emitted: new Set(),
      waits: 0,
    }));
    this.lists.set(key, list);
    return list;
  }

  pair(final: boolean): void {
    for (const list of this.lists.values()) {
      if (list.isWaiting) this.sorted = undefined;
      list.pair(final);
    }
  }

  /** Every known initialization in order of time. */
  all(): readonly Initialization[] {
    this.sorted ??= [...this.lists.values()]
      .flatMap((list) => list.runs)
      .sort((a, b) => compareTimes(initStartTimeOf(a), initStartTimeOf(b)));
    return this.sorted;
  }

  get restoreWasReported(): boolean {
    return this.lists.get('restore')?.runs.some(({ report }) => report !== undefined) ?? false;
  }

  /** The runtime version that the latest start names, such as `java:21.v33`. */
  get runtimeVersion(): string | undefined {
    return this.all().findLast(({ start }) => start?.runtimeVersion !== undefined)?.start
      ?.runtimeVersion;
  }

  /** An invocation that fails because its init did has no other exception to name. */
  lendExceptions(): void {
    for (const { invocation, runtimeReport } of this.all()) {
      if (invocation !== undefined && runtimeReport !== undefined) {
        invocation.initException = runtimeReport;
      }
    }
  }

  typeOf(initialization: Initialization): string | undefined {
    if (initialization.name === 'restore') return SNAP_START;
    const { start, done, report } = initialization;
    for (const event of [start, done, report]) {
      if (event && 'initializationType' in event) return event.initializationType;
    }
    return this.options.initializationType;
  }

  /** True when the next invocation has to wait for it, so that its span belongs in that one's trace. */
  isWaitedFor(initialization: Initialization): boolean {
    return (
      initialization.name === 'restore' ||
      WAITED_FOR.has(this.typeOf(initialization) ?? 'on-demand')
    );
  }

  /** The init that was repeated inside an invocation is the environment's own. */
  private isFromSnapshot(initialization: Initialization): true | undefined {
    const { name, initPhase } = initialization;
    if (name !== 'init' || initPhase === 'invoke') return undefined;
    return this.typeOf(initialization) === SNAP_START || undefined;
  }

  /** Its place in a trace: below the invocation that waited, else a root of its own; undefined while that is open. */
  identify(initialization: Initialization, final: boolean): SpanIdentity | undefined {
    if (initialization.identity !== undefined) return this.follow(initialization);
    const { sha256 } = this.options;
    if (initialization.invocation !== undefined) {
      const parent = initialization.invocation.identity;
      if (parent === undefined) return undefined;
      const siblings = this.all().filter(
        ({ name, invocation }) =>
          name === initialization.name && invocation === initialization.invocation,
      );
      initialization.identity = this.toFreeIdentity(parent, initialization, siblings);
    } else if (!this.isWaitedFor(initialization) || final) {
      const startTime = initStartTimeOf(initialization);
      const instanceId = initialization.start?.instanceId ?? this.options.instanceId;
      const place = toRootIdentity(initialization.name, { instanceId, startTime }, sha256);
      const fromSnapshot = this.isFromSnapshot(initialization);
      initialization.identity = { ...place, fromSnapshot };
    }
    return initialization.identity;
  }

  /** It goes where its invocation has gone since, under the same span id: lines that have left name it. */
  private follow(initialization: Initialization): SpanIdentity | undefined {
    const { identity, invocation, emitted } = initialization;
    const parent = invocation?.identity;
    if (identity === undefined || parent === undefined || emitted.has('span')) return identity;
    initialization.identity = toMovedIdentity(identity, parent);
    return initialization.identity;
  }

  /** Its ordinal among its siblings; a late one whose ordinal is taken gets the next free one. */
  private toFreeIdentity(
    parent: SpanIdentity,
    initialization: Initialization,
    siblings: readonly Initialization[],
  ): SpanIdentity {
    const taken = new Set(siblings.map(({ identity }) => identity?.spanId));
    const { name } = initialization;
    for (let ordinal = siblings.indexOf(initialization); ; ordinal += 1) {
      const identity = toChildIdentity(parent, { name, ordinal }, this.options.sha256);
      if (!taken.has(identity.spanId)) return identity;
    }
  }

  /** Emits what is new about every initialization. */
  emit<Line>(final: boolean): Fact<Line>[] {
    return this.all().flatMap((initialization) => this.emitOne<Line>(initialization, final));
  }

  private emitOne<Line>(initialization: Initialization, final: boolean): Fact<Line>[] {
    const { emitted } = initialization;
    const identity = this.identify(initialization, final);
    // Logs and figures of an init that an invocation waits for go with its span, into the same trace.
    if (identity === undefined || this.mayMove(initialization)) return [];
    const requestId = initialization.invocation?.requestId;
    const { sha256 } = this.options;
    const facts: Fact<Line>[] = [];
    for (const part of ['start', 'runtimeDone', 'report'] as const) {
      const event = initialization[part === 'runtimeDone' ? 'done' : part];
      if (event === undefined || emitted.has(part)) continue;
      emitted.add(part);
      facts.push(...this.figuresOf<Line>(initialization, event), {
        kind: 'platformLog',
        event,
        identity,
        requestId,
        errorType: 'status' in event ? toInitErrorType(initialization, event) : undefined,
      });
      if ('spans' in event) facts.push(...toChildSpans(identity, event, { sha256, requestId }));
    }
    const failure = toFailure(initialization);
    if (failure !== undefined) facts.push(failure);
    return [...facts, ...this.emitSpans<Line>(initialization, identity, final)];
  }

  private mayMove({ invocation }: Initialization): boolean {
    return this.options.isJoining === true && invocation !== undefined && !isPlaced(invocation);
  }

  private figuresOf<Line>(
    initialization: Initialization,
    event: StartOf | DoneOf | ReportOf,
  ): Fact<Line>[] {
    if (event.type !== 'platform.initReport' && event.type !== 'platform.restoreReport') return [];
    const errorType = toInitErrorType(initialization, event);
    if (event.type === 'platform.restoreReport') {
      return [{ kind: 'restoreReport', event, errorType }];
    }
    const initializationType = this.typeOf(initialization);
    const { fromSnapshot } = initialization.identity ?? {};
    return [{ kind: 'initReport', event, errorType, initializationType, fromSnapshot }];
  }

  private emitSpans<Line>(
    initialization: Initialization,
    identity: SpanIdentity,
    final: boolean,
  ): Fact<Line>[] {
    const { emitted, done, report, waits } = initialization;
    const isOver = report !== undefined || (done !== undefined && waits > 0);
    if (done !== undefined) initialization.waits += 1;
    if (emitted.has('span') || !(isOver || final)) return [];
    emitted.add('span');
    const runtime = toRuntimeSpan(initialization);
    const spans = runtime === undefined ? [] : [runtime];
    const span = toInitializationFact(initialization, identity, {
      coldStart: this.isWaitedFor(initialization),
      initializationType: this.typeOf(initialization),
    });
    const { requestId } = initialization.invocation ?? {};
    const { sha256 } = this.options;
    return [span, ...toChildSpans(identity, { spans }, { sha256, requestId })];
  }
}
