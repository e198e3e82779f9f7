// The checkout's root, found from this file, for configurations that the back ends are started with.
import path from 'node:path';

const CHECKOUT_DIR = path.resolve(__dirname, '..', '..', '..');

/** Absolute path of a file in collector-config/; an absolute path stays as it is. */
export function collectorConfigPath(file: string): string {
  return path.resolve(CHECKOUT_DIR, 'collector-config', file);
}
