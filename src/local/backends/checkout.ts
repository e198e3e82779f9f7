// The checkout's root, found from this file, for configurations that the back ends are started with.
import path from 'node:path';

const CHECKOUT_DIR = path.resolve(__dirname, '..', '..', '..');

/** Absolute path of a file in collector-config/. */
export function collectorConfigPath(file: string): string {
  return path.join(CHECKOUT_DIR, 'collector-config', file);
}
