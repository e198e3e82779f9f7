// Keeps build/layer up to date: it is built again if a source is newer.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '..');
const LAYER = join(ROOT, 'build/layer');
/** Everything that the build reads. `src/replay` is never in the layer. */
const SOURCES = ['src', 'layer', 'package.json', 'package-lock.json', 'tsconfig.json'];
const NOT_BUILT = [join(ROOT, 'src/replay'), join(ROOT, 'layer/templates')];

function newestMs(path: string): number {
  if (NOT_BUILT.includes(path)) return 0;
  const status = statSync(path, { throwIfNoEntry: false });
  if (status?.isDirectory() !== true) return status?.mtimeMs ?? 0;
  return Math.max(0, ...readdirSync(path).map((name) => newestMs(join(path, name))));
}

function builtMs(): number {
  return statSync(join(LAYER, 'extensions/lambda-otlp'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

export function isLayerBuilt(): boolean {
  // A package brings it, without the sources.
  if (!existsSync(join(ROOT, 'src/main.ts'))) return true;
  return builtMs() > Math.max(...SOURCES.map((source) => newestMs(join(ROOT, source))));
}

/** Builds if need be; the unpacked layer's folder. Throws when the build failed before it was there. */
export function ensureBuiltLayer(): string {
  if (isLayerBuilt()) return LAYER;
  const before = builtMs();
  try {
    execFileSync('npm', ['run', '--silent', 'build'], {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  } catch (error) {
    // The zips are written after the folder; test/layer checks their size.
    if (builtMs() === before) throw error;
    console.error(`the layer was built, its zips were not: ${String(error)}`);
  }
  return LAYER;
}
