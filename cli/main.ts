// `lambda-otlp COMMAND`: one program for everything that a user of the layer does from a terminal.
import { resolve } from 'node:path';
import { doctor } from './doctor/main';
import { runVerify } from './verify/main';

const USAGE = `usage: lambda-otlp COMMAND [options]

  demo      runs a sample function with the layer in a local Lambda and shows what arrives
  local     runs your function with the layer in a local Lambda and shows what arrives
  replay    turns stored Telemetry API events into telemetry
  publish   publishes the layers to your account with the AWS CLI; a dry run without --execute
  doctor    says what a function's configuration makes of its telemetry, and whether it arrives
  verify    deploys test functions to your AWS account, compares, and deletes everything

lambda-otlp COMMAND --help tells more. Exit code: 0 success, 1 failure, 2 wrong use.
`;

/** Programs that read process.argv when they are loaded, as the npm scripts of the repository run them. */
const PROGRAMS: Readonly<Record<string, () => Promise<unknown>>> = {
  demo: () => import('../demo/demo'),
  local: () => import('../demo/local'),
  replay: () => import('../src/replay/main'),
  publish: () => import('../layer/publish'),
};
const COMMANDS: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  doctor,
  verify: (args) => runVerify(args, resolve(__dirname, '..')),
};

async function main([name = '', ...args]: readonly string[]): Promise<number | undefined> {
  if (name === '-h' || name === '--help') {
    process.stdout.write(USAGE);
    return 0;
  }
  if (Object.hasOwn(PROGRAMS, name)) {
    process.argv.splice(2, 1);
    await PROGRAMS[name]?.();
    return undefined;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command !== undefined) return command(args);
  process.stderr.write(
    `${name === '' ? 'expected a command' : `unknown command '${name}'`}\n\n${USAGE}`,
  );
  return 2;
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
