// Runs an extension under a memory limit, as a small function does: a control group where one may be
// made, else prlimit --data, else not at all. Linux only.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface MemoryLimit {
  /** The mechanism that enforces the limit. */
  readonly by: string;
  wrap(command: readonly string[]): readonly string[];
  close(): void;
}

const GROUPS = [
  { folder: '/sys/fs/cgroup', limit: 'memory.max', by: 'control group v2' },
  { folder: '/sys/fs/cgroup/memory', limit: 'memory.limit_in_bytes', by: 'control group v1' },
] as const;

function createGroup(
  { folder, limit, by }: (typeof GROUPS)[number],
  maxBytes: number,
): MemoryLimit | undefined {
  const group = join(folder, `lambda-otlp-bench-${process.pid}`);
  const remove = (): void => {
    try {
      rmdirSync(group);
    } catch {
      // It was not made, or a dying process still is in it; an empty group costs nothing.
    }
  };
  try {
    mkdirSync(group);
    if (!existsSync(join(group, limit))) throw new Error('no memory controller');
    writeFileSync(join(group, limit), String(maxBytes));
  } catch {
    remove();
    return undefined;
  }
  const enter = 'echo $$ > "$0" && exec "$@"';
  return {
    by,
    wrap: (command) => ['/bin/sh', '-c', enter, join(group, 'cgroup.procs'), ...command],
    close: remove,
  };
}

/** Undefined where no limit can be set. */
export function createMemoryLimit(maxBytes: number): MemoryLimit | undefined {
  if (process.platform !== 'linux') return undefined;
  for (const group of GROUPS) {
    const made = createGroup(group, maxBytes);
    if (made !== undefined) return made;
  }
  const prlimit = ['prlimit', `--data=${maxBytes}`];
  if (spawnSync('prlimit', [`--data=${maxBytes}`, 'true']).status !== 0) return undefined;
  return {
    by: 'prlimit --data',
    wrap: (command) => [...prlimit, ...command],
    close: () => undefined,
  };
}
