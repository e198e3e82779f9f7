// The books of a run, from three sides: what the platform emitted, what the endpoint took, and what the
// extension says of itself in its metrics and in its last line.
import type { TelemetryEvent } from 'local-lambda/lambda/telemetry-event';
import type { ReceivedRequest } from 'local-lambda/otlp/arrivals';
import { toFlatLogRecords, toFlatMetrics, toFlatSpans } from 'local-lambda/otlp/flatten';
import type { Metric } from 'local-lambda/otlp/model';
import { nanosOf, recordOf, toNanos } from '../scenarios/platform-truth';
import { readTelemetry } from '../scenarios/arrived-telemetry';
import type { ArrivedTelemetry } from '../scenarios/arrived-telemetry';

export type Signal = ReceivedRequest['signal'];
export type Counts = Readonly<Record<Signal, number>>;

/** Spans and log records that the events of the platform make, as docs/telemetry.md says. */
export function countSent(events: readonly TelemetryEvent[]): Omit<Counts, 'metrics'> {
  let traces = countInitRuntimes(events);
  let logs = 0;
  for (const { type, record } of events) {
    const spans = typeof record === 'object' ? record['spans'] : undefined;
    if (type === 'platform.initStart' || type === 'platform.runtimeDone') traces += 1;
    if (Array.isArray(spans)) traces += spans.length;
    if (INFO_EVENTS.has(type)) logs += 1;
  }
  return { traces, logs };
}

const LEAST_SHARE_NANOS = 1_000_000n;

/** An init has a child `initRuntime` where the extensions' share of it is a millisecond or more. */
function countInitRuntimes(events: readonly TelemetryEvent[]): number {
  let startNanos = 0n;
  let doneNanos = 0n;
  let count = 0;
  for (const event of events) {
    if (event.type === 'platform.initStart') startNanos = nanosOf(event.time);
    if (event.type === 'platform.initRuntimeDone') doneNanos = nanosOf(event.time);
    if (event.type !== 'platform.initReport') continue;
    const { durationMs } = recordOf(event)['metrics'] as { readonly durationMs: number };
    if (startNanos + toNanos(durationMs) - doneNanos >= LEAST_SHARE_NANOS) count += 1;
  }
  return count;
}

/** Everything else of an undisturbed run is DEBUG, which is not exported by default. */
const INFO_EVENTS = new Set([
  'function',
  'platform.initStart',
  'platform.initReport',
  'platform.report',
]);

function itemsOf(request: ReceivedRequest): number {
  switch (request.signal) {
    case 'traces':
      return toFlatSpans([request.otlp]).length;
    case 'logs':
      return toFlatLogRecords([request.otlp]).length;
    case 'metrics':
      return toFlatMetrics([request.otlp]).reduce((sum, { metric }) => sum + pointsOf(metric), 0);
  }
}

function pointsOf({ gauge, sum, histogram, exponentialHistogram }: Metric): number {
  const data = gauge ?? sum ?? histogram ?? exponentialHistogram;
  return data?.dataPoints.length ?? 0;
}

const DELTA = 1;

/**
 * Points of requests that were not taken and are not sent again: all that were refused, and the deltas of requests of
 * which nobody knows what became; of other metrics a later point says the same.
 */
export function countLostPoints(requests: readonly ReceivedRequest[]): number {
  return requests
    .flatMap((request) =>
      request.signal === 'metrics'
        ? toFlatMetrics([request.otlp]).filter(
            ({ metric }) => typeof request.outcome === 'number' || isDelta(metric),
          )
        : [],
    )
    .reduce((points, { metric }) => points + pointsOf(metric), 0);
}

function isDelta({ sum, histogram, exponentialHistogram }: Metric): boolean {
  return (sum ?? histogram ?? exponentialHistogram)?.aggregationTemporality === DELTA;
}

/** Items of all requests for which `holds`, by signal. */
export function countItems(
  requests: readonly ReceivedRequest[],
  holds: (request: ReceivedRequest) => boolean,
): Counts {
  const counts = { traces: 0, metrics: 0, logs: 0 };
  for (const request of requests) if (holds(request)) counts[request.signal] += itemsOf(request);
  return counts;
}

export const isTaken = ({ outcome }: ReceivedRequest): boolean => outcome === 200;

/** Without those that came again byte for byte: at SHUTDOWN a request that is slow to be answered is sent anew. */
export function withoutRepeats(requests: readonly ReceivedRequest[]): readonly ReceivedRequest[] {
  const seen = new Set<string>();
  return requests.filter((request) => {
    if (request.signal === 'metrics' || !isTaken(request)) return true;
    const key = `${request.signal} ${request.body.toString('base64')}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** Metric requests that were read but never taken, not even when they were sent again. */
export function lostWindows(requests: readonly ReceivedRequest[]): readonly ReceivedRequest[] {
  // A window that is too large, whatever the server says to it, comes again in parts.
  const windows = requests.filter(
    ({ signal, outcome }) => signal === 'metrics' && outcome !== 413 && outcome !== 502,
  );
  const taken = new Set(windows.filter(isTaken).map(({ body }) => body.toString('base64')));
  const lost = new Map<string, ReceivedRequest>();
  for (const request of windows) {
    const key = request.body.toString('base64');
    if (!taken.has(key)) lost.set(key, request);
  }
  return [...lost.values()];
}

/** The requests' telemetry, as if every one of them had been taken. */
export function readAll(requests: readonly ReceivedRequest[]): ArrivedTelemetry {
  return readTelemetry(requests.map((request) => ({ ...request, outcome: 200 })));
}

const COMPONENTS = { traces: 'span', metrics: 'metric_data_point', logs: 'log' } as const;

/** What arrived of the extension's own count of dropped items: those with an `error.type`. */
export function countedDrops({ series }: ArrivedTelemetry): Counts {
  const of = (signal: Signal): number =>
    series
      .filter(({ name }) => name === `otel.sdk.exporter.${COMPONENTS[signal]}.exported`)
      .filter(({ attributes }) => 'error.type' in attributes)
      .reduce((sum, one) => sum + one.sum, 0);
  return { traces: of('traces'), metrics: of('metrics'), logs: of('logs') };
}

/** What arrived of the count of requests that failed. */
export function countedFailures({ series }: ArrivedTelemetry): number {
  return series
    .filter(({ name }) => name === 'otel.sdk.exporter.operation.duration')
    .filter(({ attributes }) => 'error.type' in attributes)
    .reduce((sum, { count = 0 }) => sum + count, 0);
}

export interface Totals {
  readonly exported: Counts;
  readonly dropped: Counts;
}

/** The totals of the extension's stop line (LAMBDA_OTLP_LOG_LEVEL=info). */
export function readStopLine(output: string): Totals {
  const fields = findStopLine(output);
  const of = (kind: 'Exported' | 'Dropped'): Counts => ({
    traces: fields[`spans${kind}`] ?? Number.NaN,
    metrics: fields[`dataPoints${kind}`] ?? Number.NaN,
    logs: fields[`logRecords${kind}`] ?? Number.NaN,
  });
  return { exported: of('Exported'), dropped: of('Dropped') };
}

/** What the stop line says of bodies that were not read. */
export function readUnread(output: string): { readonly records: number; readonly bytes: number } {
  const { unreadRecords: records = 0, unreadBytes: bytes = 0 } = findStopLine(output);
  return { records, bytes };
}

function findStopLine(output: string): Readonly<Record<string, number>> {
  const line = output.split('\n').find((text) => text.includes('"message":"stopped:'));
  if (line === undefined) throw new Error(`expected a stop line, the extension printed: ${output}`);
  return JSON.parse(line) as Readonly<Record<string, number>>;
}
