// A process of the environment: in its own group, so that it can be frozen, thawed and killed with
// its children; its output cut into log lines. Exit is observed, never thrown.
import { spawn } from 'node:child_process';
import { StringDecoder } from 'node:string_decoder';
import { preciseNowMs } from './clock';
import { createLogFrames } from './log-frames';
import type { LogFrame } from './log-frames';
import { createLogLines } from './log-lines';
import { signalGroup } from './process-guard';
import type { ProcessGuard } from './process-guard';

interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly atMs: number;
}

export interface ManagedProcess {
  readonly name: string;
  /** 0 when the process could not be started. */
  readonly pid: number;
  readonly spawnedAtMs: number;
  readonly exit: ProcessExit | undefined;
  /** Why it could not be started, e.g. EACCES. */
  readonly launchError: string | undefined;
  signal(signal: NodeJS.Signals): void;
  /** SIGKILL to the whole group, frozen or not. */
  kill(): void;
}

export interface ProcessOptions {
  readonly name: string;
  readonly command: readonly string[];
  readonly workingDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly guard: ProcessGuard;
  readonly onLine: (line: string) => void;
  readonly onChunk: (chunk: string) => void;
  /** Reads log frames from file descriptor 3 and names it in _LAMBDA_TELEMETRY_LOG_FD. */
  readonly onFrame?: (frame: LogFrame) => void;
  /** Called when the process ended and its output was read, or when it could not be started. */
  readonly onExit: () => void;
}

const FRAME_FD = 3;

function launch(options: ProcessOptions): ReturnType<typeof spawn> {
  const [file = '', ...parameters] = options.command;
  const framed = options.onFrame !== undefined;
  return spawn(file, parameters, {
    cwd: options.workingDirectory,
    env: framed
      ? { ...options.environment, _LAMBDA_TELEMETRY_LOG_FD: String(FRAME_FD) }
      : { ...options.environment },
    detached: true,
    stdio: framed ? ['ignore', 'pipe', 'pipe', 'pipe'] : ['ignore', 'pipe', 'pipe'],
  });
}

export function startProcess(options: ProcessOptions): ManagedProcess {
  const spawnedAtMs = preciseNowMs();
  let exit: ProcessExit | undefined;
  let launchError: string | undefined;
  const child = launch(options);
  const pid = child.pid ?? 0;
  if (pid > 0) options.guard.add(pid);

  const lines = [child.stdout, child.stderr].map((stream) => {
    const cutter = createLogLines(options.onLine);
    const decoder = new StringDecoder('utf8');
    stream?.on('data', (chunk: Buffer) => {
      options.onChunk(decoder.write(chunk));
      cutter.write(chunk);
    });
    stream?.on('error', () => undefined);
    return cutter;
  });
  const { onFrame } = options;
  if (onFrame !== undefined) {
    const frames = createLogFrames(onFrame);
    const stream = child.stdio[FRAME_FD] as NodeJS.ReadableStream | null | undefined;
    stream?.on('data', (chunk: Buffer) => frames.write(chunk));
    stream?.on('error', () => undefined);
  }

  const finish = (code: number | null, signal: NodeJS.Signals | null): void => {
    if (exit !== undefined) return;
    exit = { code, signal, atMs: preciseNowMs() };
    if (pid > 0) {
      // Grandchildren must not outlive the process that started them.
      signalGroup(pid, 'SIGKILL');
      options.guard.remove(pid);
    }
    for (const cutter of lines) cutter.end();
    options.onExit();
  };
  child.on('error', (error: NodeJS.ErrnoException) => {
    launchError = error.code ?? error.message;
    if (pid === 0) finish(null, null);
  });
  child.on('exit', (code, signal) => {
    // Grandchildren may keep the pipes open, but output from before the exit is read within a turn of the event loop.
    const give = setTimeout(() => finish(code, signal), 20);
    child.once('close', () => {
      clearTimeout(give);
      finish(code, signal);
    });
  });

  return {
    name: options.name,
    pid,
    spawnedAtMs,
    get exit() {
      return exit;
    },
    get launchError() {
      return launchError;
    },
    signal(signal) {
      if (pid > 0 && exit === undefined) signalGroup(pid, signal);
    },
    kill() {
      if (pid > 0 && exit === undefined) signalGroup(pid, 'SIGKILL');
    },
  };
}
