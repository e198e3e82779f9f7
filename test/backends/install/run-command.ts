// Runs a build command to its end with low priority; its output goes to one log file, whose tail is in the error
// when the command fails, so a person sees the reason without a thousand lines of compiler output.
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';
import { finished } from 'node:stream/promises';

export interface CommandOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** File that takes stdout and stderr, appended. */
  readonly logFile: string;
}

const TAIL_LINES = 25;

/** Resolves with the command's stdout; rejects, with the log's tail, on any exit code but 0. */
export async function runCommand(
  command: readonly [string, ...string[]],
  options: CommandOptions,
): Promise<string> {
  const [file, ...args] = command;
  const log = createWriteStream(options.logFile, { flags: 'a' });
  log.write(`$ ${command.join(' ')}\n`);
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (child.pid !== undefined) lowerPriority(child.pid);
  const stdout: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const outcome = await new Promise<string | undefined>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) =>
      resolve(code === 0 ? undefined : `ended with ${signal ?? `exit code ${String(code)}`}`),
    );
  });
  log.end();
  await finished(log);
  if (outcome !== undefined) {
    const tail = (await readFile(options.logFile, 'utf8')).trimEnd().split('\n').slice(-TAIL_LINES);
    throw new Error(`${command.join(' ')}: ${outcome}; end of its output:\n${tail.join('\n')}`);
  }
  return Buffer.concat(stdout).toString('utf8');
}

function lowerPriority(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW - 9);
  } catch {
    // The command has ended already, or the system does not allow it: it only means a less polite build.
  }
}
