// Bundles the extension as CommonJS files side by side: the entry, which exports what late modules share with it,
// one for each module that is imported late, and one for what only these share, so that nothing is loaded twice and
// the first poll of /event/next loads one file. esbuild's own splitting makes ES modules, whose first poll was 20 %
// slower.
import { isBuiltin } from 'node:module';
import { basename, relative } from 'node:path';
import { build, type BuildOptions, type Metafile, type Plugin } from 'esbuild';
import { minifyModule } from './minify';

export interface BundleOptions {
  /** Folder to which all paths of the result are relative. */
  readonly root: string;
  /** The entry module's path; its base name names the output. */
  readonly entry: string;
  readonly version: string;
}

interface BundledFile {
  readonly name: string;
  readonly contents: Uint8Array;
  /** Bytes that each source file contributed to this output, by path relative to the root. */
  readonly inputs: ReadonlyMap<string, number>;
}

export interface Bundle {
  /** The entry first. */
  readonly files: readonly BundledFile[];
  /** Legal comments of the sources, each once. */
  readonly legalComments: string;
}

/** Which modules become a file of their own, and which are in a file that others load. */
interface Plan {
  /** Modules that are imported late. */
  readonly late: readonly string[];
  /** By file: the entry's with what it shares with late modules, and that of what only these share. */
  readonly shared: Readonly<Record<string, Exports>>;
}

/** What each module exports, by its path. */
type Exports = ReadonlyMap<string, readonly string[]>;

function commonOptions({ root, version }: BundleOptions) {
  return {
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node18',
    charset: 'utf8',
    // The OpenTelemetry packages' CommonJS builds cannot be tree-shaken: 245 KB instead of 23 KB.
    mainFields: ['module', 'main'],
    // import() of CommonJS would start the ES module loader, which costs milliseconds.
    supported: { 'dynamic-import': false },
    define: { __VERSION__: JSON.stringify(version) },
    minify: true,
    legalComments: 'external',
    logLevel: 'silent',
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
    outdir: 'out',
    write: false,
    metafile: true,
  } as const satisfies BuildOptions;
}

/**
 * A late import within a package is left alone, or esbuild would keep all that it reaches, even where it is
 * dead code (the host detectors of @opentelemetry/resources).
 */
const packagesWithoutLateImports: Plugin = {
  name: 'packages-without-late-imports',
  setup: (bundling) => {
    bundling.onResolve({ filter: /.*/ }, ({ kind, importer, path }) =>
      kind === 'dynamic-import' && importer.includes('/node_modules/')
        ? { path, external: true }
        : undefined,
    );
  },
};

/** Refers to late modules, and to those of the shared files, by the file that they are in. */
function otherFiles({ late, shared }: Plan, { root }: BundleOptions, own?: string): Plugin {
  const fileOf = (module: string): string | undefined =>
    late.includes(module)
      ? nameOf(module)
      : Object.keys(shared).find((name) => name !== own && shared[name]?.has(module));
  return {
    name: 'other-files',
    setup: (bundling) => {
      bundling.onResolve(
        { filter: /^\./ },
        async ({ path, kind, importer, resolveDir, pluginData }) => {
          if (kind === 'entry-point' || pluginData === 'as usual') return undefined;
          const options = { kind, importer, resolveDir, pluginData: 'as usual' };
          const resolved = await bundling.resolve(path, options);
          const file = fileOf(relative(root, resolved.path));
          if (file === undefined) return undefined;
          return { path: `./${file}`, external: true, sideEffects: false };
        },
      );
    },
  };
}

/**
 * What modules export, as the properties of one object: esbuild would make each a getter, which costs a function at
 * the start and a call at every use. No module of it is used before all of it has run.
 */
function exportPlainly(shared: Exports): string {
  const imports = [...shared].map(
    ([module, names]) => `import { ${names.join(', ')} } from './${module}';\n`,
  );
  return `${imports.join('')}module.exports = { ${[...shared.values()].flat().join(', ')} };\n`;
}

const SHARED_LATE = 'shared-late.js';

const nameOf = (module: string): string => `${basename(module, '.ts')}.js`;

/** Finds out by esbuild's splitting, whose chunks are what its entries share. */
async function plan(options: BundleOptions): Promise<Plan> {
  const { metafile } = await build({
    ...commonOptions(options),
    entryPoints: [options.entry],
    format: 'esm',
    splitting: true,
    supported: {},
    legalComments: 'none',
    plugins: [packagesWithoutLateImports],
  });
  const outputs = Object.entries(metafile.outputs).filter(([path]) => path.endsWith('.js'));
  const entries = outputs.flatMap(([, { entryPoint }]) => entryPoint ?? []).sort();
  const early = loadedWith(options.entry, metafile);
  const shared = { [nameOf(options.entry)]: new Set<string>(), [SHARED_LATE]: new Set<string>() };
  for (const [path, { entryPoint, inputs }] of outputs) {
    if (entryPoint !== undefined) continue;
    for (const module of Object.keys(inputs)) {
      // Packages stay with who imports them: all exports of a shared module are kept.
      if (module.includes('node_modules/') || entries.includes(module)) continue;
      shared[early.has(path) ? nameOf(options.entry) : SHARED_LATE]?.add(module);
    }
  }
  refuseTwins('modules that are imported late', [...entries.map(nameOf), SHARED_LATE]);
  const exports: Record<string, Exports> = {};
  for (const [file, modules] of Object.entries(shared)) {
    exports[file] = await exportsOf([...modules].sort(), options);
    refuseTwins('what shared modules export', [...exports[file].values()].flat());
  }
  return { late: entries.filter((path) => path !== options.entry), shared: exports };
}

/** Two files of one name would overwrite each other; of two exports of one name, neither would be there. */
function refuseTwins(what: string, names: readonly string[]): void {
  const twins = names.filter((name, index) => names.indexOf(name) !== index);
  if (twins.length > 0)
    throw new Error(`${what} need distinct names, got ${twins.join(', ')} twice`);
}

/** A package that is not in the layer would be missing at run time. */
function refuseStrangers(name: string, planned: Plan, metafile: Metafile | undefined): void {
  const ours = [...planned.late.map(nameOf), ...Object.keys(planned.shared)];
  const strangers = Object.values(metafile?.outputs ?? {})
    .flatMap(({ imports }) => imports.map(({ path }) => path))
    .filter((path) => !isBuiltin(path) && !ours.includes(basename(path)));
  if (strangers.length === 0) return;
  throw new Error(
    `${name}: expected built-in or bundled modules only, got import of ${strangers.join(', ')}`,
  );
}

async function exportsOf(modules: readonly string[], options: BundleOptions): Promise<Exports> {
  const { metafile } = await build({
    ...commonOptions(options),
    entryPoints: [...modules],
    bundle: false,
    format: 'esm',
  });
  return new Map(
    Object.values(metafile.outputs).map(({ entryPoint = '', exports }) => [entryPoint, exports]),
  );
}

/** The outputs that are loaded with the entry's. */
function loadedWith(entry: string, { outputs }: Metafile): ReadonlySet<string> {
  const found = new Set<string>();
  const follow = (path: string): void => {
    const output = outputs[path];
    if (output === undefined || found.has(path)) return;
    found.add(path);
    for (const { path: next, kind } of output.imports)
      if (kind === 'import-statement') follow(next);
  };
  const ofEntry = Object.keys(outputs).find((path) => outputs[path]?.entryPoint === entry);
  if (ofEntry !== undefined) follow(ofEntry);
  return found;
}

/**
 * Bundles the entry and everything that it imports late.
 * @throws when a source does not build, two late modules have the same name, or two shared modules export one.
 */
export async function bundleExtension(options: BundleOptions): Promise<Bundle> {
  const planned = await plan(options);
  const comments = new Set<string>();
  const toFile = async (name: string, source: BuildOptions, own?: string): Promise<BundledFile> => {
    const plugins = [packagesWithoutLateImports, otherFiles(planned, options, own)];
    const built = await build({ ...commonOptions(options), ...source, plugins });
    const textOf = (ending: string): string =>
      built.outputFiles?.find(({ path }) => path.endsWith(ending))?.text ?? '';
    refuseStrangers(name, planned, built.metafile);
    comments.add(textOf('.LEGAL.txt').trim());
    const inputs = Object.values(built.metafile?.outputs ?? {}).flatMap((output) =>
      Object.entries(output.inputs).map(
        ([path, { bytesInOutput }]) => [path, bytesInOutput] as const,
      ),
    );
    return { name, contents: Buffer.from(minifyModule(textOf('.js'))), inputs: new Map(inputs) };
  };
  const toSource = (contents: string): BuildOptions => ({
    stdin: { contents, resolveDir: options.root },
  });
  const own = nameOf(options.entry);
  const { [own]: early = new Map(), [SHARED_LATE]: late = new Map() } = planned.shared;
  const files = [
    await toFile(own, toSource(`import './${options.entry}';\n${exportPlainly(early)}`), own),
  ];
  for (const module of planned.late) {
    files.push(await toFile(nameOf(module), { entryPoints: [module] }));
  }
  if (late.size > 0) {
    files.push(await toFile(SHARED_LATE, toSource(exportPlainly(late)), SHARED_LATE));
  }
  return { files, legalComments: [...comments].filter((text) => text !== '').join('\n\n') };
}

/** Bytes of the sources under `folder` (relative to the root) that are in more than one file. */
export function duplicatedBytes(bundle: Bundle, folder: string): number {
  const copies = new Map<string, number[]>();
  for (const { inputs } of bundle.files) {
    for (const [path, bytes] of inputs) {
      if (relative(folder, path).startsWith('..')) continue;
      copies.set(path, [...(copies.get(path) ?? []), bytes]);
    }
  }
  const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
  return sum([...copies.values()].map((bytes) => sum(bytes) - Math.max(...bytes)));
}
