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
import type { Delivery, DeliveryObserver, FlushOptions, MetricSource, Signal } from './delivery';
import { countItems, ItemBuffer } from './queue/item-buffer';
import { EndpointHealth } from './policy/endpoint-health';
import { Ledger } from './queue/ledger';
import { createFlush } from './policy/gate';
import type { Flush } from './policy/gate';
import { SignalLane } from './queue/signal-lane';
import type { TransportFactory, WayOut } from './transport/transport-factory';
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
  learnSecrets(options.configuration, options.secrets);
  const ledger = new Ledger(options.observer);
  const buffer = new ItemBuffer(
    { capacityBytes: options.configuration.bufferBytes, maxItems: MAX_BUFFERED_ITEMS },
    (signal, items, reason) => {
      ledger.dropped(signal, countItems(signal, items), reason);
      if (signal !== 'metrics') return;
      for (const metric of items as readonly RawMetric[]) options.metricSource?.lost?.(metric);
    },
  );
  return new OtlpDelivery(options, { ledger, buffer });
}

class OtlpDelivery implements Delivery {
  readonly capacityBytes: number;
  private readonly options: DeliveryOptions;
  private readonly ledger: Ledger;
  private readonly buffer: ItemBuffer;
  /** One for each signal, since an item shares most of its text with the previous one of its kind. */
  private readonly encoders: Readonly<Record<Signal, ItemEncoder>>;
  private readonly transports: TransportFactory;
  private readonly lanes: readonly LaneEntry[];
  private flushes = 0;
  private isClosed = false;

  constructor(options: DeliveryOptions, parts: { ledger: Ledger; buffer: ItemBuffer }) {
    this.options = options;
    this.ledger = parts.ledger;
    this.buffer = parts.buffer;
    this.encoders = {
      traces: this.createEncoder('traces'),
      metrics: this.createEncoder('metrics'),
      logs: this.createEncoder('logs'),
    };
    this.capacityBytes = options.configuration.bufferBytes;
    this.transports = options.transports ?? createTransportFactory(options);
    const healths = new Map<string, EndpointHealth>();
    this.lanes = [
      ...this.createLane('traces', healths),
      ...this.createLane('logs', healths),
      ...this.createLane('metrics', healths),
    ];
  }

  addSpans(spans: readonly ReadableSpan[]): void {
    if (!this.isExported('traces')) return;
    this.ledger.queued('traces', spans.length);
    this.hold('traces', this.encoders.traces.encodeSpans(spans));
  }

  addLogRecords(records: readonly ReadableLogRecord[]): void {
    if (!this.isExported('logs')) return;
    this.ledger.queued('logs', records.length);
    this.hold('logs', this.encoders.logs.encodeLogRecords(records));
  }

  addItems<S extends Signal>(signal: S, items: readonly RawItems[S][]): readonly RawItem[] {
    if (!this.isExported(signal)) return [];
    this.ledger.queued(signal, items.length);
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
    const isHeld = this.lanes.some(({ lane }) => lane.isHeldBack);
    return isHeld && this.lanes.every((e) => e.lane.isHeldBack || isDeferred(e, this.lanes));
  }

  async warmUp({ connect }: { readonly connect: boolean }): Promise<void> {
    // One connection for each signal, since from the second flush on the signals are sent in parallel.
    await Promise.all(this.lanes.map((entry) => prepare(entry, connect)));
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

  private collectMetrics(source: MetricSource): void {
    const window = source.collect();
    if (window !== undefined) this.hold('metrics', this.encoders.metrics.encodeMetrics(window));
  }

  private createEncoder(signal: Signal): ItemEncoder {
    const { diagnostics } = this.options;
    return new ItemEncoder((items) => {
      this.ledger.dropped(signal, items, 'rejected');
      diagnostics.warn(
        `${signal}: expected an item that can be encoded as OTLP, got one that cannot; dropped`,
      );
    });
  }

  isExported(signal: Signal): boolean {
    return this.options.configuration.signals[signal] !== undefined;
  }

  private createLane(signal: Signal, healths: Map<string, EndpointHealth>): LaneEntry[] {
    const { configuration, diagnostics, clock, metricSource, random } = this.options;
    const settings = configuration.signals[signal];
    if (settings === undefined) return [];
    const origin = new URL(settings.url).origin;
    const known = healths.get(origin);
    const health = known ?? new EndpointHealth(clock);
    health.isShared = known !== undefined;
    healths.set(origin, health);
    const wayOut = this.transports.create(signal, settings);
    const lane = new SignalLane({
      transport: wayOut.transport,
      loadEncoding: wayOut.loadEncoding,
      dropIdleConnections: () => wayOut.refresh(0),
      signal,
      url: settings.url,
      timeoutMs: settings.timeoutMs,
      buffer: this.buffer,
      health,
      ledger: this.ledger,
      diagnostics,
      clock,
      random: random ?? Math.random,
      ...(signal === 'metrics' &&
        metricSource !== undefined && { collect: () => this.collectMetrics(metricSource) }),
    });
    return [{ lane, health, wayOut }];
  }
}

// One flush drains the lanes of all signals in parallel, so that a lane in trouble does not hold up the others.

interface LaneEntry {
  readonly lane: SignalLane;
  readonly health: EndpointHealth;
  readonly wayOut: Pick<WayOut, 'prepare' | 'refresh'>;
}

/** An endpoint that takes longer to accept a connection is treated as unreachable. */
const MAX_CONNECT_MS = 1_000;
/** The part of SHUTDOWN's time that is kept for the metrics that count what the other signals lost. */
const MAX_LAST_METRICS_MS = 300;
const LAST_METRICS_SHARE = 4;

/** True if nothing failed and nothing is left. */
async function drain(entries: readonly LaneEntry[], flush: Flush): Promise<boolean> {
  const deferred = entries.filter((entry) => isDeferred(entry, entries));
  const first = entries.filter((entry) => !deferred.includes(entry));
  const results = await Promise.all(
    first.map(async (entry) => ({ entry, result: await entry.lane.drain(flush) })),
  );
  const again = results.filter(({ entry, result }) => isProbeOver(entry, result));
  const ready = deferred.filter(({ health }) => health.isTrusted || allDone(health, results));
  const late = [...again.map(({ entry }) => entry), ...ready];
  const lateResults = await Promise.all(late.map(({ lane }) => lane.drain(flush)));
  const last = results.filter((entry) => !again.includes(entry)).map(({ result }) => result);
  return ready.length === deferred.length && [...last, ...lateResults].every((it) => it === 'done');
}

/**
 * SHUTDOWN: metrics go last because they count what became of the other signals, which are given up a little before the
 * end so that their losses are counted, too.
 */
async function drainFinally(entries: readonly LaneEntry[], flush: Flush): Promise<boolean> {
  const isMetrics = ({ lane }: LaneEntry): boolean => lane.signal === 'metrics';
  const others = entries.filter((entry) => !isMetrics(entry));
  const metrics = entries.filter(isMetrics);
  const keptMs =
    metrics.length === 0 ? 0 : Math.min(flush.leftMs() / LAST_METRICS_SHARE, MAX_LAST_METRICS_MS);
  const results: LaneResult[] = [];
  const draining = Promise.all(
    others.map(async ({ lane }) => void results.push(await lane.drain(flush))),
  );
  await isSettledWithin(draining, flush.leftMs() - keptMs);
  for (const { lane } of others) lane.giveUp();
  for (const { lane } of metrics) {
    results.push(await lane.drain(flush));
    lane.collectRest(flush);
  }
  return results.length === entries.length && results.every((result) => result === 'done');
}

/**
 * Metrics wait until another signal has found the endpoint working, because a window is lost if its request is never
 * answered. At the first flush this also saves a TLS handshake.
 */
function isDeferred({ lane, health }: LaneEntry, entries: readonly LaneEntry[]): boolean {
  if (lane.signal !== 'metrics' || health.isTrusted) return false;
  return entries.some((other) => other.lane !== lane && other.health === health);
}

/** A connection that opens after the time limit ends the suspicion. */
async function prepare({ wayOut, health }: LaneEntry, connect: boolean): Promise<void> {
  const prepared = wayOut.prepare(connect).then(
    () => connect && health.connected(),
    () => connect && health.suspect(),
  );
  if (!(await isSettledWithin(prepared, MAX_CONNECT_MS)) && connect) health.suspect();
}

interface DrainedLane {
  readonly entry: LaneEntry;
  readonly result: LaneResult;
}

/** The lane was held back while another one probed their endpoint, and the probe has succeeded. */
function isProbeOver({ lane, health }: LaneEntry, result: LaneResult): boolean {
  return result === 'held' && health.isTrusted && !lane.isHeldBack;
}

function allDone(health: EndpointHealth, results: readonly DrainedLane[]): boolean {
  return results.every(({ entry, result }) => entry.health !== health || result === 'done');
}
