// Kills the children's process groups when this process ends, however it ends: a small shell holds
// the list, acts at the end of its input and removes the environment's directory, so that no frozen process outlives
// even a SIGKILL.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

export interface ProcessGuard {
  add(pid: number): void;
  remove(pid: number): void;
  close(): void;
}

const SCRIPT = `live=
while read -r operation pid; do
  if [ "$operation" = add ]; then live="$live $pid"; continue; fi
  rest=
  for other in $live; do [ "$other" = "$pid" ] || rest="$rest $other"; done
  live=$rest
done
for pid in $live; do kill -s KILL -- "-$pid" 2>/dev/null; done
rm -rf -- "$1"`;

const GUARDS = new Set<ProcessGuard & { killAll(): void }>();

function killEverything(): void {
  for (const guard of GUARDS) guard.killAll();
}

function endBySignal(signal: NodeJS.Signals): void {
  // If there is another listener, it handles the signal and may want to end the processes in order.
  if (process.listenerCount(signal) > 0) return;
  killEverything();
  process.kill(process.pid, signal);
}

const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

function watchProcessEnd(): void {
  process.once('exit', killEverything);
  for (const signal of SIGNALS) process.once(signal, endBySignal);
}

function unwatchProcessEnd(): void {
  process.off('exit', killEverything);
  for (const signal of SIGNALS) process.off(signal, endBySignal);
}

/** Sends a signal to a process group; false if it no longer exists. */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}

function spawnShell(temporaryDirectory: string): ChildProcess {
  const shell = spawn('/bin/sh', ['-c', SCRIPT, 'guard', temporaryDirectory], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  shell.on('error', () => undefined);
  shell.stdin.on('error', () => undefined);
  shell.unref();
  return shell;
}

/** `temporaryDirectory`: removed at the end, too. */
export function createProcessGuard(temporaryDirectory: string): ProcessGuard {
  const shell = spawnShell(temporaryDirectory);
  const live = new Set<number>();
  const guard = {
    add(pid: number) {
      live.add(pid);
      shell.stdin?.write(`add ${pid}\n`);
    },
    remove(pid: number) {
      live.delete(pid);
      if (shell.stdin?.writable === true) shell.stdin.write(`remove ${pid}\n`);
    },
    killAll() {
      for (const pid of live) signalGroup(pid, 'SIGKILL');
    },
    close() {
      guard.killAll();
      GUARDS.delete(guard);
      if (GUARDS.size === 0) unwatchProcessEnd();
      shell.stdin?.end();
    },
  };
  if (GUARDS.size === 0) watchProcessEnd();
  GUARDS.add(guard);
  return guard;
}
