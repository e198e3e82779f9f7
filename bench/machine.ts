// The shape of the machine and the date: what a reader needs to compare figures. No names, no paths.
import { spawnSync } from 'node:child_process';
import { arch, availableParallelism, cpus, loadavg, platform, totalmem } from 'node:os';

export interface Machine {
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  /** The load of the minute before; a high one means that other work disturbed the run. */
  readonly loadAverage: number;
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
    loadAverage: Math.round((loadavg()[0] ?? 0) * 10) / 10,
  };
}

export function formatMachine(machine: Machine): string {
  const { date, cpu, cores, memoryGb, system, node, loadAverage } = machine;
  const shape = `${cpu}, ${cores} cores, ${memoryGb} GB, ${system}, Node.js ${node}`;
  return `${date}, ${shape}, load average before the run ${loadAverage}`;
}
