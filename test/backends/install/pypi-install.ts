// Python packages, each in a virtual environment of its own: moto, a server that plays AWS APIs, and awslambdaric,
// AWS's own runtime for Python functions.
import path from 'node:path';
import type { CacheEntry } from './cache';
import { runCommand } from './run-command';

const PYTHON = 'venv/bin/python';

export const MOTO: CacheEntry = { name: 'moto', version: '5.2.5', file: PYTHON };
export const PYTHON_RUNTIME: CacheEntry = { name: 'awslambdaric', version: '4.2.2', file: PYTHON };

/** Makes `<dir>/venv` with one package; run it as `python -m`, for scripts of a moved environment keep its old path. */
export async function installPyPi(requirement: string, dir: string): Promise<void> {
  const options = { cwd: dir, logFile: path.join(dir, 'build.log') };
  await runCommand(['python3', '-m', 'venv', 'venv'], options);
  const python = path.join(dir, 'venv', 'bin', 'python');
  await runCommand([python, '-m', 'pip', 'install', '--quiet', requirement], options);
}
