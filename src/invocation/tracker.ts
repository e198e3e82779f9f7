// Events in, facts out, keyed by requestId. Events only accumulate; what they mean is decided when the
// tracker settles (before each flush), so any order and any split of batches in between gives the same
// facts. There is no "current invocation": requests may be concurrent, and events late, repeated or missing.
import type { HrTime } from '@opentelemetry/api';
import { MANAGED_INSTANCES } from '../telemetry/event';
import type {
  InitEvent,
  LogsDroppedEvent,
  PlatformEvent,
  RequestEvent,
  RestoreEvent,
  TelemetryEvent,
  UnknownEvent,
  LogEvent,
} from '../telemetry/event';
import { isObject, readText } from '../telemetry/fields';
import { compareTimes, toMs } from '../telemetry/timestamp';
import { ColdStarts } from './cold-starts';
import type { Fact, PlatformLogFact, TraceJoiner, TrackedLine, LogsDroppedFact } from './fact';
import type { Handover } from './handover';
import { toHandover, Predecessor } from './handover';
import type { Sha256Hex } from './identity';
import { Initializations } from './initializations';
import type { Invocation, Invoke } from './invocation';
import type { Ending, EmitContext } from './invocation-facts';
import { emitInvocation } from './invocation-facts';
import { toRuntimeIdentity } from './identity';
import { findInvocationOf, PendingLines } from './lines';
import type { ReceivedSpans } from './received-spans';
import type { OpenRequests, Surroundings, TrackedRequest } from './requests';
import { Requests, toOpenRequests, toSurroundings } from './requests';
import { Identities, endTimeOf, isPlaced, startTimeOf } from './invocation';
import type { SettlingRequest } from './joined';
import { endsRuntime, worse } from './status';

export interface TrackerOptions {
  readonly sha256: Sha256Hex;
  /** AWS_LAMBDA_INITIALIZATION_TYPE of the environment, when known. */
  readonly initializationType?: string;
  /** Identifies the environment where initStart.instanceId is missing. */
  readonly instanceId: string;
  /** `runtimeDone`: the invocation span leaves at once; `report`: it waits for the values of the report. */
  readonly spanAt: 'runtimeDone' | 'report';
  readonly handover?: Handover;
  /** LAMBDA_OTLP_FUNCTION_ERRORS, true by default. */
  readonly functionErrors?: boolean;
  /** Spans of the function's SDK, to be joined with ours; absent if nothing is joined. */
  readonly received?: ReceivedSpans;
}

export class Tracker<Line extends TrackedLine> {
  private readonly requests = new Requests((oldest) => this.evict(oldest));
  private readonly initializations: Initializations;
  private readonly droppedLogs = new DroppedLogs();
  private readonly coldStarts: ColdStarts;
  private readonly predecessor: Predecessor;
  private readonly identities: Identities;
  private readonly lines: PendingLines<Line>;
  private dropped: LogsDroppedEvent[] = [];
  private others: Exclude<TelemetryEvent, LogEvent>[] = [];
  private firstStart: HrTime | undefined;
  private evicted: Fact<Line>[] = [];
  private latestInvoked: string | undefined;

  constructor(
    private readonly options: TrackerOptions,
    joinTraces: TraceJoiner<Line>,
  ) {
    const isJoining = options.received !== undefined;
    this.initializations = new Initializations({ ...options, isJoining });
    this.coldStarts = new ColdStarts(this.initializations, options.handover?.coldStartCounted);
    this.predecessor = new Predecessor(options.handover, this.coldStarts);
    this.identities = new Identities(options.sha256);
    this.lines = new PendingLines(this.initializations, joinTraces);
  }

  /** INVOKE of the Extensions API. */
  invoke(invoke: Invoke): void {
    this.latestInvoked = invoke.requestId;
    this.requests.touch(invoke.requestId).addInvoke(invoke);
  }

  /** A platform event, or one of a type that this version does not know. */
  accept(event: PlatformEvent | UnknownEvent): void {
    switch (event.type) {
      case 'platform.start':
      case 'platform.runtimeDone':
      case 'platform.report':
        this.acceptRequestEvent(event);
        break;
      case 'platform.logsDropped':
        this.dropped.push(event);
        break;
      case 'platform.extension':
      case 'platform.telemetrySubscription':
      case 'unknown':
        this.others.push(event);
        break;
      default:
        this.initializations.add(event satisfies InitEvent | RestoreEvent);
    }
  }

  acceptLine(line: Line): void {
    this.lines.add(line);
  }

  /** The end of the latest invocation of this requestId was seen. */
  isDone(requestId: string): boolean {
    return this.requests.get(requestId)?.isDone ?? false;
  }

  private acceptRequestEvent(event: RequestEvent): void {
    if (event.type === 'platform.start') {
      if (this.firstStart === undefined || compareTimes(event.time, this.firstStart) < 0) {
        this.firstStart = event.time;
      }
    }
    this.requests.touch(event.requestId).add(event);
  }

  /**
   * Emits everything that is new and complete. `ending`: the environment ends, so nothing is held back
   * for events that may still come.
   */
  settle(ending?: Ending): Fact<Line>[] {
    const final = ending !== undefined;
    this.initializations.pair(final);
    this.predecessor.continueIn(this.requests);
    const { requests, concurrent } = this;
    const invocations = requests.pair(final);
    for (const invocation of invocations) {
      this.identify(invocation);
      this.joinReceived(invocation, ending);
    }
    const facts: Fact<Line>[] = [...this.evicted, ...this.coldStarts.bind<Line>(requests)];
    this.evicted = [];
    facts.push(...this.lines.take({ requests, concurrent, final }));
    this.initializations.lendExceptions();
    const context = this.toContext(ending);
    for (const invocation of invocations) facts.push(...emitInvocation<Line>(invocation, context));
    facts.push(...this.initializations.emit<Line>(final), ...this.emitOthers());
    requests.tidy();
    return facts;
  }

  /** For the process that Lambda may start after this one in the same environment. */
  handover(): Handover {
    return toHandover(this.requests.timeline, this.coldStarts.counted);
  }

  private identify(invocation: Invocation): void {
    const invoke = this.requests.get(invocation.requestId)?.invoke;
    if (invoke !== undefined) invocation.invoke ??= invoke;
    if (invocation.identity !== undefined) return;
    this.predecessor.recognize(invocation, this.firstStart);
    this.identities.assign(invocation);
  }

  private joinReceived(invocation: Invocation, ending: Ending | undefined): void {
    const { received } = this.options;
    if (received === undefined || isPlaced(invocation)) return;
    const request = toSettlingRequest(invocation, this.concurrent === true, ending);
    const joined = request === undefined ? undefined : received.join(request);
    if (joined === undefined) return;
    invocation.isJoined = true;
    invocation.identity = joined.identity;
    invocation.links.push(...joined.links);
    if (joined.servedBy !== undefined) invocation.servedBy = joined.servedBy;
  }

  /** The requests that may still need spans of the function's SDK. */
  get openRequests(): OpenRequests {
    return toOpenRequests(this.requests);
  }

  get surroundings(): Surroundings {
    return toSurroundings(this.requests, this.latestInvoked, this.concurrent === true);
  }

  private get concurrent(): boolean | undefined {
    const type = this.initializationType;
    return type === undefined ? undefined : type === MANAGED_INSTANCES;
  }

  private get initializationType(): string | undefined {
    const [initialization] = this.initializations.all();
    return initialization === undefined
      ? this.options.initializationType
      : this.initializations.typeOf(initialization);
  }

  private toContext(ending: Ending | undefined): EmitContext {
    return {
      sha256: this.options.sha256,
      managedInstances: this.concurrent === true,
      functionErrors: this.options.functionErrors ?? true,
      reportsLate: this.initializations.runtimeVersion?.startsWith('java') === true,
      spanAtReport: this.options.spanAt === 'report',
      restoreWasReported: this.initializations.restoreWasReported,
      serverIsLate: this.options.received?.isServerLate === true,
      ...(ending !== undefined && { ending }),
    };
  }

  private emitOthers(): Fact<Line>[] {
    const dropped = this.dropped.sort((a, b) => compareTimes(a.time, b.time));
    const facts: Fact<Line>[] = dropped.flatMap((event) => {
      if (this.droppedLogs.isDuplicate(event)) return [];
      return [...this.droppedLogs.add(event), { kind: 'platformLog' as const, event }];
    });
    facts.push(...this.others.map((event) => this.toPlatformLog(event)));
    this.dropped = [];
    this.others = [];
    return facts;
  }

  /** An event of an unknown type may name its request. */
  private toPlatformLog(event: PlatformLogFact['event']): PlatformLogFact {
    const requestId = event.type === 'unknown' ? readRequestId(event.record) : undefined;
    const request = requestId === undefined ? undefined : this.requests.get(requestId);
    const identity = findInvocationOf(request?.invocations ?? [], event.time)?.identity;
    return { kind: 'platformLog', event, requestId, identity };
  }

  /** Emits a request as it is, since it will be forgotten. */
  private evict(request: TrackedRequest): void {
    request.list.pair(true);
    const { invocations } = request;
    for (const invocation of invocations) this.identify(invocation);
    // An ending at the beginning of time: what is open then ends where it starts.
    const context = this.toContext({ time: [0, 0] });
    for (const invocation of invocations) {
      this.evicted.push(...emitInvocation<Line>(invocation, context));
    }
  }
}

function readRequestId(record: unknown): string | undefined {
  return isObject(record) ? readText(record['requestId']) : undefined;
}

/**
 * platform.logsDropped carries running totals (captures of the service: 3005, then 6169): what counts is the increase
 * over the previous event; a smaller total starts anew. A total that is missing says nothing.
 */
class DroppedLogs {
  private records = 0;
  private bytes = 0;
  private previous: LogsDroppedEvent | undefined;

  /** The same event a second time. */
  isDuplicate({ time, droppedRecords, droppedBytes }: LogsDroppedEvent): boolean {
    const { previous } = this;
    if (previous === undefined || compareTimes(previous.time, time) !== 0) return false;
    return previous.droppedRecords === droppedRecords && previous.droppedBytes === droppedBytes;
  }

  /** The increase that this event reports, if any. */
  add(event: LogsDroppedEvent): LogsDroppedFact[] {
    this.previous = event;
    const { droppedRecords = this.records, droppedBytes = this.bytes, time } = event;
    const startsAnew = droppedRecords < this.records || droppedBytes < this.bytes;
    const records = toIncrease(event.droppedRecords, startsAnew ? 0 : this.records);
    const bytes = toIncrease(event.droppedBytes, startsAnew ? 0 : this.bytes);
    this.records = droppedRecords;
    this.bytes = droppedBytes;
    return records === 0 && bytes === 0 ? [] : [{ kind: 'logsDropped', records, bytes, time }];
  }
}

function toIncrease(total: number | undefined, known: number): number {
  return total === undefined ? 0 : total - known;
}

/**
 * What joining has to know about an invocation, once its end is known. Undefined: it has not ended, or it has no span.
 */
function toSettlingRequest(
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
  return {
    requestId,
    identity,
    runtimeSpanId: toRuntimeIdentity(identity, done?.tracing)?.spanId,
    startMs: toMs(start),
    endMs: toMs(end),
    isDead: isOpen || endsRuntime(worse(done, report)),
    isAlone: !isConcurrent,
  };
}
