// `lambda-otlp doctor`: says what a function's configuration does with its telemetry, and whether it arrives.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { toCallerPath } from 'local-lambda/cli/caller-directory';
import { typed } from '../command-line';
import { examine } from './examine';
import {
  InputError,
  readFunctionConfiguration,
  type FunctionConfiguration,
} from './function-configuration';
import { toOptions } from './headers';
import { toText } from './report';

const USAGE = `usage: ${typed('doctor')} [FILE] [--function NAME] [options]

Reads a function's configuration, says what is sent where and what stands in the way, and sends one test span,
metric and log record to the endpoint. Prints no secret.

  FILE                    environment variables as a JSON object, or the output of
                          aws lambda get-function-configuration; standard input where none is given
  -f, --function NAME     ask the AWS CLI for the configuration of this function
  -r, --region REGION     its region, where its secrets are read; that of its ARN where none is given
      --profile NAME      the AWS CLI's profile, also to read secrets and to sign
      --no-send           send nothing
      --json              print JSON
  -h, --help              print this

Exit code: 0 no fault, 1 faults, 2 wrong use, or no configuration to read.
`;

const OPTIONS = {
  function: { type: 'string', short: 'f' },
  region: { type: 'string', short: 'r' },
  profile: { type: 'string' },
  'no-send': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** Returns the exit code. */
export async function doctor(args: readonly string[]): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: OPTIONS,
      allowPositionals: true,
    });
    if (values.help) {
      process.stdout.write(USAGE);
      return 0;
    }
    const configuration = readInput(values, positionals);
    const examination = await examine(configuration, { canSend: !values['no-send'], aws: values });
    const text = values.json ? `${JSON.stringify(examination, null, 2)}\n` : toText(examination);
    process.stdout.write(text);
    return examination.findings.some(({ level }) => level === 'fault') ? 1 : 0;
  } catch (error) {
    if (!(error instanceof InputError) && !isWrongUse(error)) throw error;
    process.stderr.write(`${error.message}\nSee ${typed('doctor')} --help\n`);
    return 2;
  }
}

/** True for the errors of parseArgs about unknown options and missing values. */
function isWrongUse(error: unknown): error is Error {
  return (
    error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
  );
}

interface Values {
  readonly function?: string | undefined;
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
}

function readInput(values: Values, positionals: readonly string[]): FunctionConfiguration {
  const [file, ...others] = positionals;
  if (others.length > 0) throw new InputError(`expected one FILE, got ${positionals.length}`);
  if (values.function !== undefined) {
    if (file !== undefined) throw new InputError('expected FILE or --function, got both');
    return readFunctionConfiguration(askAws(values), `aws lambda get-function-configuration`);
  }
  return readFunctionConfiguration(readText(file), file ?? 'standard input');
}

function readText(file: string | undefined): string {
  if (file === undefined && process.stdin.isTTY) {
    throw new InputError('expected FILE, --function NAME, or the configuration on standard input');
  }
  try {
    return readFileSync(file === undefined ? 0 : toCallerPath(file), 'utf8');
  } catch (error) {
    throw new InputError(
      `${file ?? 'standard input'}: expected a readable file, got ${(error as NodeJS.ErrnoException).code ?? 'an error'}`,
    );
  }
}

function askAws(values: Values): string {
  const args = [
    'lambda',
    'get-function-configuration',
    '--function-name',
    values.function ?? '',
    '--output',
    'json',
    ...toOptions(values),
  ];
  const { status, stdout, stderr, error } = spawnSync('aws', args, { encoding: 'utf8' });
  if (error !== undefined)
    throw new InputError(`aws: expected the AWS CLI in PATH, got ${error.message}`);
  if (status === 0) return stdout;
  throw new InputError(
    `aws lambda get-function-configuration: ${stderr.trim() || `exit code ${String(status)}`}`,
  );
}
