// The AWS CLI as the one way to AWS, and docker's: their credentials, regions and profiles are the user's, and every
// call can be printed, repeated by hand, and replaced by a stand-in in tests.
import { spawn } from 'node:child_process';
import { toShellLine } from '../../layer/publish-plan';

export interface RunOptions {
  /** What the program reads on its standard input. */
  readonly input?: string;
  /** Ends the program. Without it the call is finished, whatever happens: it makes or deletes something. */
  readonly signal?: AbortSignal;
}

export interface Tool {
  /** Standard output. Rejects with a ToolError when the program is not there or fails. */
  run(args: readonly string[], options?: RunOptions): Promise<string>;
  /** The call as a person types it. */
  toLine(args: readonly string[]): string;
}

export class ToolError extends Error {}

export interface ToolDescription {
  readonly program: 'aws' | 'docker';
  /** Follow every call: region and profile. */
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

/** A process group of its own: Ctrl-C in the terminal is for this program, which finishes what it has begun. */
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
    // One that ends without reading is its own matter.
    child.stdin.on('error', () => undefined).end(input ?? '');
  });
}
