// Sends what is buffered of one signal, one request at a time. A request may outlive the flush that
// began it, even a freeze: it is settled by its answer or by its own timeout, and only then are its
// items exported, dropped or put back. Nothing here rejects.
import { Cancellation } from '../transport/cancellation';
import { isLoopback } from '../../http/loopback';
import type { RequestEncoding } from '../codec/request-body';
import type { SignalConfiguration } from '../settings/configuration';
import type { Signal } from '../delivery';
import type { Flush, LaneResult } from './flush';
import { Patience, shortWaitMs } from '../policy/patience';
import type { BuiltRequest } from '../codec/request-builder';
import type { Settlement, SettlerOptions } from '../policy/request-settler';
import { RequestSettler } from '../policy/request-settler';
import { decideRetry } from '../policy/retry-policy';
import type { Transport, TransportResponse } from '../transport/transport';
import { TransportError } from '../transport/transport';
import { toStatusCode } from '../policy/verdict';
import { hearSockets, isSettledBy, pause } from '../policy/wait';

export interface LaneOptions extends SettlerOptions {
  readonly timeoutMs: SignalConfiguration['timeoutMs'];
  readonly transport: Transport;
  readonly loadEncoding: () => Promise<RequestEncoding> | RequestEncoding;
  /** Buffers the next metric window, if there is one. */
  readonly collect?: () => Promise<void>;
  /** From 0 to 1, for the jitter of retries. */
  readonly random: () => number;
}

interface UnderWay {
  readonly startMs: number;
  readonly cancellation: Cancellation;
  settled: Promise<Settlement>;
  request?: BuiltRequest;
  givenUp: boolean;
}

/** At SHUTDOWN a request older than this has probably lost its connection in a freeze. */
const staleAfterMs = 3_000;

export class SignalLane {
  readonly signal: Signal;
  private readonly options: LaneOptions;
  private readonly settler: RequestSettler;
  private readonly patience: Patience;
  private open: readonly UnderWay[] = [];
  private current: UnderWay | undefined;
  private collectedInFlush = -1;
  private isClosed = false;

  constructor(options: LaneOptions) {
    this.signal = options.signal;
    this.options = options;
    this.settler = new RequestSettler(options);
    this.patience = new Patience(options.clock);
  }

  /** True while a flush would send nothing: held back, or waiting for an endpoint that is slow to answer. */
  get isHeldBack(): boolean {
    if (this.current === undefined) return this.settler.isHeldBack;
    return this.patience.isLost && !this.isOverdue(this.current);
  }

  /** Sends until nothing waits, the flush's time is over, or a failure says to stop. */
  async drain(flush: Flush): Promise<LaneResult> {
    const { clock } = this.options;
    await this.endOverdueRequest(flush);
    const earlier = this.current;
    if (flush.phase !== 'final' || earlier === undefined) return this.sendAll(flush);
    this.current = undefined;
    await Promise.all([isSettledBy(earlier.settled, flush.deadlineMs, clock), this.sendAll(flush)]);
    return this.sendAll(flush);
  }

  /** SHUTDOWN's time is over: aborts what is under way and drops everything that is held. */
  giveUp(): void {
    this.isClosed = true;
    for (const underWay of this.open) {
      underWay.givenUp = true;
      if (underWay.request !== undefined) {
        const reason = this.signal === 'metrics' ? 'unknown_fate' : 'shutdown';
        this.settler.drop(underWay.request.items, reason);
      }
      underWay.cancellation.cancel();
    }
    this.open = [];
    this.current = undefined;
    this.options.buffer.drop(this.signal, 'shutdown');
  }

  private async sendAll(flush: Flush): Promise<LaneResult> {
    const { clock, health, random } = this.options;
    let refused = false;
    for (let retries = 0; ;) {
      const underWay = this.current ?? this.start(flush);
      if (underWay === 'refused') refused = true;
      if (underWay === 'refused' || underWay === 'done') return refused ? 'refused' : 'done';
      if (typeof underWay === 'string') return underWay;
      const inTime = await isSettledBy(underWay.settled, this.waitUntil(flush), clock);
      if (!inTime) return this.stopWaiting(flush);
      const settlement = await underWay.settled;
      if (settlement.kind === 'refused') refused = true;
      if (settlement.kind !== 'failed') continue;
      const { phase, deadlineMs } = flush;
      const delayMs = decideRetry({
        phase,
        retries,
        deadlineMs,
        reached: settlement.reached,
        isLoopback: isLoopback(this.options.url),
        failedFlushes: health.breaker.failures,
        nowMs: clock.now(),
        random: random(),
        ...(settlement.retryInMs !== undefined && { retryInMs: settlement.retryInMs }),
      });
      if (delayMs === undefined) return 'failed';
      retries += 1;
      await pause(delayMs);
    }
  }

  private start(flush: Flush): UnderWay | 'done' | 'refused' | 'held' | 'unanswered' {
    const { clock, buffer, collect } = this.options;
    const waits = buffer.isWaiting(this.signal);
    const collects = collect !== undefined && this.collectedInFlush !== flush.number;
    if (this.isClosed || (!waits && !collects)) return 'done';
    if (clock.now() >= this.waitUntil(flush)) return waits ? 'unanswered' : 'done';
    const permission = flush.phase === 'final' ? 'go' : this.settler.mayStart();
    if (permission !== 'go') return waits ? permission : 'done';
    const underWay: UnderWay = {
      startMs: clock.now(),
      cancellation: new Cancellation(),
      settled: Promise.resolve({ kind: 'nothing' }),
      givenUp: false,
    };
    this.open = [...this.open, underWay];
    this.current = underWay;
    underWay.settled = this.runSafely(underWay, flush);
    return underWay;
  }

  private async runSafely(underWay: UnderWay, flush: Flush): Promise<Settlement> {
    try {
      return await this.run(underWay, flush);
    } catch (error) {
      this.options.diagnostics.error(`${this.signal} export broke: ${String(error)}; going on`);
      this.settler.release();
      return { kind: 'failed', reached: false };
    } finally {
      this.open = this.open.filter((other) => other !== underWay);
      if (this.current === underWay) this.current = undefined;
    }
  }

  private async run(underWay: UnderWay, flush: Flush): Promise<Settlement> {
    const { loadEncoding, ledger, clock, timeoutMs } = this.options;
    await this.collect(flush);
    const encoding = await loadEncoding();
    if (this.isClosed) this.options.buffer.drop(this.signal, 'shutdown');
    const request = this.settler.builder.build(encoding);
    if (request === undefined) {
      this.settler.release();
      return { kind: 'nothing' };
    }
    underWay.request = request;
    const sentMs = clock.now();
    const response = await this.send(request.body, timeoutMs, underWay.cancellation);
    if (underWay.givenUp) return { kind: 'nothing' };
    const durationMs = Math.max(clock.now() - sentMs, 0);
    const outcome = response.status === 'success' ? 'success' : response.error.detail.outcome;
    ledger.requestEnded(this.signal, durationMs, outcome);
    if (response.status === 'success' || toStatusCode(outcome) !== undefined) {
      this.patience.answered(durationMs);
    }
    return this.settler.settle(request, response, flush.number);
  }

  private async send(
    body: Uint8Array,
    timeoutMs: number,
    cancellation: Cancellation,
  ): Promise<TransportResponse> {
    try {
      return await this.options.transport.send(body, timeoutMs, cancellation);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const detail = { outcome: 'transport_error', bodyWritten: false };
      return { status: 'retryable', error: new TransportError(message, detail) };
    }
  }

  /** Takes at most one new metric window per flush, and only when no older one waits. */
  private async collect(flush: Flush): Promise<void> {
    const { collect, buffer, diagnostics } = this.options;
    if (collect === undefined || buffer.isWaiting(this.signal)) return;
    this.collectedInFlush = flush.number;
    try {
      await collect();
    } catch (error) {
      diagnostics.error(`metrics could not be collected: ${String(error)}; going on without them`);
    }
  }

  private waitUntil({ phase, startMs, deadlineMs }: Flush): number {
    if (phase !== 'after-invocation') return deadlineMs;
    const inDoubt = this.patience.isLost || this.options.health.breaker.isOpen;
    return inDoubt ? Math.min(deadlineMs, startMs + shortWaitMs) : deadlineMs;
  }

  private stopWaiting({ phase, startMs }: Flush): LaneResult {
    this.options.health.unanswered();
    if (phase === 'after-invocation') {
      this.patience.unanswered(this.options.clock.now() - startMs);
    }
    return 'unanswered';
  }

  /** A thawed environment may hold a request whose time ran out meanwhile: hear its answer or end it. */
  private async endOverdueRequest({ phase }: Flush): Promise<void> {
    const underWay = this.current;
    if (underWay === undefined) return;
    const ageMs = this.options.clock.now() - underWay.startMs;
    const isStale = phase === 'final' && ageMs > staleAfterMs;
    if (!isStale && !this.isOverdue(underWay)) return;
    await hearSockets();
    underWay.cancellation.cancel();
  }

  private isOverdue({ startMs }: UnderWay): boolean {
    return this.options.clock.now() - startMs > this.options.timeoutMs;
  }
}
