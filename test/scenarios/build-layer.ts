// Jest's globalSetup of the tests that run the built layer: builds it once per run, and only when a
// source is newer than what was built.
import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');
const BUILT = join(ROOT, 'build/layer/extensions/lambda-otlp');
/** Everything that the build reads. `src/replay` is never in the layer. */
const SOURCES = ['src', 'layer', 'package.json', 'package-lock.json', 'tsconfig.json'];
const NOT_BUILT = [join(ROOT, 'src/replay'), join(ROOT, 'layer/templates')];

function newestMs(path: string): number {
  if (NOT_BUILT.includes(path)) return 0;
  const status = statSync(path);
  if (!status.isDirectory()) return status.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newestMs(join(path, name))));
}

function builtMs(): number {
  return statSync(BUILT, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

export default function buildLayer(): void {
  const before = builtMs();
  if (before > Math.max(...SOURCES.map((source) => newestMs(join(ROOT, source))))) return;
  try {
    execFileSync('npm', ['run', '--silent', 'build'], {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  } catch (error) {
    // The size of the zips, which come after the folder, is the matter of test/layer.
    if (builtMs() === before) throw error;
    console.error(`the layer was built, its zips were not: ${String(error)}`);
  }
}
