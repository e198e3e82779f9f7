// `npm run demo`: the layer at work on this machine, from a cold start to a timeout, with everything
// it exports on the screen. Exits 0 only if what the platform emitted has arrived.
import { resolve } from 'node:path';
import { endWithReader } from 'local-lambda/cli/early-reader';
import { awaitInterruption } from 'local-lambda/cli/until-interrupted';
import { ensureBuiltLayer, isLayerBuilt } from '../layer/built-layer';
import { typed } from '../cli/command-line';
import type { DemoArguments } from './arguments';
import { parseDemoArguments, USAGE } from './arguments';
import { checkArrivals } from './checks';
import type { Check } from './checks';
import { checkEndpoint, toWarnings } from './endpoint-checks';
import { checkJaeger } from './jaeger-checks';
import type { Destination } from './destination';
import { openDestination } from './destination';
import type { ScenarioOutcome } from './scenario';
import { playScenario } from './scenario';
import { toStepHeader, toStepRow } from './step-rows';
import { traceIdOf } from './trace-id';
import { chooseWidth } from 'local-lambda/render/choose-width';
import { choosePaint } from 'local-lambda/render/paint';
import { formatDuration } from 'local-lambda/render/quantity';
import { heading, renderTelemetry } from 'local-lambda/render/telemetry';
import { toPrintable, wrap } from 'local-lambda/render/terminal-text';
import type { RenderOptions } from 'local-lambda/render/waterfall';

const PROJECT = resolve(__dirname, '..');
/** Passed on to function and extension: the user's exporter settings and credentials. */
const PASSED_ON = /^(?:OTEL_|LAMBDA_OTLP_|AWS_(?:ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN)$)/;

const DISPLAY: RenderOptions = {
  paint: choosePaint(process.env, process.stdout.isTTY),
  width: chooseWidth(process.env),
};
const { paint, width } = DISPLAY;

/** A sentence, broken where the terminal ends; `indent` cells before each line. */
function toLines(text: string, indent = 0): string {
  const lines = wrap(text, width - indent);
  return lines.map((line) => ' '.repeat(indent) + line).join('\n');
}

function buildLayer({ skipBuild }: DemoArguments): void {
  if (skipBuild) {
    console.log(paint('dim', 'using build/layer as it is'));
    return;
  }
  if (!isLayerBuilt()) console.log(paint('dim', 'building the layer (takes a few seconds)'));
  ensureBuiltLayer();
}

/** Explains a label and a metric that count different things. */
const COLD_START_NOTE =
  "'cold start' marks each request that waited for an init, those after the crash and the timeout too; " +
  'faas.coldstarts counts new environments: one.';

/** Jaeger refuses metrics and logs with 404. */
const TRACES_ONLY = { OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' };

function environmentFor({ kind, url }: Destination): Record<string, string> {
  const inherited = Object.entries(process.env).flatMap(([name, value]) =>
    PASSED_ON.test(name) && value !== undefined ? [[name, value] as const] : [],
  );
  return {
    // The stop lines with totals come at this level.
    LAMBDA_OTLP_LOG_LEVEL: 'info',
    // The function has no SDK, and its ports may be those of a Collector on this machine.
    LAMBDA_OTLP_RECEIVER: 'off',
    ...Object.fromEntries(inherited),
    ...(kind === 'endpoint' ? {} : { LAMBDA_OTLP_OTEL_EXPORTER_OTLP_ENDPOINT: url }),
    ...(kind === 'jaeger' ? TRACES_ONLY : {}),
  };
}

/** Prints the checks and their problems; true if there are none. */
function sayChecks(checks: readonly Check[]): boolean {
  console.log(heading('checks', DISPLAY));
  for (const { name, problems } of checks) {
    console.log(`  ${problems.length === 0 ? paint('green', '✔') : paint('red', '✖')} ${name}`);
    for (const problem of problems) console.log(paint('red', toLines(toPrintable(problem), 6)));
  }
  return checks.every(({ problems }) => problems.length === 0);
}

function titlesOf({ outcomes }: ScenarioOutcome): Map<string, string> {
  return new Map(
    outcomes.flatMap(({ step, invocation }, index) => {
      const traceId = traceIdOf(invocation.traceHeader);
      return traceId === undefined
        ? []
        : [[traceId, `request ${index + 1}: ${step.title}`] as const];
    }),
  );
}

/** True if everything has arrived, as far as that can be checked. */
async function conclude(scenario: ScenarioOutcome, destination: Destination): Promise<boolean> {
  const titles = titlesOf(scenario);
  const warnings = toWarnings(scenario.extensionOutput);
  if (warnings.length > 0) console.log(heading('warnings of the extension', DISPLAY));
  for (const warning of warnings) console.log(paint('yellow', toLines(toPrintable(warning), 2)));
  switch (destination.kind) {
    case 'receiver': {
      const { accepted, requests } = destination.receiver;
      console.log(renderTelemetry(accepted, DISPLAY, titles));
      console.log(`${paint('dim', toLines(COLD_START_NOTE, 2))}\n`);
      return sayChecks(checkArrivals(scenario, accepted, requests));
    }
    case 'jaeger': {
      console.log(heading(`Jaeger: ${destination.jaeger.uiUrl}`, DISPLAY));
      for (const [traceId, title] of titles)
        console.log(`  ${title}\n    ${destination.jaeger.traceUrl(traceId)}`);
      return sayChecks(await checkJaeger(scenario, destination.jaeger));
    }
    case 'endpoint':
      console.log(heading(`sent to ${destination.url}: service orders, traces`, DISPLAY));
      for (const [traceId, title] of titles) console.log(`  ${traceId}  ${title}`);
      console.log();
      return sayChecks(checkEndpoint(scenario));
  }
}

async function run(options: DemoArguments): Promise<number> {
  const startedAtMs = Date.now();
  const sayDim = (line: string): void => console.log(paint('dim', toLines(line)));
  const destination = await openDestination(options, process.env, sayDim);
  const page = destination.kind === 'receiver' ? destination.page : undefined;
  try {
    buildLayer(options);
    if (page !== undefined) console.log(`telemetry as it comes: ${page.url}`);
    sayDim('invoking function orders in the local Lambda');
    console.log(toStepHeader(DISPLAY));
    const scenario = await playScenario({
      extensionsDir: resolve(PROJECT, 'build/layer/extensions'),
      environment: environmentFor(destination),
      onStep(outcome) {
        console.log(toStepRow(outcome, DISPLAY));
        const traceId = traceIdOf(outcome.invocation.traceHeader);
        if (traceId !== undefined) page?.entitle(traceId, outcome.step.title);
      },
    });
    console.log('');
    const complete = await conclude(scenario, destination);
    const took = formatDuration(Date.now() - startedAtMs);
    const verdict = complete
      ? paint('green', `Everything arrived (${took}).`)
      : paint('red', 'Not everything arrived.');
    console.log(`\n${verdict}`);
    await stay(destination);
    return complete ? 0 : 1;
  } finally {
    await destination.stop();
  }
}

/** Keeps the page or Jaeger running until Ctrl-C. */
async function stay(destination: Destination): Promise<void> {
  if (destination.kind === 'endpoint') return;
  const url = destination.kind === 'jaeger' ? destination.jaeger.uiUrl : destination.page?.url;
  if (url === undefined) return;
  console.log(`${url} stays until Ctrl-C`);
  const interruption = awaitInterruption();
  await interruption.requested;
  interruption.end();
}

async function main(): Promise<number> {
  const parsed = parseDemoArguments(process.argv.slice(2));
  switch (parsed.kind) {
    case 'help':
      process.stdout.write(USAGE);
      return 0;
    case 'wrong':
      console.error(`${parsed.message}\nSee ${typed('demo')} --help`);
      return 2;
    case 'run':
      return run(parsed.arguments);
  }
}

endWithReader();
main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  },
);
