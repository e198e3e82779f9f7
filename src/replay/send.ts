// `--send`: sends to the configured endpoint with OpenTelemetry's own exporters, so that they and the extension's
// delivery check each other. They send OTLP in protobuf and retry for as long as a request may take.
import { ExportResultCode } from '@opentelemetry/core';
import type { ExportResult } from '@opentelemetry/core';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base';
import { hasSecretReference } from '../delivery/auth/headers';
import type { ExportConfiguration, SignalConfiguration } from '../delivery/settings/configuration';
import { describeUrl } from '../delivery/settings/endpoint';
import type { Diagnostics } from '../diagnostics';
import type { Signal } from '../relay/item';
import { countPoints, inParts } from './parts';
import type { ReplaySink } from './replay';

export interface SendingSink extends ReplaySink {
  /** What became of all items; to be called after the last one. */
  finish(): Promise<Readonly<Record<Signal, SentTotals>>>;
}

export interface SentTotals {
  readonly sent: number;
  readonly lost: number;
}

type Send<T> = (items: T, done: (result: ExportResult) => void) => void;

/** Spans or log records of one request. */
const ITEMS_PER_REQUEST = 1_000;

/** Signals that are not exported are not counted as lost. Items that an endpoint refuses are reported and counted. */
export function createSendingSink(
  { signals }: Pick<ExportConfiguration, 'signals'>,
  diagnostics: Diagnostics,
): SendingSink {
  const totals = { traces: new Count(), metrics: new Count(), logs: new Count() };
  const traces = signals.traces && new OTLPTraceExporter(toSettings('traces', signals.traces));
  const metrics = signals.metrics && new OTLPMetricExporter(toSettings('metrics', signals.metrics));
  const logs = signals.logs && new OTLPLogExporter(toSettings('logs', signals.logs));

  const send = async <T>(signal: Signal, items: T, { count, by }: Sending<T>): Promise<void> => {
    const result = await new Promise<ExportResult>((resolve) => by(items, resolve));
    if (result.code === ExportResultCode.SUCCESS) {
      totals[signal].sent += count;
      return;
    }
    totals[signal].lost += count;
    const url = describeUrl(signals[signal]?.url ?? '');
    const why = result.error?.message ?? 'no reason given';
    diagnostics.error(`${signal} export to ${url} failed: ${why}; its items are lost`);
  };
  const sendAll = async <T>(signal: Signal, items: readonly T[], by?: Send<T[]>): Promise<void> => {
    if (by === undefined) return;
    for (const part of inParts(items, ITEMS_PER_REQUEST)) {
      await send(signal, part, { count: part.length, by });
    }
  };
  return {
    spans: (spans) => sendAll('traces', spans, traces?.export.bind(traces)),
    logRecords: (records) => sendAll('logs', records, logs?.export.bind(logs)),
    async metrics(window) {
      if (metrics === undefined) return;
      const count = countPoints(window);
      await send('metrics', window, { count, by: metrics.export.bind(metrics) });
    },
    async finish() {
      for (const exporter of [traces, metrics, logs]) await exporter?.shutdown();
      return totals;
    },
  };
}

interface Sending<T> {
  /** Spans, log records or data points. */
  readonly count: number;
  readonly by: Send<T>;
}

class Count implements SentTotals {
  sent = 0;
  lost = 0;
}

/** @throws with a message for the user if only the extension can send. */
function toSettings(
  signal: Signal,
  { url, headers, timeoutMs, compression, ...rest }: SignalConfiguration,
) {
  const isSecret = Object.values(headers).some(hasSecretReference);
  if (rest.exporter === 'console') throw new Error(toProblem(signal, 'exporter is console'));
  if (rest.signing !== undefined)
    throw new Error(toProblem(signal, 'endpoint wants signed requests'));
  if (isSecret) throw new Error(toProblem(signal, 'headers refer to a secret'));
  return {
    url,
    headers: { ...headers },
    timeoutMillis: timeoutMs,
    compression: compression === 'gzip' ? CompressionAlgorithm.GZIP : CompressionAlgorithm.NONE,
  };
}

function toProblem(signal: Signal, what: string): string {
  return `--send: expected an endpoint for ${signal} that OpenTelemetry's exporters can send to, but its ${what}; send to a Collector that does that`;
}
