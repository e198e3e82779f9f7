// `lambda-otlp verify`: checks the layers on real AWS, for anybody who has an account.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { toCallerPath } from 'local-lambda/cli/caller-directory';
import { howToBuild, typed } from '../command-line';
import { doesDockerAnswer } from './image';
import { ACTIONS, TEST_FUNCTIONS, nameAll, type TestFunction } from './plan';
import { createTool, type Tool } from './tool';
import { verify, type VerifyResult } from './verify';

const USAGE = `usage: ${typed('verify')} [--yes] [options]

Publishes the layers under a test name, deploys a function for each and, where docker answers, one in a container image,
lets each answer, throw, time out and run out of memory, compares what the extension makes of it with what is documented,
keeps the raw events for replay, and deletes everything, also when something fails or it is interrupted. Needs the AWS
CLI. Without --yes it prints the plan and does nothing.

  -y, --yes               do it
  -r, --region REGION     the region
      --profile NAME      the AWS CLI's profile
      --only FUNCTION     ${TEST_FUNCTIONS.map(({ id }) => id).join(', ')}; may be repeated (default: all)
      --layers FOLDER     folder of the built zips (default: those of this package)
      --keep FOLDER       where the raw events go (default: verify-events)
  -h, --help              this text

Exit code: 0 all as documented, 1 not, or something could not be deleted, 2 wrong use.
`;

const OPTIONS = {
  yes: { type: 'boolean', short: 'y', default: false },
  region: { type: 'string', short: 'r' },
  profile: { type: 'string' },
  only: { type: 'string', multiple: true, default: TEST_FUNCTIONS.map(({ id }) => id as string) },
  layers: { type: 'string' },
  keep: { type: 'string', default: 'verify-events' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** IAM and CloudWatch usually need seconds, rarely a minute. */
const PATIENCE_MS = 90_000;

/** Returns the exit code. `root`: the folder with the layers and the sources of the test functions. */
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
  const layers = values.layers === undefined ? join(root, 'build') : toCallerPath(values.layers);
  const run = randomBytes(3).toString('hex');
  const docker = createTool({
    program: 'docker',
    // Lambda does not accept an image index, which attestations would create.
    variables: { BUILDX_NO_DEFAULT_ATTESTATIONS: '1' },
  });
  const { functions, remark } = await choose(values.only, docker);
  if (functions.length === 0) {
    process.stderr.write(`Nothing was done: no function is left.\n${remark}`);
    return 1;
  }
  process.stdout.write(`${toPlan(run, functions, layers)}${remark}`);
  const missing = listMissing(functions, layers);
  if (!values.yes) {
    const how = missing === '' ? '--yes' : '--yes, and --only for those whose layer is there';
    process.stdout.write(`${missing}Nothing was done. To do it, add ${how}.\n`);
    return 0;
  }
  if (missing !== '') {
    process.stderr.write(
      `${missing}Nothing was done. --only chooses functions whose layer is there.\n`,
    );
    return 1;
  }
  const common = [
    ...(values.region === undefined ? [] : ['--region', values.region]),
    ...(values.profile === undefined ? [] : ['--profile', values.profile]),
  ];
  const account = askAccount(common);
  if (account === undefined) return 1;
  process.stdout.write(`In account ${account}:\n`);
  const result = await verify({
    // Version 2 of the CLI uses a pager, and version 1 does not know the option that turns it off.
    aws: createTool({
      program: 'aws',
      common,
      variables: { AWS_DEFAULT_OUTPUT: 'json', AWS_PAGER: '' },
    }),
    docker,
    run,
    functions,
    layers,
    sources: join(root, 'cli/verify/functions'),
    keepIn: toCallerPath(values.keep),
    say: (line) => process.stdout.write(`${line}\n`),
    patienceMs: PATIENCE_MS,
  });
  process.stdout.write(toReport(result));
  const isMet = result.functions.every(({ expectations }) => expectations.every((it) => it.isMet));
  return isMet && result.failure === undefined && result.left.length === 0 ? 0 : 1;
}

function parse(args: readonly string[]) {
  try {
    const parsed = parseArgs({ args: [...args], options: OPTIONS });
    const ids: readonly string[] = TEST_FUNCTIONS.map(({ id }) => id);
    const unknown = parsed.values.only.find((id) => !ids.includes(id));
    return unknown === undefined
      ? parsed
      : `--only: expected one of ${ids.join(', ')}, got '${unknown}'`;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The functions asked for, without the image if docker does not answer. */
async function choose(only: readonly string[], docker: Tool) {
  const asked = TEST_FUNCTIONS.filter(({ id }) => only.includes(id));
  const isImage = ({ packageType }: TestFunction): boolean => packageType === 'Image';
  if (!asked.some(isImage) || (await doesDockerAnswer({ docker })))
    return { functions: asked, remark: '' };
  return {
    functions: asked.filter((test) => !isImage(test)),
    remark: '  no function in a container image: docker does not answer\n',
  };
}

/** A line for each missing zip. */
function listMissing(functions: readonly TestFunction[], layers: string): string {
  const names = [...new Set(functions.map(({ layer }) => layer))];
  return names
    .map((layer) => ({ layer, zip: join(layers, `lambda-otlp-${layer}.zip`) }))
    .filter(({ zip }) => !existsSync(zip))
    .map(({ layer, zip }) => `  missing: ${zip}; ${howToBuild(layer)}\n`)
    .join('');
}

/** The account that the credentials belong to. Uses the terminal, so that the CLI can ask for a second factor. */
function askAccount(common: readonly string[]): string | undefined {
  const query = ['sts', 'get-caller-identity', '--query', 'Account', '--output', 'text'];
  const { status, stdout, error } = spawnSync('aws', [...query, ...common], {
    encoding: 'utf8',
    stdio: ['inherit', 'pipe', 'inherit'],
  });
  if (status === 0) return stdout.trim();
  const reason =
    error === undefined
      ? 'the AWS CLI has no credentials that AWS accepts'
      : `expected the AWS CLI in PATH, got ${error.message}`;
  process.stderr.write(`aws: ${reason}. Nothing was done.\n`);
  return undefined;
}

function toPlan(run: string, functions: readonly TestFunction[], layers: string): string {
  const names = nameAll(run);
  const toLines = (test: TestFunction): readonly string[] => {
    const { id, packageType, runtime, architecture, layer } = test;
    const zip = join(layers, `lambda-otlp-${layer}.zip`);
    const how = `${runtime}, ${architecture}, 256 MB`;
    if (packageType === 'Zip')
      return [
        `  function ${names.functionName(id)} (${how}) with ${zip} as layer ${names.layerName(layer)}`,
      ];
    return [
      `  function ${names.functionName(id)} (${how}) in a container image, with ${zip} in its /opt`,
      `    repository ${names.repository} in ECR; docker logs in there, builds, pushes, and logs out; it keeps the base image`,
    ];
  };
  return [
    'The plan. Everything is created for this run and deleted at its end:',
    `  role ${names.role} with AWSLambdaBasicExecutionRole`,
    ...functions.flatMap(toLines),
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
  const remains = left.map(
    ({ what, line, reason }) => `not deleted: ${what} (${reason}). Delete it with:\n  ${line}`,
  );
  return [...lines, ...failed, ...remains, ''].join('\n');
}
