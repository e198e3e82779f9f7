// The command line: a user's own handler under the local Lambda with extensions attached. Telemetry
// goes to the user's endpoint, or to a receiver in this process that shows it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { startHttpGateway } from '../events/http-gateway';
import type { Invocation, InvokeOptions } from '../lambda/invocation';
import { createTraceHeader } from '../lambda/invocation';
import { startLocalLambda } from '../lambda/local-lambda';
import type { LocalLambda } from '../lambda/local-lambda';
import { chooseWidth } from '../render/choose-width';
import { choosePaint } from '../render/paint';
import { renderTelemetry } from '../render/telemetry';
import { toCallerPath } from './caller-directory';
import { checkHandler, describeModule } from './check-handler';
import { parseLocalArguments } from './cli-arguments';
import type { LocalArguments } from './cli-arguments';
import { succeeded, toEventLine, toInvocationText } from './cli-lines';
import { endWithReader } from './early-reader';
import { openTelemetryTarget } from './telemetry-target';
import type { TelemetryTarget } from './telemetry-target';
import { toUsage } from './cli-usage';
import { openEventRecord, readEvent, readVariables, UserError } from './run-inputs';
import type { EventRecord } from './run-inputs';
import { awaitInterruption } from './until-interrupted';
import type { Interruption } from './until-interrupted';

const TRACE_SAMPLED = true;
const MODULE_ERRORS: readonly string[] = ['Runtime.HandlerNotFound', 'Runtime.UserCodeSyntaxError'];

/** The command that calls this: how the user types it, and its defaults. */
export interface CliFront {
  readonly command: string;
  readonly version: string;
  /** Layer when --layer is not given; undefined: no extension. May throw a UserError. */
  readonly findLayer: () => string | undefined;
  /** What --help adds about the layer. */
  readonly layerNote: string;
  /** Variables of this process that the function and extensions get in addition to OTEL_* and credentials. */
  readonly passedOn: RegExp | undefined;
}

interface Run {
  readonly options: LocalArguments;
  readonly front: CliFront;
  readonly event: unknown;
  readonly target: TelemetryTarget;
  readonly record: EventRecord | undefined;
}

/** Directory of the layer's extensions; undefined when there is no layer. */
function findExtensions({ options, front }: Run): string | undefined {
  const layer = options.layer === undefined ? front.findLayer() : toCallerPath(options.layer);
  if (layer === undefined) return undefined;
  const directory = join(layer, 'extensions');
  if (existsSync(directory)) return directory;
  throw new UserError(
    `--layer: expected a directory with extensions/ in it, got '${options.layer ?? layer}'`,
  );
}

function start(run: Run): Promise<LocalLambda> {
  const { options, target, record } = run;
  const extensionsDir = findExtensions(run);
  const { handler, bootstrap } = options;
  return startLocalLambda({
    ...(extensionsDir === undefined ? {} : { extensionsDir }),
    ...(handler === undefined ? {} : { handler: toCallerPath(handler) }),
    ...(bootstrap === undefined ? {} : { bootstrap: toCommand(bootstrap) }),
    functionName: options.functionName,
    timeoutMs: options.timeoutMs,
    memorySizeMb: options.memorySizeMb,
    initializationType: options.initializationType,
    maxConcurrency: options.concurrency,
    logFormat: options.jsonLogs ? 'JSON' : 'Text',
    environment: target.environment,
    recordEvents: false,
    inspect: options.inspect,
    onFunctionOutput: (chunk) => process.stdout.write(chunk),
    onExtensionOutput: (name, chunk) => process.stderr.write(`[${name}] ${chunk}`),
    onEvent(event) {
      if (options.printEvents) console.log(toEventLine(event));
      record?.event(event);
    },
    onLifecycle: (entry) => record?.lifecycle(entry),
  });
}

/** A path in a command is relative to the caller's folder. */
function toCommand([program = '', ...parameters]: readonly string[]): readonly string[] {
  return [program.includes('/') ? toCallerPath(program) : program, ...parameters];
}

function toInvokeOptions({ xRay, traceHeader }: LocalArguments): InvokeOptions {
  if (traceHeader !== undefined) return { traceHeader };
  return xRay ? { traceHeader: createTraceHeader(TRACE_SAMPLED) } : {};
}

interface Invoker {
  invoke(event: unknown, options: InvokeOptions): Promise<Invocation>;
  readonly allSucceeded: boolean;
  /** Examining the handler's module tells more than the runtime did. */
  readonly isModuleToBlame: boolean;
}

function createInvoker(lambda: LocalLambda, options: LocalArguments): Invoker {
  let number = 0;
  let allSucceeded = true;
  let isModuleToBlame = false;
  return {
    async invoke(event, given) {
      number += 1;
      const own = number;
      const invocation = await lambda.invoke(event, { ...toInvokeOptions(options), ...given });
      console.log(toInvocationText(own, invocation));
      allSucceeded &&= succeeded(invocation);
      isModuleToBlame ||= MODULE_ERRORS.includes(invocation.errorType ?? '');
      return invocation;
    },
    get allSucceeded() {
      return allSucceeded;
    },
    get isModuleToBlame() {
      return isModuleToBlame;
    },
  };
}

async function invokeAll(
  invoker: Invoker,
  { options, event }: Run,
  interruption: Interruption,
): Promise<void> {
  for (let done = 0; done < options.invocations; done += options.concurrency) {
    const count = Math.min(options.concurrency, options.invocations - done);
    await Promise.all(Array.from({ length: count }, () => invoker.invoke(event, {})));
    if (interruption.exitCode !== undefined) return;
  }
}

async function serveHttp(
  invoker: Invoker,
  { httpPort }: LocalArguments,
  interruption: Interruption,
): Promise<void> {
  if (httpPort === undefined) return;
  const gateway = await startHttpGateway({
    port: httpPort,
    accountId: '123456789012',
    invoke: (event, given) => invoker.invoke(event, given),
  });
  console.log(`The function answers at ${gateway.url} (Ctrl-C ends it)`);
  await interruption.requested;
  await gateway.close();
}

async function shutDown(lambda: LocalLambda): Promise<void> {
  for (const { name, exitCode, signal, durationMs } of (await lambda.shutdown()).extensions) {
    const end = signal ?? `exit code ${exitCode ?? 0}`;
    console.log(`SHUTDOWN: ${name} ended after ${durationMs.toFixed(0)} ms with ${end}`);
  }
}

const NO_TELEMETRY =
  'No telemetry arrived: expected OTLP requests from the layer. Its own messages are above.';

function showTelemetry({ target: { receiver, endpointVariables }, front, options }: Run): void {
  const nobodySends = options.layer === undefined && front.findLayer() === undefined;
  if (nobodySends && (receiver?.requests.length ?? 0) === 0) return;
  if (receiver === undefined) {
    // Not the endpoint itself: its URL may contain a password.
    const variables = endpointVariables.join(', ');
    console.log(`\nTelemetry is sent where ${variables} says; --ui PORT shows it here instead.`);
    return;
  }
  const paint = choosePaint(process.env, process.stdout.isTTY);
  const width = chooseWidth(process.env);
  const text = renderTelemetry(receiver.accepted, { width, paint });
  console.log(`\n${text === '' ? NO_TELEMETRY : text.trimEnd()}`);
}

async function showPage({ page }: TelemetryTarget, interruption: Interruption): Promise<void> {
  if (page === undefined || interruption.exitCode !== undefined) return;
  console.log(`\nThe page stays at ${page.url} (Ctrl-C ends it)`);
  await interruption.requested;
}

async function sayWhatModuleHas(
  { isModuleToBlame }: Invoker,
  { options: { handler }, target: { environment } }: Run,
): Promise<void> {
  if (!isModuleToBlame || handler === undefined) return;
  const contents = await describeModule(handler, environment);
  if (contents !== undefined) console.error(`--handler ${handler}: ${contents}`);
}

async function runFunction(run: Run): Promise<number> {
  const lambda = await start(run);
  const interruption = awaitInterruption();
  try {
    return await runUntilInterrupted(run, lambda, interruption);
  } finally {
    interruption.end();
  }
}

/** One Ctrl-C ends everything in order; a run that it interrupts has the signal's exit code. */
async function runUntilInterrupted(
  run: Run,
  lambda: LocalLambda,
  interruption: Interruption,
): Promise<number> {
  const invoker = createInvoker(lambda, run.options);
  let cutShort: number | undefined;
  try {
    await Promise.race([invokeAll(invoker, run, interruption), interruption.requested]);
    cutShort = interruption.exitCode;
    if (cutShort === undefined) await serveHttp(invoker, run.options, interruption);
  } finally {
    await shutDown(lambda);
  }
  showTelemetry(run);
  await sayWhatModuleHas(invoker, run);
  await showPage(run.target, interruption);
  return cutShort ?? (invoker.allSucceeded ? 0 : 1);
}

async function run(options: LocalArguments, front: CliFront): Promise<number> {
  const event = readEvent(options.event);
  const variables = readVariables(options);
  if (options.handler !== undefined) await checkHandler(options.handler, variables);
  const record = openEventRecord(options.recordFile);
  const target = await openTelemetryTarget({
    given: variables,
    inherited: process.env,
    passedOn: front.passedOn,
    uiPort: options.uiPort,
  });
  if (target.page !== undefined) console.log(`Telemetry as it comes: ${target.page.url}`);
  try {
    return await runFunction({ options, front, event, target, record });
  } finally {
    await target.close();
  }
}

/**
 * Resolves to the exit code: 0; 1 if an invocation failed; 2 for mistakes that the user has to correct; 130 or 143 if
 * it was interrupted before the last invocation.
 */
export async function runCli(argv: readonly string[], front: CliFront): Promise<number> {
  endWithReader();
  const parsed = parseLocalArguments(argv);
  switch (parsed.kind) {
    case 'help':
      process.stdout.write(toUsage(front.command, front.layerNote));
      return 0;
    case 'version':
      console.log(front.version);
      return 0;
    case 'wrong':
      console.error(`${parsed.message}\nSee ${front.command} --help`);
      return 2;
    case 'run':
      return run(parsed.arguments, front).catch((error: unknown) => {
        const isUsers = error instanceof UserError || error instanceof TypeError;
        console.error(isUsers ? error.message : error);
        return 2;
      });
  }
}
