// Puts the delivery port together: one buffer, one lane for each exported signal, one health for each endpoint. A flush
// drains the lanes in parallel, so that a lane in trouble does not hold up the others.
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { Diagnostics } from '../diagnostics';
import type { RawItem, RawItems, RawMetric } from '../relay/item';
import { ItemEncoder } from './codec/item-encoder';
import { learnSecrets } from './settings/configuration';
import type { ExportConfiguration } from './settings/configuration';
import type { Secrets } from '../secrets';
import type {
  Delivery,
  DeliveryObserver,
  DropReason,
  FlushOptions,
  MetricSource,
  Signal,
} from './delivery';
import { countItems, ItemBuffer } from './queue/item-buffer';
import { EndpointHealth } from './policy/endpoint-health';
import { createFlush } from './policy/gate';
import type { Flush } from './policy/gate';
import { SignalLane } from './queue/signal-lane';
import type { TransportFactory } from './transport/transport-factory';
import { createTransportFactory } from './transport/transport-factory';
import { isSettledWithin } from '../node/clock';
import type { WallClock } from '../node/clock';
import type { LaneResult } from './queue/signal-lane';

export interface DeliveryOptions {
  readonly configuration: ExportConfiguration;
  readonly metricSource?: MetricSource;
  readonly observer: DeliveryObserver;
  /** Must hide what `secrets` knows (see `withoutSecrets`). */
  readonly diagnostics: Diagnostics;
  /** Is told the credentials of the configuration, and those that are read later. */
  readonly secrets: Secrets;
  readonly clock: WallClock;
  /** Returns a number from 0 to 1, for the jitter of retries. */
  readonly random?: () => number;
  /** Creates the transports; by default they send over HTTP. */
  readonly transports?: TransportFactory;
}

const MAX_BUFFERED_ITEMS = 65_536;

/** Begins to fetch secrets at once; endpoints are first contacted by a flush. */
export function createDelivery(options: DeliveryOptions): Delivery {
  return new OtlpDelivery(options);
}

class OtlpDelivery implements Delivery {
  readonly capacityBytes: number;
  private readonly buffer: ItemBuffer;
  /** One for each signal, since an item shares most of its text with the previous one of its kind. */
  private readonly encoders: Readonly<Record<Signal, ItemEncoder>>;
  private readonly transports: TransportFactory;
  private readonly lanes: readonly SignalLane[];
  private flushes = 0;
  private isClosed = false;

  constructor(private readonly options: DeliveryOptions) {
    learnSecrets(options.configuration, options.secrets);
    this.capacityBytes = options.configuration.bufferBytes;
    const bounds = { capacityBytes: this.capacityBytes, maxItems: MAX_BUFFERED_ITEMS };
    this.buffer = new ItemBuffer(bounds, (...dropped) => this.dropped(...dropped));
    this.encoders = {
      traces: this.createEncoder('traces'),
      metrics: this.createEncoder('metrics'),
      logs: this.createEncoder('logs'),
    };
    this.transports = options.transports ?? createTransportFactory(options);
    const healths = new Map<string, EndpointHealth>();
    this.lanes = [
      ...this.createLane('traces', healths),
      ...this.createLane('logs', healths),
      ...this.createLane('metrics', healths),
    ];
  }

  private dropped(signal: Signal, items: readonly RawItem[], reason: DropReason): void {
    const { observer, metricSource } = this.options;
    const count = countItems(signal, items);
    if (count > 0) observer.dropped(signal, count, reason);
    if (signal !== 'metrics') return;
    for (const metric of items as readonly RawMetric[]) metricSource?.lost?.(metric);
  }

  addSpans(spans: readonly ReadableSpan[]): void {
    if (!this.isExported('traces')) return;
    this.options.observer.queued('traces', spans.length);
    this.hold('traces', this.encoders.traces.encodeSpans(spans));
  }

  addLogRecords(records: readonly ReadableLogRecord[]): void {
    if (!this.isExported('logs')) return;
    this.options.observer.queued('logs', records.length);
    this.hold('logs', this.encoders.logs.encodeLogRecords(records));
  }

  addItems<S extends Signal>(signal: S, items: readonly RawItems[S][]): readonly RawItem[] {
    if (!this.isExported(signal)) return [];
    this.options.observer.queued(signal, items.length);
    return this.hold(signal, items);
  }

  private hold<S extends Signal>(signal: S, items: readonly RawItems[S][]): readonly RawItem[] {
    const evicted = this.buffer.add(signal, items);
    if (this.isClosed) this.buffer.drop(signal, 'shutdown');
    return evicted;
  }

  hasRoom(bytes: number, count: number): boolean {
    return this.buffer.hasRoom(bytes, count);
  }

  get bufferedBytes(): number {
    return this.buffer.bytes;
  }

  get suspended(): boolean {
    const isHeld = this.lanes.some((lane) => lane.isHeldBack);
    return isHeld && this.lanes.every((lane) => lane.isHeldBack || isDeferred(lane, this.lanes));
  }

  async warmUp({ connect }: { readonly connect: boolean }): Promise<void> {
    // One connection for each signal, since from the second flush on the signals are sent in parallel.
    await Promise.all(this.lanes.map((lane) => prepare(lane, connect)));
  }

  refresh(): void {
    for (const { wayOut, health } of this.lanes) if (!health.breaker.isOpen) wayOut.refresh();
  }

  async flush(options: FlushOptions): Promise<boolean> {
    this.flushes += 1;
    const flush = createFlush(options, this.flushes, this.options.clock);
    const isFinal = flush.phase === 'final';
    let isDelivered = false;
    try {
      isDelivered = await (isFinal ? drainFinally(this.lanes, flush) : drain(this.lanes, flush));
    } catch (error) {
      this.options.diagnostics.error(
        `unexpected error in a flush: ${String(error)}; its items stay buffered`,
      );
    }
    if (isFinal) this.giveUp();
    return isDelivered;
  }

  close(): void {
    this.giveUp();
    this.transports.close();
  }

  private giveUp(): void {
    this.isClosed = true;
    for (const lane of this.lanes) lane.giveUp();
  }

  private collectMetrics(source: MetricSource): void {
    const window = source.collect();
    if (window !== undefined) this.hold('metrics', this.encoders.metrics.encodeMetrics(window));
  }

  private createEncoder(signal: Signal): ItemEncoder {
    const { diagnostics, observer } = this.options;
    return new ItemEncoder((items) => {
      observer.dropped(signal, items, 'rejected');
      diagnostics.warn(
        `${signal}: expected an item that can be encoded as OTLP, got one that cannot; dropped`,
      );
    });
  }

  isExported(signal: Signal): boolean {
    return this.options.configuration.signals[signal] !== undefined;
  }

  private createLane(signal: Signal, healths: Map<string, EndpointHealth>): SignalLane[] {
    const { configuration, observer, diagnostics, clock, metricSource, random } = this.options;
    const settings = configuration.signals[signal];
    if (settings === undefined) return [];
    const origin = new URL(settings.url).origin;
    const known = healths.get(origin);
    const health = known ?? new EndpointHealth(clock);
    health.isShared = known !== undefined;
    healths.set(origin, health);
    const lane = new SignalLane({
      wayOut: this.transports.create(signal, settings),
      signal,
      url: settings.url,
      timeoutMs: settings.timeoutMs,
      buffer: this.buffer,
      health,
      observer,
      diagnostics,
      clock,
      random: random ?? Math.random,
      ...(signal === 'metrics' &&
        metricSource !== undefined && { collect: () => this.collectMetrics(metricSource) }),
    });
    return [lane];
  }
}

/** An endpoint that takes longer to accept a connection is treated as unreachable. */
const MAX_CONNECT_MS = 1_000;
/** The part of SHUTDOWN's time that is kept for the metrics that count what the other signals lost. */
const MAX_LAST_METRICS_MS = 300;
const LAST_METRICS_SHARE = 4;

/** True if nothing failed and nothing is left. */
async function drain(lanes: readonly SignalLane[], flush: Flush): Promise<boolean> {
  const deferred = lanes.filter((lane) => isDeferred(lane, lanes));
  const first = lanes.filter((lane) => !deferred.includes(lane));
  const drained = await Promise.all(
    first.map(async (lane) => ({ lane, result: await lane.drain(flush) })),
  );
  const again = drained.filter(isProbeOver);
  const ready = deferred.filter(({ health }) => health.isTrusted || allDone(health, drained));
  const late = [...again.map(({ lane }) => lane), ...ready];
  const lateResults = await Promise.all(late.map((lane) => lane.drain(flush)));
  const last = drained.filter((entry) => !again.includes(entry)).map(({ result }) => result);
  return ready.length === deferred.length && [...last, ...lateResults].every((it) => it === 'done');
}

/**
 * SHUTDOWN: metrics go last because they count what became of the other signals, which are given up a little before the
 * end so that their losses are counted, too.
 */
async function drainFinally(lanes: readonly SignalLane[], flush: Flush): Promise<boolean> {
  const others = lanes.filter(({ signal }) => signal !== 'metrics');
  const metrics = lanes.filter(({ signal }) => signal === 'metrics');
  const keptMs =
    metrics.length === 0 ? 0 : Math.min(flush.leftMs() / LAST_METRICS_SHARE, MAX_LAST_METRICS_MS);
  const results: LaneResult[] = [];
  const draining = Promise.all(
    others.map(async (lane) => void results.push(await lane.drain(flush))),
  );
  await isSettledWithin(draining, flush.leftMs() - keptMs);
  for (const lane of others) lane.giveUp();
  for (const lane of metrics) {
    results.push(await lane.drain(flush));
    lane.collectRest(flush);
  }
  return results.length === lanes.length && results.every((result) => result === 'done');
}

/**
 * Metrics wait until another signal has found the endpoint working, because a window is lost if its request is never
 * answered. At the first flush this also saves a TLS handshake.
 */
function isDeferred(lane: SignalLane, lanes: readonly SignalLane[]): boolean {
  if (lane.signal !== 'metrics' || lane.health.isTrusted) return false;
  return lanes.some((other) => other !== lane && other.health === lane.health);
}

/** A connection that opens after the time limit ends the suspicion. */
async function prepare({ wayOut, health }: SignalLane, connect: boolean): Promise<void> {
  const prepared = wayOut.prepare(connect).then(
    () => connect && health.connected(),
    () => connect && health.suspect(),
  );
  if (!(await isSettledWithin(prepared, MAX_CONNECT_MS)) && connect) health.suspect();
}

interface DrainedLane {
  readonly lane: SignalLane;
  readonly result: LaneResult;
}

/** The lane was held back while another one probed their endpoint, and the probe has succeeded. */
function isProbeOver({ lane, result }: DrainedLane): boolean {
  return result === 'held' && lane.health.isTrusted && !lane.isHeldBack;
}

function allDone(health: EndpointHealth, drained: readonly DrainedLane[]): boolean {
  return drained.every(({ lane, result }) => lane.health !== health || result === 'done');
}
