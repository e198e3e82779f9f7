// moto: a server that plays CloudWatch Logs, X-Ray and other AWS APIs, from PyPI into a virtual environment of its own.
import path from 'node:path';
import type { CacheEntry } from './cache';
import { runCommand } from './run-command';

const VERSION = '5.2.5';

export const MOTO: CacheEntry = { name: 'moto', version: VERSION, file: 'venv/bin/python' };

/** Makes `<dir>/venv`; started as `python -m moto.server`, for scripts in a moved environment keep its old path. */
export async function installMoto(dir: string): Promise<void> {
  const options = { cwd: dir, logFile: path.join(dir, 'build.log') };
  await runCommand(['python3', '-m', 'venv', 'venv'], options);
  const python = path.join(dir, 'venv', 'bin', 'python');
  await runCommand(
    [python, '-m', 'pip', 'install', '--quiet', `moto[server]==${VERSION}`],
    options,
  );
}
