// `npm run demo`: the layer at work on this machine, from a cold start to a timeout, with everything
// it exports on the screen. Exits 0 only if what the platform emitted has arrived.
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import type { DemoArguments } from './arguments';
import { parseDemoArguments, usage } from './arguments';
import { checkArrivals } from './checks';
import type { Check } from './checks';
import { checkEndpoint, toWarnings } from './endpoint-checks';
import { checkJaeger } from './jaeger-checks';
import type { Destination } from './destination';
import { openDestination } from './destination';
import type { ScenarioOutcome, StepOutcome } from './scenario';
import { playScenario } from './scenario';
import { traceIdOf } from './trace-id';
import { choosePaint } from 'local-lambda/render/paint';
import { formatDuration } from 'local-lambda/render/quantity';
import { heading, renderTelemetry } from 'local-lambda/render/telemetry';
import { padEnd, toPrintable } from 'local-lambda/render/terminal-text';
import type { RenderOptions } from 'local-lambda/render/waterfall';

const project = resolve(__dirname, '..');
/** Passed on to function and extension: the user's exporter settings and credentials. */
const passedOn = /^(?:OTEL_|LAMBDA_OTLP_|AWS_(?:ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN)$)/;

const display: RenderOptions = {
  paint: choosePaint(process.env, process.stdout.isTTY),
  width: Math.min(
    Math.max(Number(process.env['COLUMNS']) || process.stdout.columns || 110, 60),
    160,
  ),
};
const { paint } = display;

function buildLayer({ skipBuild }: DemoArguments): void {
  if (skipBuild) return;
  const build = spawnSync('npm', ['run', '--silent', 'build'], { cwd: project, encoding: 'utf8' });
  if (build.status === 0) return;
  throw new Error(
    `npm run build: expected exit code 0, got ${build.status ?? build.signal ?? ''}; nothing was run\n${build.stdout}${build.stderr}`,
  );
}

/** Jaeger refuses the others with 404. */
const tracesOnly = { OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' };

function environmentFor({ kind, url }: Destination): Record<string, string> {
  const inherited = Object.entries(process.env).flatMap(([name, value]) =>
    passedOn.test(name) && value !== undefined ? [[name, value] as const] : [],
  );
  return {
    // The stop lines with totals come at this level.
    LAMBDA_OTLP_LOG_LEVEL: 'info',
    ...Object.fromEntries(inherited),
    ...(kind === 'endpoint' ? {} : { LAMBDA_OTLP_OTEL_EXPORTER_OTLP_ENDPOINT: url }),
    ...(kind === 'jaeger' ? tracesOnly : {}),
  };
}

function sayStep({ step, invocation }: StepOutcome): void {
  const { status, functionError, metrics } = invocation;
  const outcome =
    functionError === undefined
      ? paint('green', status)
      : paint('red', `${status}, function error`);
  const duration = metrics === undefined ? '' : formatDuration(metrics.durationMs);
  console.log(`  ${padEnd(step.title, 28)}${padEnd(duration, 10)}${outcome}`);
}

/** Says what holds and what is missing; true when nothing is. */
function sayChecks(checks: readonly Check[]): boolean {
  console.log(heading('checks', display));
  for (const { name, problems } of checks) {
    console.log(`  ${problems.length === 0 ? paint('green', '✔') : paint('red', '✖')} ${name}`);
    for (const problem of problems) console.log(`      ${paint('red', toPrintable(problem))}`);
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

/** True when everything arrived, or nothing says otherwise. */
async function conclude(scenario: ScenarioOutcome, destination: Destination): Promise<boolean> {
  const titles = titlesOf(scenario);
  const warnings = toWarnings(scenario.extensionOutput);
  if (warnings.length > 0) console.log(heading('warnings of the extension', display));
  for (const warning of warnings) console.log(`  ${paint('yellow', toPrintable(warning))}`);
  switch (destination.kind) {
    case 'receiver': {
      const { accepted, requests } = destination.receiver;
      console.log(renderTelemetry(accepted, display, titles));
      return sayChecks(checkArrivals(scenario, accepted, requests));
    }
    case 'jaeger': {
      console.log(heading(`Jaeger: ${destination.jaeger.uiUrl}`, display));
      for (const [traceId, title] of titles)
        console.log(`  ${padEnd(title, 40)}${destination.jaeger.traceUrl(traceId)}`);
      return sayChecks(await checkJaeger(scenario, destination.jaeger));
    }
    case 'endpoint':
      console.log(heading(`sent to ${destination.url}: service orders, traces`, display));
      for (const [traceId, title] of titles) console.log(`  ${traceId}  ${title}`);
      return sayChecks(checkEndpoint(scenario));
  }
}

async function run(options: DemoArguments): Promise<number> {
  const startedAtMs = Date.now();
  console.log(paint('dim', 'building the layer'));
  buildLayer(options);
  const destination = await openDestination(options, process.env);
  try {
    console.log(paint('dim', 'invoking function orders in the local Lambda'));
    const scenario = await playScenario({
      extensionsDir: resolve(project, 'build/layer/extensions'),
      environment: environmentFor(destination),
      onStep: sayStep,
    });
    console.log('');
    const complete = await conclude(scenario, destination);
    const took = formatDuration(Date.now() - startedAtMs);
    const verdict = complete
      ? paint('green', `Everything arrived (${took}).`)
      : paint('red', 'Not everything arrived.');
    console.log(`\n${verdict}`);
    if (destination.kind === 'jaeger' && process.stdout.isTTY) await untilInterrupted();
    return complete ? 0 : 1;
  } finally {
    await destination.stop();
  }
}

function untilInterrupted(): Promise<void> {
  console.log('Jaeger keeps running: Ctrl-C ends it.');
  return new Promise((resolve) => {
    const alive = setInterval(() => undefined, 60_000);
    const end = (): void => {
      clearInterval(alive);
      resolve();
    };
    process.once('SIGINT', end).once('SIGTERM', end);
  });
}

async function main(): Promise<number> {
  const parsed = parseDemoArguments(process.argv.slice(2));
  switch (parsed.kind) {
    case 'help':
      process.stdout.write(usage);
      return 0;
    case 'wrong':
      console.error(`${parsed.message}\nSee npm run demo -- --help`);
      return 2;
    case 'run':
      return run(parsed.arguments);
  }
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  },
);
