// No process outlives the one that started it, however that ends, even when all are frozen.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { eventually } from './probe-run';

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'children end with a parent that gets %s',
  async (signal) => {
    const parent = spawn(
      process.execPath,
      ['-r', 'esbuild-register', join(__dirname, 'fixtures', 'parent.ts')],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pids = JSON.parse(line.toString()) as readonly number[];
    expect(pids.map(isAlive)).toEqual([true, true]);
    parent.kill(signal);
    await once(parent, 'exit');
    await eventually(() => !pids.some(isAlive));
  },
);
