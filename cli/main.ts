// `lambda-otlp COMMAND`: one program for everything that users of the layer do in a terminal.
import { resolve } from 'node:path';
import { version } from '../package.json';
import { countSlips } from '../src/misspelt-settings';
import { COMMAND_NAMES, type CommandName } from './command-line';
import { doctor } from './doctor/main';
import { runVerify } from './verify/main';

const USAGE = `usage: lambda-otlp COMMAND [options]

  demo      runs a sample function with the layer in a local Lambda and shows what arrives
  local     runs your function with the layer in a local Lambda and shows what arrives
  replay    turns stored Telemetry API events into telemetry
  publish   publishes the layers to your account with the AWS CLI; a dry run without --execute
  doctor    says what a function's configuration makes of its telemetry, and whether it arrives
  verify    deploys test functions to your AWS account, compares, and deletes everything

  -h, --help      this text; after a command, its own
  -V, --version   the version

Exit code: 0 success, 1 failure, 2 wrong use.
`;

/** Programs that read process.argv when they are loaded, as the npm scripts of the repository run them. */
const PROGRAMS = {
  demo: () => import('../demo/demo'),
  local: () => import('../demo/local'),
  replay: () => import('../src/replay/main'),
  publish: () => import('../layer/publish'),
} satisfies Partial<Record<CommandName, () => Promise<unknown>>>;
/** Names that differ by more characters are not treated as misspelt. */
const MAX_SLIPS = 2;

async function main([name = '', ...args]: readonly string[]): Promise<number | undefined> {
  switch (name) {
    case '-h':
    case '--help':
      process.stdout.write(USAGE);
      return 0;
    case '-V':
    case '--version':
      process.stdout.write(`${version}\n`);
      return 0;
    case 'doctor':
      return doctor(args);
    case 'verify':
      return runVerify(args, resolve(__dirname, '..'));
    case 'demo':
    case 'local':
    case 'replay':
    case 'publish':
      process.argv.splice(2, 1);
      await PROGRAMS[name]();
      return undefined;
    default:
      process.stderr.write(`${toComplaint(name)}\n\n${USAGE}`);
      return 2;
  }
}

function toComplaint(name: string): string {
  if (name === '') return 'expected a command, got none';
  if (name.startsWith('-'))
    return `expected a command, got the option '${name}': options follow the command`;
  const [nearest] = COMMAND_NAMES.map((command) => ({ command, slips: countSlips(name, command) }))
    .filter(({ command, slips }) => slips <= MAX_SLIPS || command.startsWith(name))
    .sort((one, other) => one.slips - other.slips);
  const suggestion = nearest === undefined ? '' : `; did you mean '${nearest.command}'?`;
  return `unknown command '${name}'${suggestion}`;
}

main(process.argv.slice(2)).then(
  (code) => {
    if (code !== undefined) process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
