// `lambda-otlp COMMAND`: one program for everything that a user of the layer does from a terminal.
import { resolve } from 'node:path';
import { doctor } from './doctor/main';
import { runVerify } from './verify/main';

const USAGE = `usage: lambda-otlp COMMAND [options]

  doctor    says what a function's configuration makes of its telemetry, and whether it arrives
  verify    deploys test functions to your AWS account, compares, and deletes everything

lambda-otlp COMMAND --help tells more. Exit code: 0 success, 1 failure, 2 wrong use.
`;

const COMMANDS: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  doctor,
  verify: (args) => runVerify(args, resolve(__dirname, '..')),
};

async function main([name = '', ...args]: readonly string[]): Promise<number> {
  if (name === '-h' || name === '--help') {
    process.stdout.write(USAGE);
    return 0;
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
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
