// `lambda-otlp publish --region REGION`: prints the `aws` commands that publish the built layers,
// and runs them with --execute. It stops at the first that fails and says what was published.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { howToBuild } from '../cli/command-line';
import {
  planPublications,
  readPublishOptions,
  toShellLine,
  USAGE,
  type Publication,
  type PublishOptions,
} from './publish-plan';

const ROOT = resolve(__dirname, '..');

/** Standard output of `aws` with `args`, trimmed. @throws when it cannot be run or fails. */
function runAws(args: readonly string[]): string {
  const result = spawnSync('aws', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  if (result.error !== undefined) {
    throw new Error(`aws: expected the AWS CLI in PATH, got ${result.error.message}`);
  }
  if (result.status === 0) return result.stdout.trim();
  throw new Error(`aws ended with status ${String(result.status)}; nothing after it was run`);
}

/** Prints the ARN of the version that is made, alone on its line, to be copied. */
function publish({ publish: args, permit }: Publication): void {
  const arn = runAws(args);
  const version = /^arn:.+:layer:[\w-]+:(\d+)$/.exec(arn)?.[1];
  if (version === undefined) {
    throw new Error(`publish-layer-version: expected the ARN of a layer version, got '${arn}'`);
  }
  console.log(arn);
  if (permit !== undefined) runAws(permit(version));
}

function print({ publish: args, permit, zip, layer }: Publication): void {
  if (!existsSync(zip)) {
    console.log(`# ${zip} is missing: ${howToBuild(layer)}`);
  }
  console.log(toShellLine(['aws', ...args]));
  if (permit !== undefined) console.log(toShellLine(['aws', ...permit('VERSION')]));
}

/** Undefined if they are wrong; the message has been printed. */
function readOptions(args: readonly string[]): PublishOptions | undefined {
  try {
    return readPublishOptions(args);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exitCode = 2;
    return undefined;
  }
}

function main(): void {
  const args = process.argv.slice(2);
  if (args.includes('--help') || args.includes('-h')) {
    console.log(USAGE);
    return;
  }
  const options = readOptions(args);
  if (options === undefined) return;
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    readonly version: string;
  };
  const publications = planPublications(options, version);
  if (!options.execute) {
    publications.forEach(print);
    console.log('# Dry run: nothing was published. Add --execute to run these commands.');
    return;
  }
  const missing = publications.find(({ zip }) => !existsSync(zip));
  if (missing !== undefined) {
    const { zip, layer } = missing;
    throw new Error(`${zip}: expected a built zip, found none; ${howToBuild(layer)}`);
  }
  publications.forEach(publish);
}

try {
  main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
