// Jest's globalSetup: the layer with the native host must be there and of now. It is not built here, because
// tests start no cargo.
import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { hostLayer } from './host-layer';

const ROOT = resolve(__dirname, '../..');
const SOURCES = ['src', 'host/src', 'host/shim', 'host/Cargo.lock', 'package-lock.json'];
const NOT_BUILT = [join(ROOT, 'src/replay')];

function newestMs(path: string): number {
  if (NOT_BUILT.includes(path)) return 0;
  const status = statSync(path);
  if (!status.isDirectory()) return status.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newestMs(join(path, name))));
}

export default function requireLayer(): void {
  const built = statSync(join(hostLayer, 'lambda-otlp/main.qbc'), { throwIfNoEntry: false });
  const neededMs = Math.max(...SOURCES.map((source) => newestMs(join(ROOT, source))));
  if (built !== undefined && built.mtimeMs >= neededMs) return;
  const seen = built === undefined ? 'there is none' : 'its sources are newer';
  throw new Error(
    `${hostLayer}: expected the layer of now, ${seen}; npm run build -- --standalone`,
  );
}
