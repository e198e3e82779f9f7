// The lanes of all signals: one flush drains them in parallel, so that one in trouble does not hold up the others.
import { isSettledWithin } from '../../node/alarms';
import type { EndpointHealth } from '../policy/endpoint-health';
import type { WayOut } from '../transport/transport-factory';
import type { Flush, LaneResult } from './flush';
import type { SignalLane } from './signal-lane';

export interface LaneEntry {
  readonly lane: SignalLane;
  readonly health: EndpointHealth;
  readonly wayOut: Pick<WayOut, 'prepare' | 'refresh'>;
}

/** An endpoint that takes longer to accept a connection is taken for one that never does. */
const MAX_CONNECT_MS = 1_000;
/** At SHUTDOWN what is kept of the time for the metrics that count what the other signals lost. */
const MAX_LAST_METRICS_MS = 300;
const LAST_METRICS_SHARE = 4;

export class Lanes {
  constructor(private readonly entries: readonly LaneEntry[]) {}

  get areHeldBack(): boolean {
    const held = this.entries.some(({ lane }) => lane.isHeldBack);
    return held && this.entries.every((entry) => entry.lane.isHeldBack || this.isDeferred(entry));
  }

  async warmUp(connect: boolean): Promise<void> {
    // Metrics take the connection of a signal that went before.
    const isFirst = (entry: LaneEntry): boolean => !this.isDeferred(entry);
    await Promise.all(this.entries.map((entry) => prepare(entry, connect && isFirst(entry))));
  }

  refresh(): void {
    for (const { wayOut, health } of this.entries) if (!health.breaker.isOpen) wayOut.refresh();
  }

  /** True when nothing failed and nothing is left. */
  async drain(flush: Flush): Promise<boolean> {
    const deferred = this.entries.filter((entry) => this.isDeferred(entry));
    const first = this.entries.filter((entry) => !deferred.includes(entry));
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
   * SHUTDOWN: metrics go last, because they count what became of the others; those are given up a little before
   * the end, so that what they lost is counted, too. Then nothing is left.
   */
  async drainFinally(flush: Flush): Promise<boolean> {
    const isMetrics = ({ lane }: LaneEntry): boolean => lane.signal === 'metrics';
    const others = this.entries.filter((entry) => !isMetrics(entry));
    const metrics = this.entries.filter(isMetrics);
    const keptMs =
      metrics.length === 0 ? 0 : Math.min(flush.leftMs() / LAST_METRICS_SHARE, MAX_LAST_METRICS_MS);
    const results: LaneResult[] = [];
    const draining = Promise.all(
      others.map(async ({ lane }) => void results.push(await lane.drain(flush))),
    );
    await isSettledWithin(draining, flush.leftMs() - keptMs);
    for (const { lane } of others) lane.giveUp();
    for (const { lane } of metrics) results.push(await lane.drain(flush));
    this.giveUp();
    return results.length === this.entries.length && results.every((result) => result === 'done');
  }

  giveUp(): void {
    for (const { lane } of this.entries) lane.giveUp();
  }

  /**
   * Metrics wait until another signal found the endpoint well: a window whose request is never
   * answered is lost. At the first flush this also spares a TLS handshake.
   */
  private isDeferred({ lane, health }: LaneEntry): boolean {
    if (lane.signal !== 'metrics' || health.isTrusted) return false;
    return this.entries.some((other) => other.lane !== lane && other.health === health);
  }
}

/** A connection that is opened later than it should be ends the suspicion. */
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

/** The lane was held while another one probed their endpoint, and the probe found it well. */
function isProbeOver({ lane, health }: LaneEntry, result: LaneResult): boolean {
  return result === 'held' && health.isTrusted && !lane.isHeldBack;
}

function allDone(health: EndpointHealth, results: readonly DrainedLane[]): boolean {
  return results.every(({ entry, result }) => entry.health !== health || result === 'done');
}
