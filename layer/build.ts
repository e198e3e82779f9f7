// `npm run build [-- --standalone]`: writes build/layer (what Lambda unpacks to /opt) and its zips.
// The folder is replaced at the end in one step, so that a failed build leaves the last one whole.
import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { duplicatedBytes, type Bundle } from './bundle';
import { ARCHITECTURES, type Architecture } from './host-toolchain';
import { buildNodeLayer } from './layer-files';
import { buildStandaloneLayer } from './standalone-layer';
import { createZip, type ZipEntry } from './zip';

const ROOT = resolve(__dirname, '..');

/** Lambda's limit for the zip of a layer that is uploaded directly, not through S3. */
const MAX_DIRECT_UPLOAD_BYTES = 50 * 1024 * 1024;
/** Lambda's limit for a function and all of its layers, unpacked. */
const MAX_UNPACKED_BYTES = 250 * 1024 * 1024;
/** Our own limit for the layer that uses the runtime's Node.js. */
const MAX_NODE_ZIP_BYTES = 155 * 1024;
/** Our own limit for the layers with the native host. */
const MAX_STANDALONE_ZIP_BYTES = 2.5 * 1024 * 1024;

const USAGE = `usage: npm run build -- [options]

Builds the layer for Node.js runtimes: build/layer, as Lambda unpacks it to /opt, and build/lambda-otlp-node.zip.

  --standalone          also the layers for any runtime, of the native host (needs Rust, cargo-zigbuild and zig)
  --arch x86_64|arm64   of these one only, repeatable (default: both)
  --out FOLDER          where to write (default: build)
  -h, --help            this text`;

interface Options {
  readonly out: string;
  readonly standalone: readonly Architecture[];
}

/** Undefined: help is asked for. @throws on unknown arguments and architectures. */
function readOptions(args: string[]): Options | undefined {
  const { values } = parseArgs({
    args,
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      standalone: { type: 'boolean', default: false },
      arch: { type: 'string', multiple: true },
      out: { type: 'string', default: join(ROOT, 'build') },
    },
  });
  if (values.help) return undefined;
  const wanted = (values.arch ?? ARCHITECTURES).map((name) => {
    const architecture = ARCHITECTURES.find((known) => known === name);
    if (architecture !== undefined) return architecture;
    throw new Error(`--arch: expected ${ARCHITECTURES.join(' or ')}, got '${name}'`);
  });
  return { out: resolve(values.out), standalone: values.standalone ? wanted : [] };
}

function writeLayerFolder(files: readonly ZipEntry[], folder: string): void {
  const fresh = `${folder}.${process.pid}.new`;
  const old = `${folder}.${process.pid}.old`;
  for (const { path, contents, executable } of files) {
    const target = join(fresh, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, contents);
    // Explicitly: the mode given to writeFileSync is subject to the umask.
    chmodSync(target, executable === true ? 0o755 : 0o644);
  }
  try {
    renameSync(folder, old);
  } catch {
    // There was none.
  }
  renameSync(fresh, folder);
  rmSync(old, { recursive: true, force: true });
}

const kilobytes = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KB`;

function writeZip(files: readonly ZipEntry[], path: string): number {
  const zip = createZip(files);
  writeFileSync(`${path}.${process.pid}`, zip);
  renameSync(`${path}.${process.pid}`, path);
  const unpackedBytes = files.reduce((sum, file) => sum + file.contents.byteLength, 0);
  const sizes = `${kilobytes(zip.length)} zipped, ${kilobytes(unpackedBytes)} unpacked`;
  console.log(`${relative(process.cwd(), path)}: ${sizes}`);
  if (zip.length <= MAX_DIRECT_UPLOAD_BYTES && unpackedBytes <= MAX_UNPACKED_BYTES)
    return zip.length;
  const limits = `${kilobytes(MAX_DIRECT_UPLOAD_BYTES)} zipped, ${kilobytes(MAX_UNPACKED_BYTES)} unpacked`;
  throw new Error(`${path}: expected at most ${limits}, which is Lambda's limit, got ${sizes}`);
}

function reportBundle(bundle: Bundle): void {
  for (const { name, contents } of bundle.files) {
    console.log(`  lambda-otlp/${name}: ${kilobytes(contents.byteLength)}`);
  }
  const packages = kilobytes(duplicatedBytes(bundle, 'node_modules'));
  console.log(
    `  in more than one file: ${kilobytes(duplicatedBytes(bundle, 'src'))} of src, ${packages} of packages`,
  );
}

/** The zip, and the folder that container images copy to /opt. */
async function writeStandalone(
  architecture: Architecture,
  bundle: Bundle,
  out: string,
): Promise<void> {
  const files = await buildStandaloneLayer(ROOT, architecture, bundle);
  writeLayerFolder(files, join(out, `layer-${architecture}`));
  const zipBytes = writeZip(files, join(out, `lambda-otlp-${architecture}.zip`));
  warnAbove(MAX_STANDALONE_ZIP_BYTES, zipBytes);
}

function warnAbove(maxBytes: number, zipBytes: number): void {
  if (zipBytes <= maxBytes) return;
  console.error(`warning: expected a zip of at most ${kilobytes(maxBytes)}; see README, "Layers"`);
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) {
    console.log(USAGE);
    return;
  }
  const { files, bundle } = await buildNodeLayer(ROOT);
  writeLayerFolder(files, join(options.out, 'layer'));
  reportBundle(bundle);
  const zipBytes = writeZip(files, join(options.out, 'lambda-otlp-node.zip'));
  warnAbove(MAX_NODE_ZIP_BYTES, zipBytes);
  for (const architecture of options.standalone) {
    await writeStandalone(architecture, bundle, options.out);
  }
}

main().catch((error: unknown) => {
  console.error(`build failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
