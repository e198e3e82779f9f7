// Arguments of `npm run local`. Nothing here reads files or throws: what cannot be used is a message.
import { parseArgs } from 'node:util';
import type { InitializationType } from '../lambda/local-lambda-options';

export const USAGE = `Runs a Lambda function locally with the lambda-otlp layer attached.

  npm run local -- --handler FILE.EXPORT [options]

What runs
  --handler FILE.EXPORT   Node handler, for example src/app.handler (.js, .mjs or .cjs)
  --bootstrap COMMAND     custom runtime that speaks the Runtime API, instead of --handler
  --layer DIR             unpacked layer (default build/layer, built when it is missing)

What it gets
  --event FILE            JSON event of every invocation
  --payload JSON          the same, given here (default {})
  --invocations N         how many (default 1)
  --env NAME=VALUE        environment variable of function and extension; may be repeated
  --timeout SECONDS       function timeout (default 3)
  --memory MB             function memory (default 512)
  --json-logs             JSON log format
  --init-type TYPE        on-demand (default), provisioned-concurrency, snap-start or
                          lambda-managed-instances
  --concurrency N         concurrent invocations of lambda-managed-instances (default 1)

What is shown
  --print-events          every Telemetry API event as it is emitted
  --help                  this text

Telemetry goes to OTEL_EXPORTER_OTLP_ENDPOINT if that is set, else to a receiver in this process
that shows it at the end. OTEL_*, LAMBDA_OTLP_*, AWS credentials and proxy variables are passed on.
Exit code: 0 when every invocation succeeded, 1 when one failed, 2 when the arguments are wrong.
`;

export interface LocalArguments {
  readonly handler: string | undefined;
  readonly bootstrap: readonly string[] | undefined;
  /** Undefined: the default, which may be built. */
  readonly layer: string | undefined;
  readonly eventFile: string | undefined;
  readonly payload: string;
  readonly invocations: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly memorySizeMb: number;
  readonly jsonLogs: boolean;
  readonly initializationType: InitializationType;
  readonly concurrency: number;
  readonly printEvents: boolean;
}

export type ParsedArguments =
  | { readonly kind: 'run'; readonly arguments: LocalArguments }
  | { readonly kind: 'help' }
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
  event: { type: 'string' },
  payload: { type: 'string' },
  invocations: { type: 'string', default: '1' },
  env: { type: 'string', multiple: true, default: [] as string[] },
  timeout: { type: 'string', default: '3' },
  memory: { type: 'string', default: '512' },
  'json-logs': { type: 'boolean', default: false },
  'init-type': { type: 'string', default: 'on-demand' },
  concurrency: { type: 'string', default: '1' },
  'print-events': { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

class WrongArgument extends Error {}

function positive(name: string, text: string, whole = true): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0 && (!whole || Number.isInteger(value))) return value;
  const kind = whole ? 'a positive whole number' : 'a positive number';
  throw new WrongArgument(`--${name}: expected ${kind}, got '${text}'`);
}

function toVariables(pairs: readonly string[]): Readonly<Record<string, string>> {
  const entries = pairs.map((pair) => {
    const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(pair) ?? [];
    if (name === undefined) throw new WrongArgument(`--env: expected NAME=VALUE, got '${pair}'`);
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

function toArguments(argv: readonly string[]): ParsedArguments {
  const { values } = parseArgs({ args: [...argv], options: OPTIONS, strict: true });
  if (values.help) return { kind: 'help' };
  if ((values.handler === undefined) === (values.bootstrap === undefined)) {
    throw new WrongArgument('expected either --handler FILE.EXPORT or --bootstrap COMMAND');
  }
  if (values.event !== undefined && values.payload !== undefined) {
    throw new WrongArgument('expected --event or --payload, got both');
  }
  const initializationType = toInitializationType(values['init-type']);
  const concurrency = positive('concurrency', values.concurrency);
  if (concurrency > 1 && initializationType !== 'lambda-managed-instances') {
    throw new WrongArgument('--concurrency: needs --init-type lambda-managed-instances');
  }
  return {
    kind: 'run',
    arguments: {
      handler: values.handler,
      bootstrap: values.bootstrap?.trim().split(/\s+/),
      layer: values.layer,
      eventFile: values.event,
      payload: values.payload ?? '{}',
      invocations: positive('invocations', values.invocations),
      environment: toVariables(values.env),
      timeoutMs: positive('timeout', values.timeout, false) * 1000,
      memorySizeMb: positive('memory', values.memory),
      jsonLogs: values['json-logs'],
      initializationType,
      concurrency,
      printEvents: values['print-events'],
    },
  };
}

export function parseLocalArguments(argv: readonly string[]): ParsedArguments {
  try {
    return toArguments(argv);
  } catch (error) {
    return { kind: 'wrong', message: error instanceof Error ? error.message : String(error) };
  }
}
