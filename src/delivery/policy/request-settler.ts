// Settles the items of an answered or broken request: each is exported, dropped or put back, booked
// in the ledger and told once to the breakers. Warnings say what a user can do.
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { Diagnostics } from '../../diagnostics';
import type { Buffer, SignalValues } from '../queue/buffer';
import { countItems } from '../queue/buffer';
import { CircuitBreaker } from './circuit-breaker';
import type { Codec } from '../codec/codec';
import type { DropReason, MetricSource, Signal } from '../delivery';
import { describeUrl } from '../settings/endpoint';
import type { EndpointHealth } from './endpoint-health';
import type { Ledger } from '../queue/ledger';
import { describeTrouble } from './refusal-message';
import type { BuiltRequest } from '../codec/request-builder';
import { RequestBuilder } from '../codec/request-builder';
import type { Batch } from '../queue/signal-queue';
import type { Clock, TransportResponse } from '../transport/transport';
import type { Verdict } from './verdict';
import { judge } from './verdict';

export type Settlement =
  /** Exported, or put back in smaller parts: go on. */
  | { readonly kind: 'progress' }
  /** Dropped for good: go on. */
  | { readonly kind: 'refused' }
  /** Put back whole. */
  | { readonly kind: 'failed'; readonly reached: boolean; readonly retryInMs?: number }
  /** There was nothing to send. */
  | { readonly kind: 'nothing' };

export interface SettlerOptions<S extends Signal> {
  readonly signal: S;
  readonly url: string;
  readonly buffer: Buffer;
  readonly health: EndpointHealth;
  readonly ledger: Ledger;
  /** The metrics lane takes its windows from here, and tells it of those that are lost. */
  readonly metricSource?: MetricSource;
  readonly diagnostics: Diagnostics;
  readonly clock: Clock;
}

export class RequestSettler<S extends Signal> {
  readonly builder: RequestBuilder<S>;
  private readonly options: SettlerOptions<S>;
  /** Refusals of this signal's URL: wrong path, wrong credentials. */
  private readonly refusals: CircuitBreaker;
  private lastRefusal: DropReason = 'rejected';
  private notBeforeMs = 0;
  private isProbing = false;

  constructor(options: SettlerOptions<S>) {
    this.options = options;
    this.refusals = new CircuitBreaker(options.clock);
    this.builder = new RequestBuilder(options.signal, options.buffer, (batch) => {
      this.drop(batch, 'rejected');
      options.diagnostics.warn(
        `${options.signal}: expected an item that can be encoded as OTLP, got one that cannot; dropped`,
      );
    });
  }

  /** True while sending is pointless: Retry-After, or one of the breakers holds. */
  get isHeldBack(): boolean {
    const { health, clock } = this.options;
    const retryAfter = clock.now() < this.notBeforeMs;
    return retryAfter || health.breaker.isHolding || this.refusals.isHolding;
  }

  /** Asks Retry-After and both breakers for leave to send. A refused address costs its items at once. */
  mayStart(): 'go' | 'held' | 'refused' {
    const { signal, buffer, health, clock } = this.options;
    if (clock.now() < this.notBeforeMs || health.breaker.isHolding) return 'held';
    if (this.refusals.ask() === 'held') {
      if (buffer.waiting(signal) === 0) return 'held';
      buffer.drop(signal, this.lastRefusal);
      return 'refused';
    }
    this.isProbing = health.breaker.ask() === 'probe';
    return 'go';
  }

  /** mayStart said `go`, but nothing was sent. */
  release(): void {
    this.refusals.released();
    if (this.isProbing) this.options.health.breaker.released();
    this.isProbing = false;
  }

  settle(
    request: BuiltRequest<S>,
    response: TransportResponse,
    { codec, attempt }: { readonly codec: Codec<S>; readonly attempt: number },
  ): Settlement {
    const verdict = judge(response, codec, this.options.signal !== 'metrics');
    this.informBreakers(verdict, attempt);
    switch (verdict.kind) {
      case 'delivered':
        return this.settleDelivered(request.batch, verdict);
      case 'split':
        if (this.builder.shrink(request)) return { kind: 'progress' };
        this.drop(request.batch, 'rejected');
        this.warn(response, request.batch, 'dropped');
        return { kind: 'refused' };
      case 'dropped':
        this.drop(request.batch, verdict.reason);
        this.warn(response, request.batch, 'dropped');
        return { kind: 'refused' };
      case 'resend':
        this.warn(response, request.batch, 'kept, to be sent again');
        this.options.buffer.putBack(this.options.signal, request.batch);
        return this.postpone(verdict);
    }
  }

  drop(batch: Batch<SignalValues[S]>, reason: DropReason): void {
    const { signal, buffer, ledger, metricSource } = this.options;
    buffer.release(signal, batch);
    ledger.dropped(signal, countItems(signal, batch.values), reason);
    if (signal !== 'metrics') return;
    for (const window of batch.values as readonly ResourceMetrics[]) metricSource?.lost?.(window);
  }

  private settleDelivered(
    batch: Batch<SignalValues[S]>,
    { rejected, note }: Extract<Verdict, { kind: 'delivered' }>,
  ): Settlement {
    const { signal, url, buffer, ledger, diagnostics } = this.options;
    const items = countItems(signal, batch.values);
    const refused = Math.min(rejected, items);
    this.builder.regrow();
    buffer.release(signal, batch);
    ledger.exported(signal, items - refused);
    ledger.dropped(signal, refused, 'rejected');
    if (refused > 0 || note !== '') {
      const said = note === '' ? '' : `: ${note}`;
      diagnostics.warn(`${signal} export to ${describeUrl(url)}: partial success${said}`, {
        rejected: refused,
      });
    }
    return { kind: 'progress' };
  }

  private postpone({ reached, retryInMs }: Extract<Verdict, { kind: 'resend' }>): Settlement {
    if (retryInMs === undefined) return { kind: 'failed', reached };
    this.notBeforeMs = this.options.clock.now() + retryInMs;
    return { kind: 'failed', reached, retryInMs };
  }

  private informBreakers(verdict: Verdict, attempt: number): void {
    const { health } = this.options;
    if (verdict.kind === 'resend') {
      this.refusals.released();
      health.failed(attempt);
    } else if (verdict.kind !== 'dropped') {
      this.refusals.succeeded();
      health.answered();
    } else if (verdict.trouble === 'server') {
      this.refusals.released();
      health.failed(attempt);
    } else {
      health.answered();
      if (verdict.trouble === 'items') this.refusals.released();
      else this.refusals.failed(attempt);
      this.lastRefusal = verdict.reason;
    }
  }

  private warn(response: TransportResponse, batch: Batch<SignalValues[S]>, fate: string): void {
    if (response.status === 'success') return;
    const { signal, url, diagnostics } = this.options;
    const { message, detail } = response.error;
    const consequence = `its items are ${fate}`;
    diagnostics.warn(
      describeTrouble({ signal, url, outcome: detail.outcome, message, consequence }),
      { items: countItems(signal, batch.values) },
    );
  }
}
