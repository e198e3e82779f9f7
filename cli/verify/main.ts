// `lambda-otlp verify`: a check of the layers on real AWS, for whoever has an account.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { howToBuild, typed } from '../command-line';
import { createAwsCli } from './aws-cli';
import { ACTIONS, TEST_FUNCTIONS, nameAll, type TestFunction } from './plan';
import { verify, type VerifyResult } from './verify';

const USAGE = `usage: ${typed('verify')} [--yes] [options]

Publishes the layers under a test name, deploys a function for each, lets it answer, throw, time out and run out of
memory, compares what the extension makes of it with what is documented, keeps the raw events for replay, and deletes
everything. Needs the AWS CLI. Without --yes it prints the plan and does nothing.

  -y, --yes               do it
  -r, --region REGION     the region
      --profile NAME      the AWS CLI's profile
      --layers FOLDER     folder of the built zips
      --keep FOLDER       where the raw events go (default: verify-events)
  -h, --help              print this

Exit code: 0 all as documented, 1 not, or something could not be deleted, 2 wrong use.
`;

const OPTIONS = {
  yes: { type: 'boolean', short: 'y', default: false },
  region: { type: 'string', short: 'r' },
  profile: { type: 'string' },
  layers: { type: 'string' },
  keep: { type: 'string', default: 'verify-events' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** IAM and CloudWatch need seconds, seldom a minute. */
const PATIENCE_MS = 90_000;

/** The exit code. `root`: the folder that holds the layers and the sources of the test functions. */
export async function runVerify(args: readonly string[], root: string): Promise<number> {
  const parsed = parse(args);
  if (typeof parsed === 'string') {
    process.stderr.write(`${parsed}\n\n${USAGE}`);
    return 2;
  }
  const { values } = parsed;
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const layers = resolve(values.layers ?? join(root, 'build'));
  const run = randomBytes(3).toString('hex');
  process.stdout.write(toPlan(run, layers));
  const missing = TEST_FUNCTIONS.map(({ layer }) =>
    join(layers, `lambda-otlp-${layer}.zip`),
  ).filter((zip) => !existsSync(zip));
  if (!values.yes) {
    for (const zip of missing) process.stdout.write(`  missing: ${zip}\n`);
    process.stdout.write('Nothing was done. Add --yes to do it.\n');
    return 0;
  }
  if (missing.length > 0) {
    process.stderr.write(
      `expected built layers, found no ${missing.join(', ')}; ${howToBuild('x86_64')}\n`,
    );
    return 1;
  }
  const common = [
    ...(values.region === undefined ? [] : ['--region', values.region]),
    ...(values.profile === undefined ? [] : ['--profile', values.profile]),
  ];
  const result = await verify({
    aws: createAwsCli(common),
    run,
    layers,
    sources: join(root, 'cli/verify/functions'),
    keepIn: resolve(values.keep),
    say: (line) => process.stdout.write(`${line}\n`),
    patienceMs: PATIENCE_MS,
  });
  process.stdout.write(toReport(result));
  const isMet = result.functions.every(({ expectations }) => expectations.every((it) => it.isMet));
  return isMet && result.failure === undefined && result.left.length === 0 ? 0 : 1;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS });
  } catch (error) {
    return (error as Error).message;
  }
}

function toPlan(run: string, layers: string): string {
  const names = nameAll(run);
  const toLine = ({ id, runtime, architecture, layer }: TestFunction): string =>
    `  function ${names.functionName(id)} (${runtime}, ${architecture}, 256 MB) with ${join(layers, `lambda-otlp-${layer}.zip`)} as layer ${names.layerName(layer)}`;
  return [
    'The plan: all of it is made for this run, and deleted at its end',
    `  role ${names.role} with AWSLambdaBasicExecutionRole`,
    ...TEST_FUNCTIONS.map(toLine),
    `  ${ACTIONS.length} invocations of each: ${ACTIONS.join(', ')}`,
    '',
  ].join('\n');
}

function toReport({ functions, left, failure }: VerifyResult): string {
  const lines = functions.flatMap(({ id, expectations, events }) => [
    `${id} (raw events: ${events})`,
    ...expectations.map(
      ({ action, expected, seen, isMet }) =>
        `  ${isMet ? '✓' : '✗'} ${action}: ${isMet ? seen : `expected ${expected}, got ${seen}`}`,
    ),
  ]);
  const failed = failure === undefined ? [] : [`failed: ${failure}`];
  const remains = left.map((what) => `not deleted, delete it by hand: ${what}`);
  return [...lines, ...failed, ...remains, ''].join('\n');
}
