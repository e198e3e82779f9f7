// The delivery port put together: one buffer, one lane per exported signal, one health per endpoint.
// A flush drains the lanes in parallel; a lane in trouble does not hold up the others.
import type { Diagnostics } from '../diagnostics';
import { Buffer } from './queue/buffer';
import type { ExportConfiguration } from './settings/configuration';
import type {
  Delivery,
  DeliveryObserver,
  FlushOptions,
  FlushOutcome,
  MetricSource,
  Signal,
} from './delivery';
import { EndpointHealth } from './policy/endpoint-health';
import { Ledger } from './queue/ledger';
import type { Flush, LaneResult } from './queue/flush';
import { SignalLane } from './queue/signal-lane';
import type { Clock } from './transport/transport';
import type { TransportFactory } from './transport/transport-factory';
import { createTransportFactory } from './transport/transport-factory';

export interface DeliveryOptions {
  readonly configuration: ExportConfiguration;
  readonly metricSource?: MetricSource;
  readonly observer: DeliveryObserver;
  readonly diagnostics: Diagnostics;
  readonly clock: Clock;
  /** From 0 to 1, for the jitter of retries. */
  readonly random?: () => number;
  /** Makes the transports; the default sends over HTTP. */
  readonly transports?: TransportFactory;
}

const maxBufferedItems = 65_536;

/** Builds the pipeline of `configuration`. Secrets are fetched at once, endpoints first asked by a flush. */
export function createDelivery(options: DeliveryOptions): Delivery {
  const ledger = new Ledger(options.observer);
  const buffer = new Buffer(
    { capacityBytes: options.configuration.bufferBytes, maxItems: maxBufferedItems },
    (signal, items, reason) => ledger.dropped(signal, items, reason),
    (window) => options.metricSource?.lost?.(window),
  );
  return new DeliveryPipeline(options, { ledger, buffer });
}

type Lane =
  | { readonly lane: SignalLane<'traces'>; readonly health: EndpointHealth }
  | { readonly lane: SignalLane<'metrics'>; readonly health: EndpointHealth }
  | { readonly lane: SignalLane<'logs'>; readonly health: EndpointHealth };

class DeliveryPipeline implements Delivery {
  readonly capacityBytes: number;
  private readonly options: DeliveryOptions;
  private readonly ledger: Ledger;
  private readonly buffer: Buffer;
  private readonly transports: TransportFactory;
  private readonly lanes: readonly Lane[];
  private flushes = 0;
  private isClosed = false;

  constructor(options: DeliveryOptions, parts: { ledger: Ledger; buffer: Buffer }) {
    this.options = options;
    this.ledger = parts.ledger;
    this.buffer = parts.buffer;
    this.capacityBytes = options.configuration.bufferBytes;
    this.transports = options.transports ?? createTransportFactory(options);
    const healths = new Map<string, EndpointHealth>();
    this.lanes = [
      ...this.createLane('traces', healths),
      ...this.createLane('logs', healths),
      ...this.createLane('metrics', healths),
    ] as Lane[];
  }

  addSpans(spans: Parameters<Delivery['addSpans']>[0]): void {
    this.add('traces', () => this.buffer.add('traces', spans));
  }

  addLogRecords(records: Parameters<Delivery['addLogRecords']>[0]): void {
    this.add('logs', () => this.buffer.add('logs', records));
  }

  get bufferedBytes(): number {
    return this.buffer.bytes;
  }

  get suspended(): boolean {
    const held = this.lanes.filter(({ lane }) => lane.isHeldBack);
    return held.length > 0 && this.lanes.every((entry) => this.sendsNothing(entry));
  }

  async flush(options: FlushOptions): Promise<FlushOutcome> {
    this.flushes += 1;
    const flush: Flush = {
      number: this.flushes,
      startMs: this.options.clock.now(),
      deadlineMs: options.deadlineMs,
      phase: phaseOf(options),
    };
    let delivered = false;
    try {
      delivered = await this.drainLanes(flush);
    } catch (error) {
      this.options.diagnostics.error(`flush broke: ${String(error)}; items stay buffered`);
    }
    if (flush.phase === 'final') this.giveUp();
    return { delivered, remaining: this.buffer.items };
  }

  totals(): ReturnType<Delivery['totals']> {
    return this.ledger.totals();
  }

  close(): void {
    this.giveUp();
    this.transports.close();
  }

  private giveUp(): void {
    this.isClosed = true;
    for (const { lane } of this.lanes) lane.giveUp();
  }

  /** A signal that is not exported is nobody's loss; after the end everything is. */
  private add(signal: Signal, add: () => void): void {
    if (this.options.configuration.signals[signal] === undefined) return;
    add();
    if (this.isClosed) this.buffer.drop(signal, 'shutdown');
  }

  private async drainLanes(flush: Flush): Promise<boolean> {
    const deferred =
      flush.phase === 'final' ? [] : this.lanes.filter((entry) => this.isDeferred(entry));
    const first = this.lanes.filter((entry) => !deferred.includes(entry));
    const results = await Promise.all(
      first.map(async (entry) => ({ entry, result: await entry.lane.drain(flush) })),
    );
    const again = results.filter(({ entry, result }) => isProbeOver(entry, result));
    const ready = deferred.filter(({ health }) => health.isTrusted || allDone(health, results));
    const late = [...again.map(({ entry }) => entry), ...ready];
    const lateResults = await Promise.all(late.map(({ lane }) => lane.drain(flush)));
    const last = results.filter((entry) => !again.includes(entry)).map(({ result }) => result);
    return (
      ready.length === deferred.length && [...last, ...lateResults].every((it) => it === 'done')
    );
  }

  /**
   * Metrics wait until another signal found the endpoint well: a window whose request is never
   * answered is lost. At the first flush this also spares a TLS handshake.
   */
  private isDeferred({ lane, health }: Lane): boolean {
    if (lane.signal !== 'metrics' || health.isTrusted) return false;
    return this.lanes.some((other) => other.lane !== lane && other.health === health);
  }

  private sendsNothing(entry: Lane): boolean {
    return entry.lane.isHeldBack || this.isDeferred(entry);
  }

  private createLane<S extends Signal>(
    signal: S,
    healths: Map<string, EndpointHealth>,
  ): { lane: SignalLane<S>; health: EndpointHealth }[] {
    const { configuration, diagnostics, clock, metricSource, random } = this.options;
    const settings = configuration.signals[signal];
    if (settings === undefined) return [];
    const origin = new URL(settings.url).origin;
    const health = healths.get(origin) ?? new EndpointHealth(clock);
    healths.set(origin, health);
    const lane = new SignalLane<S>({
      ...this.transports.create(signal, settings),
      signal,
      url: settings.url,
      timeoutMs: settings.timeoutMs,
      buffer: this.buffer,
      health,
      ledger: this.ledger,
      diagnostics,
      clock,
      random: random ?? Math.random,
      ...(signal === 'metrics' && metricSource !== undefined && { metricSource }),
    });
    return [{ lane, health }];
  }
}

interface DrainedLane {
  readonly entry: Lane;
  readonly result: LaneResult;
}

/** The lane was held while another one probed their endpoint, and the probe found it well. */
function isProbeOver({ lane, health }: Lane, result: LaneResult): boolean {
  return result === 'held' && health.isTrusted && !lane.isHeldBack;
}

function allDone(health: EndpointHealth, results: readonly DrainedLane[]): boolean {
  return results.every(({ entry, result }) => entry.health !== health || result === 'done');
}

function phaseOf({ final, whileRunning }: FlushOptions): Flush['phase'] {
  if (final === true) return 'final';
  return whileRunning === true ? 'while-running' : 'after-invocation';
}
