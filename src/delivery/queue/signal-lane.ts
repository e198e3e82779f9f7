// Sends the buffered items of one signal, one request at a time. A request may outlive the flush that began it and even
// a freeze: its answer or its own timeout ends it, and only then are its items exported, dropped or put back. No method
// rejects.
import type { Cancellation, SendResult, TwofoldSending } from '../transport/transport';
import { sendResendable } from '../transport/transport';
import type { WayOut } from '../transport/transport-factory';
import type { BuiltRequest } from '../codec/request-builder';
import type { Signal } from '../delivery';
import { Gate } from '../policy/gate';
import type { Flush, GateOptions } from '../policy/gate';
import type { EndpointHealth } from '../policy/endpoint-health';
import type { Fate, FateOptions } from '../policy/request-fates';
import { RequestFates } from '../policy/request-fates';
import { hearSockets, isSettledWithin, pause, systemClock } from '../../node/clock';

export interface LaneOptions extends FateOptions, GateOptions {
  readonly timeoutMs: number;
  readonly wayOut: WayOut;
  /** Buffers the next metric window if there is one. */
  readonly collect?: () => void;
}

interface UnderWay {
  readonly startMs: number;
  sending?: TwofoldSending;
  fate: Promise<Fate>;
  request?: BuiltRequest;
  givenUp: boolean;
}

/** At SHUTDOWN, a request older than this has probably lost its connection in a freeze. */
const STALE_AFTER_MS = 3_000;
/**
 * At SHUTDOWN, a request without an answer after this time is sent again while the first still runs; few requests are
 * that slow.
 */
const MAX_FINAL_PATIENCE_MS = 800;
/** The system may adjust its clock by this much at any time. */
const MAX_CLOCK_CORRECTION_MS = 1_000;

export class SignalLane {
  readonly signal: Signal;
  readonly health: EndpointHealth;
  readonly wayOut: WayOut;
  private readonly gate: Gate;
  private readonly fates: RequestFates;
  private open: readonly UnderWay[] = [];
  private current: UnderWay | undefined;
  private collectedInFlush = -1;
  private isClosed = false;
  /** SHUTDOWN: a flush that is waiting for a retry must not begin anything else. */
  private isEnding = false;

  constructor(private readonly options: LaneOptions) {
    this.signal = options.signal;
    this.health = options.health;
    this.wayOut = options.wayOut;
    this.gate = new Gate(options);
    this.fates = new RequestFates(options, this.gate);
  }

  /** True if a flush would send nothing, because sending is held back or a slow endpoint is waited for. */
  get isHeldBack(): boolean {
    if (this.current === undefined) return this.gate.isClosed;
    return this.gate.isImpatient && !this.isOverdue(this.current);
  }

  /** Sends until nothing waits, the flush's time is over, or a failure says to stop. */
  async drain(flush: Flush): Promise<LaneResult> {
    if (flush.phase === 'final') this.isEnding = true;
    if (this.isStale(flush)) await this.endStaleRequest();
    const earlier = this.current;
    if (flush.phase !== 'final' || earlier === undefined) return this.sendAll(flush);
    this.current = undefined;
    await Promise.all([this.isAnswered(earlier, flush), this.sendAll(flush)]);
    return this.sendAll(flush);
  }

  /** SHUTDOWN's time is over: aborts the request under way and drops everything that is held. */
  giveUp(): void {
    this.isClosed = true;
    for (const underWay of this.open) {
      underWay.givenUp = true;
      if (underWay.request !== undefined) {
        const reason = this.signal === 'metrics' ? 'unknown_fate' : 'shutdown';
        this.options.buffer.discard(this.signal, underWay.request.items, reason);
      }
      underWay.sending?.cancel();
    }
    this.open = [];
    this.current = undefined;
    this.options.buffer.drop(this.signal, 'shutdown');
  }

  private async sendAll(flush: Flush): Promise<LaneResult> {
    let refused = false;
    for (let retries = 0; ;) {
      const underWay = this.current ?? this.start(flush);
      if (underWay === 'refused') refused = true;
      if (underWay === 'refused' || underWay === 'done') return refused ? 'refused' : 'done';
      if (typeof underWay === 'string') return underWay;
      if (!(await this.isAnswered(underWay, flush))) return this.stopWaiting(flush);
      const fate = await underWay.fate;
      if (fate === 'refused') refused = true;
      if (typeof fate === 'string') continue;
      const delayMs = this.gate.retryMs(flush, { retries, ...fate });
      if (delayMs === undefined) return 'failed';
      retries += 1;
      await pause(systemClock, delayMs);
    }
  }

  private start(flush: Flush): UnderWay | 'done' | 'refused' | 'held' | 'unanswered' {
    const { clock, buffer, collect } = this.options;
    const waits = buffer.isWaiting(this.signal);
    const collects = collect !== undefined && this.collectedInFlush !== flush.number;
    if (this.isClosed || (!waits && !collects)) return 'done';
    if (this.isEnding && flush.phase !== 'final') return 'held';
    if (this.gate.waitMs(flush) <= 0) return waits ? 'unanswered' : 'done';
    const permission = flush.phase === 'final' ? 'go' : this.gate.ask();
    // While the address refuses requests, its items are dropped at once.
    if (permission === 'refused' && waits) buffer.drop(this.signal, this.gate.lastRefusal);
    if (permission !== 'go') return waits ? permission : 'done';
    const underWay: UnderWay = {
      startMs: clock.now(),
      fate: Promise.resolve('done'),
      givenUp: false,
    };
    this.open = [...this.open, underWay];
    this.current = underWay;
    underWay.fate = this.runSafely(underWay, flush);
    return underWay;
  }

  private async runSafely(underWay: UnderWay, flush: Flush): Promise<Fate> {
    try {
      return await this.run(underWay, flush);
    } catch (error) {
      this.options.diagnostics.error(
        `unexpected error in the export of ${this.signal}: ${String(error)}; going on`,
      );
      this.gate.release();
      return { reached: false };
    } finally {
      this.open = this.open.filter((other) => other !== underWay);
      if (this.current === underWay) this.current = undefined;
    }
  }

  private async run(underWay: UnderWay, flush: Flush): Promise<Fate> {
    const { observer, clock, buffer, collect } = this.options;
    // At most one new metric window per flush, and only if no older one waits.
    if (collect !== undefined && !buffer.isWaiting(this.signal)) this.collect(flush);
    const encoding = await this.wayOut.loadEncoding();
    if (this.isClosed) buffer.drop(this.signal, 'shutdown');
    const request = this.fates.builder.build(encoding);
    if (request === undefined) {
      this.gate.release();
      return 'done';
    }
    underWay.request = request;
    const sentMs = clock.now();
    const sending = sendResendable((cancellation) => this.send(request.body, cancellation));
    underWay.sending = sending;
    const result = await sending.result;
    if (underWay.givenUp) return 'done';
    const durationMs = Math.max(clock.now() - sentMs, 0);
    const outcome = result.status === 'success' ? 'success' : result.failure.outcome;
    observer.requestEnded(this.signal, durationMs, `${outcome}`);
    if (outcome === 'success' || typeof outcome === 'number') this.gate.answered(durationMs);
    return this.fates.decide(request, result, flush.number);
  }

  private async send(body: Uint8Array, cancellation: Cancellation): Promise<SendResult> {
    try {
      return await this.wayOut.transport.send(body, this.options.timeoutMs, cancellation);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const failure = { message, outcome: 'transport_error', bodyWritten: false };
      return { status: 'retryable', failure };
    }
  }

  /** Collects what there was no time to send, so that it is counted as lost. */
  collectRest(flush: Flush): void {
    if (this.collectedInFlush !== flush.number) this.collect(flush);
  }

  private collect(flush: Flush): void {
    const { collect, diagnostics } = this.options;
    if (collect === undefined) return;
    this.collectedInFlush = flush.number;
    try {
      collect();
    } catch (error) {
      diagnostics.error(`metrics could not be collected: ${String(error)}; going on without them`);
    }
  }

  /**
   * At SHUTDOWN a request that hangs is sent again on a new connection, early enough to arrive: twice is better than
   * never, except for metrics (decision 5).
   */
  private async isAnswered(underWay: UnderWay, flush: Flush): Promise<boolean> {
    if (flush.phase === 'final' && this.signal !== 'metrics') {
      const patienceMs = Math.min(flush.leftMs() / 2, MAX_FINAL_PATIENCE_MS);
      if (await isSettledWithin(underWay.fate, patienceMs)) return true;
      // The next request opens a new connection.
      this.wayOut.refresh(0);
      underWay.sending?.resend();
    }
    return isSettledWithin(underWay.fate, this.gate.waitMs(flush));
  }

  private stopWaiting(flush: Flush): LaneResult {
    this.gate.unanswered(flush);
    return 'unanswered';
  }

  /** After a thaw, a request may be under way whose time ran out during the freeze. */
  private isStale({ phase }: Flush): boolean {
    if (this.current === undefined) return false;
    const ageMs = this.options.clock.now() - this.current.startMs;
    return this.isOverdue(this.current) || (phase === 'final' && ageMs > STALE_AFTER_MS);
  }

  /** Reads the answer of a stale request or ends it. */
  private async endStaleRequest(): Promise<void> {
    const underWay = this.current;
    await hearSockets();
    underWay?.sending?.cancel();
  }

  /**
   * Also true if the clock was set back to before the request began, because its end would otherwise be waited for too
   * long.
   */
  private isOverdue({ startMs }: UnderWay): boolean {
    const passedMs = this.options.clock.now() - startMs;
    return passedMs > this.options.timeoutMs || passedMs < -MAX_CLOCK_CORRECTION_MS;
  }
}

export type LaneResult =
  /** Nothing waits any more. */
  | 'done'
  /** Nothing waits any more, but items were refused for good. */
  | 'refused'
  /** Held back by a breaker or Retry-After. */
  | 'held'
  /** Failed; the items are left to the next flush. */
  | 'failed'
  /** Time ran out; a request may still be under way. */
  | 'unanswered';
