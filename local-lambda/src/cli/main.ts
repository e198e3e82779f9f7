// `npm run local`: a user's own handler under the local Lambda with the layer attached. Telemetry
// goes to the user's endpoint, or to an embedded receiver that shows it.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseLocalArguments, USAGE } from './cli-arguments';
import type { LocalArguments } from './cli-arguments';
import { succeeded, toEventLine, toInvocationLine } from './cli-lines';
import { toTelemetryText } from './cli-telemetry';
import type { Invocation } from '../lambda/invocation';
import { startLocalLambda } from '../lambda/local-lambda';
import type { LocalLambda } from '../lambda/local-lambda';
import { startOtlpReceiver } from '../otlp/otlp-receiver';
import type { OtlpReceiver } from '../otlp/otlp-receiver';
import { choosePaint } from '../render/paint';

const PROJECT = resolve(__dirname, '../../..');
const PASSED_ON =
  /^(OTEL_|LAMBDA_OTLP_|AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|PROFILE)$|HOME$|(HTTPS?|NO)_PROXY$)/i;
const ENDPOINT = /^(LAMBDA_OTLP_)?OTEL_EXPORTER_OTLP_((TRACES|METRICS|LOGS)_)?ENDPOINT$/;

/** Columns when the output is no terminal. */
const DEFAULT_WIDTH = 120;

class UserError extends Error {}

/** Directory of the layer's extensions; builds the default layer when it is missing. */
function findExtensions(layer: string | undefined): string {
  const directory = join(resolve(layer ?? join(PROJECT, 'build/layer')), 'extensions');
  if (existsSync(directory)) return directory;
  if (layer !== undefined) {
    throw new UserError(`--layer: expected a directory with extensions/ in it, got '${layer}'`);
  }
  const build = spawnSync('npm', ['run', 'build'], { cwd: PROJECT, stdio: 'inherit' });
  if (build.status !== 0 || !existsSync(directory)) {
    throw new UserError(`npm run build: expected ${directory}, it failed; nothing was run`);
  }
  return directory;
}

function readPayload({ eventFile, payload }: LocalArguments): unknown {
  const source = eventFile === undefined ? '--payload' : `--event ${eventFile}`;
  try {
    return JSON.parse(eventFile === undefined ? payload : readFileSync(eventFile, 'utf8'));
  } catch (error) {
    throw new UserError(`${source}: expected JSON, ${(error as Error).message}`);
  }
}

function passedOn(given: Readonly<Record<string, string>>): Record<string, string> {
  const inherited = Object.entries(process.env).filter(([name]) => PASSED_ON.test(name));
  return { ...Object.fromEntries(inherited), ...given } as Record<string, string>;
}

function start(
  options: LocalArguments,
  environment: Readonly<Record<string, string>>,
): Promise<LocalLambda> {
  return startLocalLambda({
    extensionsDir: findExtensions(options.layer),
    ...(options.handler === undefined ? {} : { handler: options.handler }),
    ...(options.bootstrap === undefined ? {} : { bootstrap: options.bootstrap }),
    functionName: 'local-function',
    timeoutMs: options.timeoutMs,
    memorySizeMb: options.memorySizeMb,
    initializationType: options.initializationType,
    maxConcurrency: options.concurrency,
    logFormat: options.jsonLogs ? 'JSON' : 'Text',
    environment,
    recordEvents: false,
    onFunctionOutput: (chunk) => process.stdout.write(chunk),
    onExtensionOutput: (name, chunk) => process.stderr.write(`[${name}] ${chunk}`),
    onEvent(event) {
      if (options.printEvents) console.log(toEventLine(event));
    },
  });
}

async function invokeAll(lambda: LocalLambda, options: LocalArguments): Promise<boolean> {
  const payload = readPayload(options);
  let allSucceeded = true;
  const invokeOne = async (number: number): Promise<Invocation> => {
    const invocation = await lambda.invoke(payload);
    console.log(toInvocationLine(number, invocation));
    return invocation;
  };
  for (let done = 0; done < options.invocations; done += options.concurrency) {
    const count = Math.min(options.concurrency, options.invocations - done);
    const numbers = Array.from({ length: count }, (_, index) => done + index + 1);
    const invocations = await Promise.all(numbers.map(invokeOne));
    allSucceeded &&= invocations.every(succeeded);
  }
  return allSucceeded;
}

async function run(options: LocalArguments): Promise<number> {
  readPayload(options);
  const environment = passedOn(options.environment);
  const external = Object.keys(environment).some((name) => ENDPOINT.test(name));
  const receiver: OtlpReceiver | undefined = external ? undefined : await startOtlpReceiver();
  if (receiver !== undefined) environment['OTEL_EXPORTER_OTLP_ENDPOINT'] = receiver.url;
  try {
    const lambda = await start(options, environment);
    const allSucceeded = await invokeAll(lambda, options);
    for (const { name, exitCode, signal, durationMs } of (await lambda.shutdown()).extensions) {
      const end = signal ?? `exit code ${exitCode ?? 0}`;
      console.log(`SHUTDOWN: ${name} ended after ${durationMs.toFixed(0)} ms with ${end}`);
    }
    if (receiver !== undefined) {
      const paint = choosePaint(process.env, process.stdout.isTTY);
      const width = process.stdout.isTTY ? process.stdout.columns : DEFAULT_WIDTH;
      console.log(`\n${toTelemetryText(receiver.accepted, { width, paint })}`);
    }
    return allSucceeded ? 0 : 1;
  } finally {
    await receiver?.close();
  }
}

async function main(): Promise<number> {
  const parsed = parseLocalArguments(process.argv.slice(2));
  switch (parsed.kind) {
    case 'help':
      process.stdout.write(USAGE);
      return 0;
    case 'wrong':
      console.error(`${parsed.message}\nSee npm run local -- --help`);
      return 2;
    case 'run':
      return run(parsed.arguments);
  }
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(error instanceof UserError || error instanceof TypeError ? error.message : error);
    process.exitCode = 2;
  },
);
