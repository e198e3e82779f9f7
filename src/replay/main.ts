// `npm run replay -- FILE…`: stored Telemetry API events → OTLP/JSON on stdout, one request a line (the
// Collector file exporter's format), to the configured endpoint (--send), or to a person (--show, --ui).
import { encodeLogRequest, encodeMetricsRequest, encodeTraceRequest } from './encode-request';
import { ItemEncoder } from '../delivery/codec/item-encoder';
import type { Signal } from '../relay/item';
import { toJson } from '../relay/to-json';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { typed } from '../../cli/command-line';
import { toCallerPath } from 'local-lambda/cli/caller-directory';
import { endWithReader } from 'local-lambda/cli/early-reader';
import { createEnvironment } from '../environment';
import type { Diagnostics } from '../diagnostics';
import { Secrets, withoutSecrets } from '../secrets';
import { learnSecrets, readExportConfiguration } from '../delivery/settings/configuration';
import { explain } from './explain';
import { inParts } from './parts';
import { readInput } from './read-input';
import type { ReplayItem } from './read-input';
import { replay } from './replay';
import type { ReplaySink } from './replay';
import { createSendingSink } from './send';
import { createShownRequests } from './shown-requests';

const HELP = `usage: ${typed('replay')} [--show | --ui PORT | --send | --explain] FILE…

Turns stored Lambda Telemetry API events into OpenTelemetry traces, metrics and logs.
No FILE, or -: standard input.
Input: a JSON array of events or of batches, NDJSON of either, captures of an extension
process, or CloudWatch log lines in JSON format. The end of the input counts as SHUTDOWN.
Output: OTLP/JSON on stdout, one request a line.

      --show       waterfalls, metrics and logs as the demo shows them, instead
      --ui PORT    the same on a page at http://127.0.0.1:PORT, until Ctrl-C (0: any free port)
      --explain    what LAMBDA_OTLP_KEEP, …_OTHERS, …_REDACT and …_DROP make of each request, by which
                   rule, and of the volume; stored events hold nothing of the function's SDK
      --send       export to OTEL_EXPORTER_OTLP_ENDPOINT instead, by OpenTelemetry's own exporters
  -h, --help       this text

Exit code: 0, 1 when something was lost or nothing was found, 2 when the arguments are wrong.
`;

const ITEMS_PER_REQUEST = 5000;

/** Prints each message once, since a dead endpoint fails in the same way many times. */
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

const encoder = new ItemEncoder(() =>
  say('error: an item cannot be encoded as OTLP; it is left out'),
);

/** Encodes as the extension does; `take` gets one request at a time. */
function createRequestSink(take: (signal: Signal, request: Uint8Array) => void): ReplaySink {
  return {
    spans(spans) {
      for (const part of inParts(spans, ITEMS_PER_REQUEST)) {
        take('traces', encodeTraceRequest(encoder, part));
      }
    },
    logRecords(records) {
      for (const part of inParts(records, ITEMS_PER_REQUEST)) {
        take('logs', encodeLogRequest(encoder, part));
      }
    },
    metrics: (window) => take('metrics', encodeMetricsRequest(encoder, window)),
  };
}

/** `finish` says whether everything arrived. */
function openSending(environment: ReturnType<typeof createEnvironment>): Target {
  const configuration = readExportConfiguration(environment);
  const secrets = new Secrets();
  learnSecrets(configuration, secrets);
  const sink = createSendingSink(configuration, withoutSecrets(stderr, secrets));
  const finish = async (): Promise<boolean> => {
    const totals = Object.entries(await sink.finish());
    for (const [signal, { sent, lost }] of totals) {
      process.stderr.write(`${signal}: ${sent} sent, ${lost} lost\n`);
    }
    return totals.every(([, { lost }]) => lost === 0);
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
    return readFileSync(file === '-' ? 0 : toCallerPath(file), 'utf8');
  } catch (error) {
    throw new Error(`${file}: expected a file of events, got ${(error as Error).message}`);
  }
}

interface ReplayArguments {
  readonly send: boolean;
  readonly show: boolean;
  readonly explain: boolean;
  readonly uiPort: number | undefined;
  readonly help: boolean;
  readonly files: readonly string[];
}

/** @throws with a message for the user when they are wrong. */
function readArguments(): ReplayArguments {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      send: { type: 'boolean', default: false },
      show: { type: 'boolean', default: false },
      explain: { type: 'boolean', default: false },
      ui: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const { send, show, explain: isExplained, ui, help } = values;
  if ([send, show, isExplained, ui !== undefined].filter(Boolean).length > 1) {
    throw new Error('expected one of --send, --show, --explain and --ui, got several');
  }
  if (ui !== undefined && !(/^\d{1,5}$/.test(ui) && Number(ui) <= 65_535)) {
    throw new Error(`--ui: expected a port from 0 to 65535, got '${ui}'`);
  }
  const files = positionals.length === 0 ? ['-'] : positionals;
  return {
    send,
    show,
    explain: isExplained,
    uiPort: ui === undefined ? undefined : Number(ui),
    help,
    files,
  };
}

interface Target {
  readonly sink: ReplaySink;
  /** True if everything was delivered. */
  finish(): Promise<boolean>;
}

async function openTarget(
  { send, show, uiPort }: ReplayArguments,
  environment: ReturnType<typeof createEnvironment>,
): Promise<Target> {
  if (send) return openSending(environment);
  if (!show && uiPort === undefined) {
    return { sink: createRequestSink(write), finish: () => Promise.resolve(true) };
  }
  const shown = await createShownRequests(uiPort);
  const finish = async (): Promise<boolean> => {
    await shown.show();
    return true;
  };
  return { sink: createRequestSink((signal, request) => shown.add(signal, request)), finish };
}

async function run(options: ReplayArguments): Promise<number> {
  if (options.explain) {
    const items = options.files.flatMap((file) => readItems(file));
    const toEnvironment = (variables: typeof process.env) => createEnvironment(variables, stderr);
    process.stdout.write(await explain(items, { variables: process.env, toEnvironment }));
    return 0;
  }
  const environment = createEnvironment(process.env, stderr);
  const target = await openTarget(options, environment);
  const items = options.files.flatMap((file) => readItems(file));
  const summary = await replay(items, { environment, sink: target.sink });
  if (summary.badRecords > 0) {
    const { badRecords } = summary;
    const elements =
      badRecords === 1 ? '1 element is not an event' : `${badRecords} elements are not events`;
    stderr.warn(`${elements}: left out`);
  }
  if (summary.events === 0) {
    stderr.error('expected Telemetry API events as JSON or NDJSON, found none');
    return 1;
  }
  return (await target.finish()) ? 0 : 1;
}

async function main(): Promise<number> {
  let options: ReplayArguments;
  try {
    options = readArguments();
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\nSee ${typed('replay')} --help\n`);
    return 2;
  }
  if (!options.help) return run(options);
  process.stdout.write(HELP);
  return 0;
}

endWithReader();

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    stderr.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  },
);
