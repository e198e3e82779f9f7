// The shape of the machine and the date: what a reader needs to compare figures. No names, no paths.
import { spawnSync } from 'node:child_process';
import { arch, availableParallelism, cpus, platform, totalmem } from 'node:os';

export interface Machine {
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
}

/** `node`: the program that runs the extensions. Throws when it does not run. */
export function describeMachine(node: string): Machine {
  const { stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' });
  const version = (stdout as string | null)?.trim() ?? '';
  if (version === '') throw new Error(`--node: expected a Node.js program, got '${node}'`);
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: cpus()[0]?.model.trim() ?? 'unknown CPU',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${arch()}`,
    node: version,
  };
}

export function formatMachine({ date, cpu, cores, memoryGb, system, node }: Machine): string {
  return `${date}, ${cpu}, ${cores} cores, ${memoryGb} GB, ${system}, Node.js ${node}`;
}
