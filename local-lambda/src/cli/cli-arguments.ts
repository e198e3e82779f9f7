// The command line's arguments. Nothing here reads files or throws; an argument that cannot be used gives a message.
import { parseArgs } from 'node:util';
import { SAMPLE_EVENT_NAMES, toSampleEventName } from '../events/sample-events';
import type { SampleEventName } from '../events/sample-events';
import type { InitializationType } from '../lambda/local-lambda-options';

/** Where the event of every invocation comes from. */
export type EventSource =
  | { readonly kind: 'file'; readonly file: string }
  | { readonly kind: 'sample'; readonly name: SampleEventName }
  | { readonly kind: 'payload'; readonly json: string };

export interface LocalArguments {
  readonly handler: string | undefined;
  readonly bootstrap: readonly string[] | undefined;
  readonly layer: string | undefined;
  readonly inspect: boolean;
  readonly event: EventSource;
  readonly invocations: number;
  readonly httpPort: number | undefined;
  readonly functionName: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly environmentFile: string | undefined;
  readonly timeoutMs: number;
  readonly memorySizeMb: number;
  readonly jsonLogs: boolean;
  readonly xRay: boolean;
  readonly traceHeader: string | undefined;
  readonly initializationType: InitializationType;
  readonly concurrency: number;
  readonly uiPort: number | undefined;
  readonly printEvents: boolean;
  readonly recordFile: string | undefined;
}

export type ParsedArguments =
  | { readonly kind: 'run'; readonly arguments: LocalArguments }
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | { readonly kind: 'wrong'; readonly message: string };

const INITIALIZATION_TYPES: readonly InitializationType[] = [
  'on-demand',
  'provisioned-concurrency',
  'snap-start',
  'lambda-managed-instances',
];

const OPTIONS = {
  handler: { type: 'string' },
  bootstrap: { type: 'string' },
  layer: { type: 'string' },
  inspect: { type: 'boolean', default: false },
  event: { type: 'string' },
  sample: { type: 'string' },
  payload: { type: 'string' },
  invocations: { type: 'string' },
  http: { type: 'string' },
  name: { type: 'string', default: 'local-function' },
  env: { type: 'string', multiple: true, default: [] as string[] },
  'env-file': { type: 'string' },
  timeout: { type: 'string' },
  memory: { type: 'string', default: '512' },
  'json-logs': { type: 'boolean', default: false },
  'x-ray': { type: 'boolean', default: false },
  'trace-header': { type: 'string' },
  'init-type': { type: 'string', default: 'on-demand' },
  concurrency: { type: 'string', default: '1' },
  ui: { type: 'string' },
  'print-events': { type: 'boolean', default: false },
  record: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
  version: { type: 'boolean', short: 'V', default: false },
} as const;

const DEFAULT_TIMEOUT_S = 3;
/** With a debugger attached there should be no timeout; a day is as good as none. */
const INSPECT_TIMEOUT_S = 86_400;

class WrongArgument extends Error {}

function positive(name: string, text: string, whole = true): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0 && (!whole || Number.isInteger(value))) return value;
  const kind = whole ? 'a positive whole number' : 'a positive number';
  throw new WrongArgument(`--${name}: expected ${kind}, got '${text}'`);
}

/** From "Lambda quotas": function timeout and memory allocation. */
const MAX_TIMEOUT_S = 900;
const MEMORY_MB = { least: 128, most: 10_240 };

function toTimeoutMs({ timeout, inspect }: Values): number {
  if (timeout === undefined) return (inspect ? INSPECT_TIMEOUT_S : DEFAULT_TIMEOUT_S) * 1000;
  const seconds = positive('timeout', timeout, false);
  if (inspect) return Math.min(seconds, INSPECT_TIMEOUT_S) * 1000;
  if (seconds <= MAX_TIMEOUT_S) return seconds * 1000;
  throw new WrongArgument(`--timeout: expected at most ${MAX_TIMEOUT_S} seconds, got '${timeout}'`);
}

function toMemorySizeMb({ memory }: Values): number {
  const megabytes = positive('memory', memory);
  const { least, most } = MEMORY_MB;
  if (megabytes >= least && megabytes <= most) return megabytes;
  throw new WrongArgument(`--memory: expected ${least} to ${most} MB, got '${memory}'`);
}

/** 0 means any free port. */
function port(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new WrongArgument(`--${name}: expected a port from 0 to 65535, got '${text}'`);
}

/** Does not show the value, which may be a secret. */
function describeWrongPair(pair: string): string {
  const at = pair.indexOf('=');
  const seen = at === -1 ? 'no =' : `the name '${pair.slice(0, at)}'`;
  return `--env: expected NAME=VALUE with a name of letters, digits and _, got ${seen}`;
}

function toVariables(pairs: readonly string[]): Readonly<Record<string, string>> {
  const entries = pairs.map((pair) => {
    const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(pair) ?? [];
    if (name === undefined) throw new WrongArgument(describeWrongPair(pair));
    return [name, value ?? ''] as const;
  });
  return Object.fromEntries(entries);
}

function toInitializationType(text: string): InitializationType {
  const found = INITIALIZATION_TYPES.find((type) => type === text);
  if (found !== undefined) return found;
  const expected = INITIALIZATION_TYPES.join(', ');
  throw new WrongArgument(`--init-type: expected one of ${expected}, got '${text}'`);
}

type Values = ReturnType<typeof parse>;

function parse(argv: readonly string[]) {
  const { values, positionals } = parseArgs({
    args: [...argv],
    options: OPTIONS,
    strict: true,
    allowPositionals: true,
  });
  const [stray] = positionals;
  if (stray === undefined) return values;
  throw new WrongArgument(
    `expected options, got '${stray}': for example --handler src/app.handler (npm run takes options before -- for its own)`,
  );
}

function toEventSource({ event, sample, payload }: Values): EventSource {
  const given = [event, sample, payload].filter((value) => value !== undefined);
  if (given.length > 1) {
    throw new WrongArgument(`expected one of --event, --sample and --payload, got ${given.length}`);
  }
  if (event !== undefined) return { kind: 'file', file: event };
  if (sample === undefined) return { kind: 'payload', json: payload ?? '{}' };
  const name = toSampleEventName(sample);
  if (name !== undefined) return { kind: 'sample', name };
  const expected = SAMPLE_EVENT_NAMES.join(', ');
  throw new WrongArgument(`--sample: expected one of ${expected}, got '${sample}'`);
}

function check(values: Values, concurrency: number): void {
  if ((values.handler === undefined) === (values.bootstrap === undefined)) {
    throw new WrongArgument('expected either --handler FILE.EXPORT or --bootstrap COMMAND');
  }
  if (values.inspect && values.handler === undefined) {
    throw new WrongArgument('--inspect: needs --handler, whose Node it can stop');
  }
  if (values['x-ray'] && values['trace-header'] !== undefined) {
    throw new WrongArgument('expected --x-ray or --trace-header, got both');
  }
  if (concurrency > 1 && values['init-type'] !== 'lambda-managed-instances') {
    throw new WrongArgument('--concurrency: needs --init-type lambda-managed-instances');
  }
}

function toArguments(values: Values): LocalArguments {
  const concurrency = positive('concurrency', values.concurrency);
  check(values, concurrency);
  const { invocations } = values;
  const byDefault = values.http === undefined ? 1 : 0;
  return {
    handler: values.handler,
    bootstrap: values.bootstrap?.trim().split(/\s+/),
    layer: values.layer,
    inspect: values.inspect,
    event: toEventSource(values),
    invocations: invocations === undefined ? byDefault : positive('invocations', invocations),
    httpPort: port('http', values.http),
    functionName: values.name,
    environment: toVariables(values.env),
    environmentFile: values['env-file'],
    timeoutMs: toTimeoutMs(values),
    memorySizeMb: toMemorySizeMb(values),
    jsonLogs: values['json-logs'],
    xRay: values['x-ray'],
    traceHeader: values['trace-header'],
    initializationType: toInitializationType(values['init-type']),
    concurrency,
    uiPort: port('ui', values.ui),
    printEvents: values['print-events'],
    recordFile: values.record,
  };
}

export function parseLocalArguments(argv: readonly string[]): ParsedArguments {
  try {
    const values = parse(argv);
    if (values.help) return { kind: 'help' };
    if (values.version) return { kind: 'version' };
    return { kind: 'run', arguments: toArguments(values) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // Node.js goes on about arguments that begin with a dash, which nobody meant.
    return { kind: 'wrong', message: message.replace(/\. To specify a positional .*/s, '') };
  }
}
