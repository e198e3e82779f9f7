// Enforces the function's memory: the memory of the environment's processes is watched while they run, and if it
// exceeds the limit the largest process is killed, as the kernel of the service does. Linux only.
import { readProcessMemory } from './process-statistics';
import type { ProcessMemory } from './process-statistics';
import type { ManagedProcess } from './managed-process';
import type { FunctionSettings } from './local-lambda-options';
import type { StateWatch } from './state-watch';

/** The parts of a sandbox that are read and changed here. */
interface LimitedSandbox {
  readonly settings: Pick<FunctionSettings, 'memorySizeMb'>;
  readonly watch: Pick<StateWatch, 'changed'>;
  readonly frozen: boolean;
  readonly stopping: boolean;
  readonly runtime: ManagedProcess | undefined;
  fatalErrorType: string | undefined;
  outOfMemory: boolean;
  processes(): readonly ManagedProcess[];
}

const LOOK_EVERY_MS = 20;
const MIB = 1024 * 1024;

/**
 * Bytes that the processes hold together. Pages of files (the binaries, which runtime and extensions
 * often share) count once, as large as the largest process has them.
 */
export function sumMemory(memories: readonly ProcessMemory[]): number {
  const own = memories.reduce((total, { ownBytes }) => total + ownBytes, 0);
  return own + Math.max(0, ...memories.map(({ fileBytes }) => fileBytes));
}

interface Measured {
  readonly process: ManagedProcess;
  readonly memory: ProcessMemory;
}

function measure(sandbox: LimitedSandbox): readonly Measured[] {
  return sandbox.processes().flatMap((process) => {
    const memory = process.exit === undefined ? readProcessMemory(process.pid) : undefined;
    return memory === undefined ? [] : [{ process, memory }];
  });
}

function look(sandbox: LimitedSandbox): void {
  if (sandbox.frozen || sandbox.stopping) return;
  const measured = measure(sandbox);
  const limitBytes = sandbox.settings.memorySizeMb * MIB;
  if (sumMemory(measured.map(({ memory }) => memory)) <= limitBytes) return;
  const [largest] = [...measured].sort((a, b) => b.memory.ownBytes - a.memory.ownBytes);
  if (largest === undefined) return;
  sandbox.outOfMemory = true;
  if (largest.process === sandbox.runtime) sandbox.fatalErrorType ??= 'Runtime.OutOfMemory';
  largest.process.kill();
  sandbox.watch.changed();
}

/** Limits the sandbox's processes to `memorySizeMb`; returns a function that ends that. */
export function limitMemory(sandbox: LimitedSandbox): () => void {
  const timer = setInterval(() => look(sandbox), LOOK_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
