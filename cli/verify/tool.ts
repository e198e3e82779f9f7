// Runs the AWS CLI and docker. They use the user's own credentials, regions and profiles, and every call can be
// printed, repeated by hand, and replaced by a stand-in in tests.
import { spawn } from 'node:child_process';
import { toShellLine } from '../../layer/publish-plan';

export interface RunOptions {
  /** The program's standard input. */
  readonly input?: string;
  /** Ends the program. Without it the call is always completed, because it creates or deletes something. */
  readonly signal?: AbortSignal;
}

export interface Tool {
  /** Returns the standard output. Rejects with a ToolError if the program is missing or fails. */
  run(args: readonly string[], options?: RunOptions): Promise<string>;
  /** The call as a person types it. */
  toLine(args: readonly string[]): string;
}

export class ToolError extends Error {}

export interface ToolDescription {
  readonly program: 'aws' | 'docker';
  /** Appended to every call: region and profile. */
  readonly common?: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
}

const NAMES = { aws: 'the AWS CLI', docker: 'docker' } as const;

export function createTool(description: ToolDescription): Tool {
  const { program, common = [] } = description;
  return {
    run: (args, options = {}) => start(description, args, options),
    toLine: (args) => toShellLine([program, ...args, ...common]),
  };
}

/** Starts it in its own process group, so that Ctrl-C reaches only this program, which finishes what it has begun. */
function start(
  { program, common = [], variables = {} }: ToolDescription,
  args: readonly string[],
  { input, signal }: RunOptions,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args, ...common], {
      detached: true,
      env: { ...process.env, ...variables },
      ...(signal !== undefined && { signal }),
    });
    const output: Buffer[] = [];
    const complaints: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk));
    child.on('error', ({ message }) =>
      reject(new ToolError(`${program}: expected ${NAMES[program]} in PATH, got ${message}`)),
    );
    child.on('close', (status) => {
      if (status === 0) {
        resolve(Buffer.concat(output).toString('utf8'));
        return;
      }
      const said = Buffer.concat(complaints).toString('utf8').trim();
      const why = said || `exit code ${String(status)}`;
      reject(new ToolError(`${program} ${args.slice(0, 2).join(' ')}: ${why}`));
    });
    // A program may end without reading its input.
    child.stdin.on('error', () => undefined).end(input ?? '');
  });
}
