// `npm run replay -- FILE…`: stored Telemetry API events → OTLP/JSON on stdout, one request a line (the
// Collector file exporter's format), or to the configured endpoint with --send.
import {
  encodeLogRequest,
  encodeMetricsRequest,
  encodeTraceRequest,
} from '../delivery/codec/encode-request';
import { ItemEncoder } from '../delivery/codec/item-encoder';
import type { Signal } from '../relay/item';
import { toJson } from '../relay/to-json';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createEnvironment } from '../environment';
import type { Diagnostics } from '../diagnostics';
import { readExportConfiguration } from '../delivery/settings/configuration';
import { createDelivery } from '../delivery/create-delivery';
import type { MetricSource } from '../delivery/delivery';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { readInput } from './read-input';
import type { ReplayItem } from './read-input';
import { replay } from './replay';
import type { ReplaySink } from './replay';

const HELP = `Usage: npm run replay -- [--send] FILE…      (no FILE, or -: standard input)

Turns stored Lambda Telemetry API events into OpenTelemetry traces, metrics and logs.
Input: a JSON array of events or of batches, NDJSON of either, captures of an extension
process, or CloudWatch log lines in JSON format. The end of the input counts as SHUTDOWN.
Output: OTLP/JSON on stdout, one request a line.

  --send   export to OTEL_EXPORTER_OTLP_ENDPOINT instead (all OTEL_* variables apply)
  --help   this text
`;

const SEND_TIMEOUT_MS = 10_000;
const RECORDS_PER_REQUEST = 5000;

/** Each message once: a dead endpoint fails the same way many times. */
const said = new Set<string>();
function say(line: string): void {
  if (said.has(line)) return;
  said.add(line);
  process.stderr.write(`${line}\n`);
}

const stderr: Diagnostics = {
  error: (message) => say(`error: ${message}`),
  warn: (message) => say(`warning: ${message}`),
  info: () => undefined,
  debug: () => undefined,
};

function write(signal: Signal, request: Uint8Array): void {
  process.stdout.write(`${toJson(signal, request)}\n`);
}

function* chunks<T>(items: readonly T[]): Generator<T[]> {
  for (let start = 0; start < items.length; start += RECORDS_PER_REQUEST) {
    yield items.slice(start, start + RECORDS_PER_REQUEST);
  }
}

const encoder = new ItemEncoder(() =>
  say('error: an item cannot be encoded as OTLP; it is left out'),
);

const stdoutSink: ReplaySink = {
  spans(spans) {
    for (const chunk of chunks(spans)) write('traces', encodeTraceRequest(encoder, chunk));
  },
  logRecords(records) {
    for (const chunk of chunks(records)) write('logs', encodeLogRequest(encoder, chunk));
  },
  metrics: (window) => write('metrics', encodeMetricsRequest(encoder, window)),
};

/** Sends through the extension's own delivery; `finish` says whether everything arrived. */
function createSendingSink(environment: ReturnType<typeof createEnvironment>) {
  const windows: ResourceMetrics[] = [];
  const metricSource: MetricSource = { collect: () => Promise.resolve(windows.shift()) };
  const delivery = createDelivery({
    configuration: readExportConfiguration(environment),
    observer: {
      exported: () => undefined,
      dropped: () => undefined,
      requestEnded: () => undefined,
    },
    diagnostics: stderr,
    clock: { now: Date.now },
    metricSource,
  });
  const deadline = () => Date.now() + SEND_TIMEOUT_MS;
  const flushIfFull = async () => {
    if (delivery.bufferedBytes > delivery.capacityBytes / 2) {
      await delivery.flush({ deadlineMs: deadline() });
    }
  };
  const sink: ReplaySink = {
    async spans(spans) {
      for (const chunk of chunks(spans)) {
        delivery.addSpans(chunk);
        await flushIfFull();
      }
    },
    async logRecords(records) {
      for (const chunk of chunks(records)) {
        delivery.addLogRecords(chunk);
        await flushIfFull();
      }
    },
    async metrics(window) {
      windows.push(window);
      await delivery.flush({ deadlineMs: deadline() });
    },
  };
  const finish = async (): Promise<boolean> => {
    await delivery.flush({ deadlineMs: deadline(), final: true });
    const totals = Object.entries(delivery.totals());
    delivery.close();
    for (const [signal, { exported, dropped }] of totals) {
      process.stderr.write(`${signal}: ${exported} sent, ${dropped} lost\n`);
    }
    return totals.every(([, { dropped }]) => dropped === 0);
  };
  return { sink, finish };
}

function readItems(file: string): ReplayItem[] {
  const items = readInput(readText(file));
  const unreadable = items.find((item) => item.kind === 'unreadable');
  if (unreadable !== undefined) {
    const start = unreadable.text.slice(0, 60);
    stderr.warn(`${file}: expected JSON, got text that begins with '${start}'; it is left out`);
  }
  return items;
}

function readText(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new Error(`${file}: expected a file of events, got ${(error as Error).message}`);
  }
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { send: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  if (values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  const environment = createEnvironment(process.env, stderr);
  const sending = values.send === true ? createSendingSink(environment) : undefined;
  const files = positionals.length === 0 ? ['-'] : positionals;
  const summary = await replay(
    files.flatMap((file) => readItems(file)),
    { environment, sink: sending?.sink ?? stdoutSink },
  );
  if (summary.badRecords > 0) {
    stderr.warn(`${summary.badRecords} elements are no events and were left out`);
  }
  if (summary.events === 0) {
    stderr.error('expected Telemetry API events as JSON or NDJSON, found none');
    return 1;
  }
  return sending === undefined || (await sending.finish()) ? 0 : 1;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    stderr.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  },
);
