// Gives an extension a share of a CPU, as Lambda does: all of it during init, then memory / 1769 MB of one in
// periods of 20 ms. By a control group, where one may be made; else not at all. Linux only.
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface CpuLimit {
  wrap(command: readonly string[]): readonly string[];
  /** Called after init: limits the CPU to the share of a function with this much memory. */
  limit(memoryMb: number): void;
  /** To be called after the processes have ended. */
  close(): void;
}

const PERIOD_US = 20_000;
/** Lambda Developer Guide, "Configure Lambda function memory": one vCPU. */
const MB_OF_ONE_CPU = 1_769;

type Limiter = (quotaUs: number) => readonly [file: string, text: string][];

const GROUPS: readonly { readonly folder: string; readonly settings: Limiter }[] = [
  { folder: '/sys/fs/cgroup', settings: (quota) => [['cpu.max', `${quota} ${PERIOD_US}`]] },
  {
    folder: '/sys/fs/cgroup/cpu',
    settings: (quota) => [
      ['cpu.cfs_period_us', String(PERIOD_US)],
      ['cpu.cfs_quota_us', String(quota)],
    ],
  },
];

let made = 0;

/** Undefined where no limit can be set. */
export function createCpuLimit(): CpuLimit | undefined {
  if (process.platform !== 'linux') return undefined;
  made += 1;
  for (const { folder, settings } of GROUPS) {
    const group = join(folder, `lambda-otlp-bench-cpu-${process.pid}-${made}`);
    const close = (): void => {
      try {
        rmdirSync(group);
      } catch {
        // It was not made, or a dying process still is in it; an empty group costs nothing.
      }
    };
    try {
      mkdirSync(group);
      const [[file] = ['']] = settings(0);
      if (!existsSync(join(group, file))) throw new Error('no CPU controller');
    } catch {
      close();
      continue;
    }
    const enter = 'echo $$ > "$0" && exec "$@"';
    return {
      wrap: (command) => ['/bin/sh', '-c', enter, join(group, 'cgroup.procs'), ...command],
      limit(memoryMb) {
        const quotaUs = Math.round((PERIOD_US * memoryMb) / MB_OF_ONE_CPU);
        for (const [name, text] of settings(quotaUs)) writeFileSync(join(group, name), text);
      },
      close,
    };
  }
  return undefined;
}
