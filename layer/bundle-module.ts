// One file of the bundle: a module with everything that it imports statically, minified, as CommonJS.
import { isBuiltin } from 'node:module';
import { basename, resolve } from 'node:path';
import { build, type BuildOptions, type Metafile, type OutputFile } from 'esbuild';
import { bareOpenTelemetry } from './bare-open-telemetry';
import { lazyModules, type LazyModules } from './lazy-modules';
import { minifyModule } from './minify';
import { pureSingletons } from './pure-singletons';
import {
  hostSource,
  sharedModules,
  sharedNamespace,
  type Sharing,
  type SharingFile,
} from './shared-modules';

export interface BundleOptions {
  /** Folder to which all paths of the result are relative. */
  readonly root: string;
  /** The entry module's path; its base name names the output. */
  readonly entry: string;
  readonly version: string;
}

export interface BuiltModule extends SharingFile {
  readonly contents: Uint8Array;
  readonly legalComments: string;
}

/** What is known of the other files; `modules` grows by what this one imports lazily. */
export interface Surroundings {
  readonly modules: LazyModules;
  readonly sharings: readonly Sharing[];
  /** Members of our classes that may be renamed. */
  readonly privateNames: readonly string[];
  /** Private member to its short name, the same in every file; grows. */
  readonly shortNames: Record<string, string | false>;
}

/** Private members: ours, and by their underscore the OpenTelemetry packages'. */
function shortened(ours: readonly string[]): RegExp {
  return new RegExp(`^(?:${['_[a-z]\\w*', ...ours].join('|')})$`);
}

function commonOptions(options: BundleOptions, surroundings: Surroundings): BuildOptions {
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
    logLevel: 'silent',
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
    mangleProps: shortened(surroundings.privateNames),
    // A key of log lines (EMF).
    reserveProps: /^_aws$/,
  };
}

function inputsOf(metafile: Metafile): Map<string, number> {
  const inputs = new Map<string, number>();
  for (const output of Object.values(metafile.outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(output.inputs)) {
      if (bytesInOutput > 0 && !path.startsWith(`${sharedNamespace}:`))
        inputs.set(path, bytesInOutput);
    }
  }
  return inputs;
}

/** @throws when `metafile` requires a file that is not in the layer. */
function siblingsOf(metafile: Metafile, { modules, sharings }: Surroundings): Set<string> {
  const known = new Set([
    ...[...modules.values()].map((name) => `./${name}.js`),
    ...sharings.map(({ host }) => `./${host.name}`),
  ]);
  const siblings = new Set<string>();
  for (const { imports } of Object.values(metafile.outputs)) {
    for (const { path } of imports) {
      if (known.has(path)) siblings.add(basename(path));
      else if (!isBuiltin(path)) {
        throw new Error(
          `bundle: expected built-in or bundled modules only, got require('${path}')`,
        );
      }
    }
  }
  return siblings;
}

function entryOptions(path: string, sharings: readonly Sharing[]): BuildOptions {
  const sharing = sharings.find(({ host }) => host.path === path);
  if (sharing === undefined) return { entryPoints: [path] };
  return { stdin: { contents: hostSource(sharing), resolveDir: '/', loader: 'ts' } };
}

/**
 * Bundles the module at the absolute `path`.
 * @throws when a source does not build, or needs at run time what the layer will not have.
 */
export async function bundleModule(
  path: string,
  surroundings: Surroundings,
  options: BundleOptions,
): Promise<BuiltModule> {
  const { modules, sharings, shortNames } = surroundings;
  const name = `${basename(path, '.ts')}.js`;
  const others: LazyModules = new Map([...modules].filter(([other]) => other !== path));
  const taken = sharings.filter(({ guests }) => guests.has(name));
  const result = await build({
    ...commonOptions(options, surroundings),
    ...entryOptions(path, sharings),
    outfile: resolve(options.root, name),
    metafile: true,
    mangleCache: shortNames,
    write: false,
    plugins: [
      lazyModules(others),
      bareOpenTelemetry(),
      pureSingletons(),
      ...(taken.length === 0 ? [] : [sharedModules(taken)]),
    ],
  });
  Object.assign(shortNames, result.mangleCache);
  for (const [other, otherName] of others) modules.set(other, otherName);
  const output = (ending: string): OutputFile | undefined =>
    result.outputFiles.find((file) => file.path.endsWith(ending));
  const code = output(name)?.text;
  if (code === undefined) throw new Error(`esbuild wrote no ${name} for ${path}`);
  return {
    path,
    name,
    contents: Buffer.from(minifyModule(code)),
    inputs: inputsOf(result.metafile),
    siblings: siblingsOf(result.metafile, surroundings),
    legalComments: output('.LEGAL.txt')?.text ?? '',
  };
}
