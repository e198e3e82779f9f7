// Bundles the extension: the entry module and each module it imports lazily become one minified
// CommonJS file each, side by side, so that the first poll of /event/next loads only the entry.
import { createHash } from 'node:crypto';
import { isBuiltin } from 'node:module';
import { basename, relative, resolve } from 'node:path';
import { build, type BuildOptions, type Metafile, type OutputFile } from 'esbuild';
import { minifyModule } from './minify';
import { lazyModules, type LazyModules } from './lazy-modules';

export interface BundleOptions {
  /** Folder to which all paths of the result are relative. */
  readonly root: string;
  /** The entry module's path; its base name names the output. */
  readonly entry: string;
  readonly version: string;
}

export interface BundledFile {
  readonly name: string;
  readonly contents: Uint8Array;
  /** Bytes that each source file contributed to this output, by path relative to the root. */
  readonly inputs: ReadonlyMap<string, number>;
}

export interface Bundle {
  /** The entry first, then the lazy modules by name. */
  readonly files: readonly BundledFile[];
  /** Legal comments of the sources, each once. */
  readonly legalComments: string;
}

/**
 * A package in two files is parsed twice. The OTLP/JSON serializers, used only on request, repeat 4 KB
 * of the protobuf ones; a whole OpenTelemetry package twice would be more than this.
 */
const maxDuplicatedPackageBytes = 8192;

function buildOptions(options: BundleOptions): BuildOptions {
  return {
    absWorkingDir: options.root,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'cjs',
    target: 'node18',
    charset: 'utf8',
    // The OpenTelemetry packages' CommonJS builds cannot be tree-shaken: 245 KB instead of 23 KB.
    mainFields: ['module', 'main'],
    // import() of CommonJS would start the ES module loader, which costs milliseconds.
    supported: { 'dynamic-import': false },
    define: { __VERSION__: JSON.stringify(options.version) },
    legalComments: 'external',
    metafile: true,
    write: false,
    logLevel: 'silent',
  };
}

function inputsOf(metafile: Metafile): Map<string, number> {
  const inputs = new Map<string, number>();
  for (const output of Object.values(metafile.outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(output.inputs)) {
      if (bytesInOutput > 0) inputs.set(path, bytesInOutput);
    }
  }
  return inputs;
}

/** @throws when `metafile` requires a file that is not in the layer. */
function assertSelfContained(metafile: Metafile, modules: LazyModules): void {
  const siblings = new Set([...modules.values()].map((name) => `./${name}.js`));
  for (const { imports } of Object.values(metafile.outputs)) {
    for (const { path } of imports) {
      if (isBuiltin(path) || siblings.has(path)) continue;
      throw new Error(`bundle: expected built-in or bundled modules only, got require('${path}')`);
    }
  }
}

interface BuiltModule extends BundledFile {
  readonly legalComments: string;
}

async function bundleModule(
  path: string,
  modules: LazyModules,
  options: BundleOptions,
): Promise<BuiltModule> {
  const others: LazyModules = new Map([...modules].filter(([other]) => other !== path));
  const name = `${basename(path, '.ts')}.js`;
  const result = await build({
    ...buildOptions(options),
    entryPoints: [path],
    outfile: resolve(options.root, name),
    metafile: true,
    write: false,
    plugins: [lazyModules(others)],
  });
  for (const [other, otherName] of others) modules.set(other, otherName);
  assertSelfContained(result.metafile, modules);
  const text = (ending: string): OutputFile | undefined =>
    result.outputFiles.find((file) => file.path.endsWith(ending));
  const code = text(name);
  if (code === undefined) throw new Error(`esbuild wrote no ${name} for ${path}`);
  return {
    name,
    contents: Buffer.from(minifyModule(code.text)),
    inputs: inputsOf(result.metafile),
    legalComments: text('.LEGAL.txt')?.text ?? '',
  };
}

async function bundleUntilStable(entry: string, options: BundleOptions): Promise<BuiltModule[]> {
  const modules: LazyModules = new Map();
  for (;;) {
    const knownBefore = modules.size;
    const paths = [entry, ...[...modules.keys()].sort()];
    const built: BuiltModule[] = [];
    for (const path of paths) built.push(await bundleModule(path, modules, options));
    // A module found lazy late may have been inlined by a file built before: once more, then.
    if (modules.size === knownBefore) return built;
  }
}

function uniqueComments(texts: readonly string[]): string {
  const seen = new Map<string, string>();
  for (const text of texts) {
    const key = createHash('sha256').update(text).digest('hex');
    if (text.trim() !== '') seen.set(key, text.trim());
  }
  return [...seen.values()].join('\n\n');
}

/**
 * Bundles `entry` and everything that it imports lazily.
 * @throws when a source does not build, or two lazy modules have the same name.
 */
export async function bundleExtension(options: BundleOptions): Promise<Bundle> {
  const built = await bundleUntilStable(resolve(options.root, options.entry), options);
  return {
    files: built.map(({ name, contents, inputs }) => ({ name, contents, inputs })),
    legalComments: uniqueComments(built.map((file) => file.legalComments)),
  };
}

/** Bytes of the sources under `folder` (relative to the root) that are in more than one file. */
export function duplicatedBytes(bundle: Bundle, folder: string): number {
  const copies = new Map<string, number[]>();
  for (const file of bundle.files) {
    for (const [path, bytes] of file.inputs) {
      if (!relative(folder, path).startsWith('..')) {
        copies.set(path, [...(copies.get(path) ?? []), bytes]);
      }
    }
  }
  return [...copies.values()]
    .filter((bytes) => bytes.length > 1)
    .reduce((sum, bytes) => sum + bytes.reduce((a, b) => a + b, 0) - Math.max(...bytes), 0);
}

/** @throws when the files of `bundle` repeat more of node_modules than a few small functions. */
export function assertNoDuplicatedPackages(bundle: Bundle): void {
  const bytes = duplicatedBytes(bundle, 'node_modules');
  if (bytes <= maxDuplicatedPackageBytes) return;
  throw new Error(
    `bundled packages: expected at most ${maxDuplicatedPackageBytes} duplicated bytes, got ${bytes}; ` +
      'import what the files share lazily from one module, or from one file only',
  );
}
