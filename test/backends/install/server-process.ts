// A back end's process on loopback: started, waited for until it answers, stopped always — also when this process
// ends first — with its newest output kept for whoever has to explain a failure.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

export interface ServerCommand {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Asked again and again until it is true; a rejection counts as not yet. */
  readonly isReady: () => Promise<boolean>;
  readonly readyWithinMs?: number;
}

export interface ServerProcess {
  readonly name: string;
  readonly pid: number;
  /** The newest lines of stdout and stderr together. */
  output(): string;
  /** SIGTERM, after 5 s SIGKILL; resolves when the process is gone. Calling it again is harmless. */
  stop(): Promise<void>;
}

const READY_WITHIN_MS = 60_000;
const POLL_MS = 50;
const STOP_WITHIN_MS = 5000;
const KEPT_OUTPUT_CHARS = 60_000;

/** Rejects, with the process's output, when it exits before it is ready or is not ready in time. */
export async function startServer(server: ServerCommand): Promise<ServerProcess> {
  const [file, ...args] = server.command;
  const child = spawn(file, args, {
    env: { ...process.env, ...server.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(server.cwd === undefined ? {} : { cwd: server.cwd }),
  });
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString('utf8')).slice(-KEPT_OUTPUT_CHARS);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const life = watch(child);
  const stop = (): Promise<void> => stopChild(child, life.ended);
  try {
    await untilReady(server, life.endedWith);
  } catch (error) {
    await stop();
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${server.name}: ${reason}; its output:\n${output}`, { cause: error });
  }
  return { name: server.name, pid: child.pid ?? 0, output: () => output, stop };
}

interface Life {
  readonly ended: Promise<void>;
  /** Why the process is no more; undefined while it runs. */
  readonly endedWith: () => string | undefined;
}

function watch(child: ChildProcess): Life {
  let endedWith: string | undefined;
  const killAtExit = (): void => void child.kill('SIGKILL');
  process.once('exit', killAtExit);
  const ended = new Promise<void>((resolve) => {
    const end = (why: string): void => {
      endedWith ??= why;
      process.removeListener('exit', killAtExit);
      resolve();
    };
    child.once('error', (error) => end(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) =>
      end(`ended with ${signal ?? `exit code ${String(code)}`}`),
    );
  });
  return { ended, endedWith: () => endedWith };
}

async function untilReady(
  server: ServerCommand,
  endedWith: () => string | undefined,
): Promise<void> {
  const withinMs = server.readyWithinMs ?? READY_WITHIN_MS;
  const giveUpAtMs = performance.now() + withinMs;
  while (!(await server.isReady().catch(() => false))) {
    const end = endedWith();
    if (end !== undefined) throw new Error(`${end} before it was ready`);
    if (performance.now() > giveUpAtMs) throw new Error(`was not ready within ${withinMs} ms`);
    await delay(POLL_MS);
  }
}

async function stopChild(child: ChildProcess, ended: Promise<void>): Promise<void> {
  child.kill('SIGTERM');
  const killer = setTimeout(() => void child.kill('SIGKILL'), STOP_WITHIN_MS);
  await ended;
  clearTimeout(killer);
}
