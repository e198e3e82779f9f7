// What a layer holds, as data: Lambda unpacks a layer to /opt and starts every executable in
// /opt/extensions, so these paths are the contract with the service and with the start script.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleExtension, type Bundle } from './bundle';
import { formatLayerLicenses } from './licenses';
import { stripShellComments } from './minify';
import type { ZipEntry } from './zip';

export interface BuiltLayer {
  readonly files: readonly ZipEntry[];
  readonly bundle: Bundle;
  readonly version: string;
}

const START_SCRIPT = 'layer/lambda-otlp.sh';
const ENTRY = 'src/main.ts';

/** @throws when a source of the layer is missing, naming it. */
function readSource(root: string, path: string): Buffer {
  const file = join(root, path);
  if (existsSync(file)) return readFileSync(file);
  throw new Error(`${path}: expected in the checkout, found none; the layer cannot be built`);
}

/**
 * The files of the layer for Node.js runtimes, built from the checkout at `root`.
 * @throws when a source is missing or does not build, or a licence is missing.
 */
export async function buildNodeLayer(root: string): Promise<BuiltLayer> {
  const manifest = JSON.parse(readSource(root, 'package.json').toString('utf8')) as {
    readonly version: string;
  };
  const script = stripShellComments(readSource(root, START_SCRIPT).toString('utf8'));
  readSource(root, ENTRY);
  const bundle = await bundleExtension({ root, entry: ENTRY, version: manifest.version });
  const programs = bundle.files.map(({ name, contents }) => ({
    path: `lambda-otlp/${name}`,
    contents,
  }));
  const files: ZipEntry[] = [
    { path: 'extensions/lambda-otlp', contents: Buffer.from(script), executable: true },
    ...programs,
    { path: 'lambda-otlp/LICENSES.txt', contents: Buffer.from(formatLayerLicenses(root, bundle)) },
  ];
  return { files, bundle, version: manifest.version };
}
