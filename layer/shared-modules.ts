// What two bundled files have in common is kept once. Modules of the entry and of the largest lazy file get
// a file of their own, shared.js, which both load. Other modules of the largest lazy file that loads
// others, the host, stay in it: the lazy files that are loaded only after the host take them from there.
import { resolve } from 'node:path';
import type { OnLoadResult, OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from 'esbuild';

export interface SharingFile {
  /** The entry module's absolute path. */
  readonly path: string;
  readonly name: string;
  /** Bytes of each source, by path relative to the root. */
  readonly inputs: ReadonlyMap<string, number>;
  /** Names of the sibling files that it loads. */
  readonly siblings: ReadonlySet<string>;
}

export interface Sharing {
  /** Where the modules are. */
  readonly host: Pick<SharingFile, 'path' | 'name'>;
  /** The host is a bundled module itself, not only a place for shared ones. */
  readonly hasEntry: boolean;
  /** Names of the files that take modules from the host. */
  readonly guests: ReadonlySet<string>;
  /** Absolute source path to the name under which the host exports that module. */
  readonly modules: ReadonlyMap<string, string>;
}

/** Below this, reaching a module in another file is longer than the module. */
const minSharedBytes = 400;

/** Names of the files that are loaded from `entry` if `without` never is. */
function reachable(files: readonly SharingFile[], entry: string, without: string): Set<string> {
  const reached = new Set<string>();
  const visit = (name: string): void => {
    if (name === without || reached.has(name)) return;
    reached.add(name);
    for (const sibling of files.find((file) => file.name === name)?.siblings ?? []) visit(sibling);
  };
  visit(entry);
  return reached;
}

const sizeOf = (file: SharingFile): number => [...file.inputs.values()].reduce((a, b) => a + b, 0);

/** Sources that are worth sharing: a part of the host anyway, and not much less of it there. */
function sharedPaths(host: SharingFile, guests: readonly SharingFile[]): string[] {
  const paths = new Set<string>();
  for (const { inputs } of guests) {
    for (const [path, bytes] of inputs) {
      const hostBytes = host.inputs.get(path) ?? 0;
      if (bytes >= minSharedBytes && 2 * bytes >= hostBytes && hostBytes > 0) paths.add(path);
    }
  }
  return [...paths].sort();
}

/** The lazy files that are loaded only after `host`. `files` starts with the entry. */
function guestsOf(host: SharingFile, files: readonly SharingFile[]): readonly SharingFile[] {
  const [entry, ...lazy] = files;
  const others = reachable(files, entry?.name ?? '', host.name);
  return lazy.filter((file) => file !== host && !others.has(file.name));
}

function toSharing(
  root: string,
  place: Pick<Sharing, 'host' | 'hasEntry'>,
  { guests, paths }: { readonly guests: readonly SharingFile[]; readonly paths: readonly string[] },
): Sharing[] {
  if (paths.length === 0) return [];
  const toEntry = (path: string, index: number) => [resolve(root, path), `shared${index}`] as const;
  return [
    {
      ...place,
      guests: new Set(guests.map(({ name }) => name)),
      modules: new Map(paths.map(toEntry)),
    },
  ];
}

/** What the files (entry first) have in common; empty when sharing would save nothing. */
export function planSharing(root: string, files: readonly SharingFile[]): readonly Sharing[] {
  const [entry, ...lazy] = files;
  const bySize = lazy.sort((a, b) => sizeOf(b) - sizeOf(a));
  const [largest] = bySize;
  if (entry === undefined || largest === undefined) return [];
  const shared = { path: resolve(root, 'shared.ts'), name: 'shared.js' };
  const paths = sharedPaths(entry, [largest]);
  const all = toSharing(root, { host: shared, hasEntry: false }, { guests: files, paths });
  const host = bySize.find((file) => guestsOf(file, files).length > 0);
  if (host === undefined) return all;
  const guests = guestsOf(host, files);
  const others = sharedPaths(host, guests).filter((path) => !paths.includes(path));
  return [...all, ...toSharing(root, { host, hasEntry: true }, { guests, paths: others })];
}

/** The source of the host: its own entry module, and the shared modules by their names. */
export function hostSource({ host, hasEntry, modules }: Sharing): string {
  const own = hasEntry ? [`export * from '${host.path}';`] : [];
  const shared = [...modules].map(([path, name]) => `export * as ${name} from '${path}';`);
  return [...own, ...shared].join('\n');
}

/** esbuild's namespace of the glue that reaches a shared module; no source of its own. */
export const sharedNamespace = 'shared-module';

/** Lets a guest take the shared modules from their hosts' files. */
export function sharedModules(sharings: readonly Sharing[]): Plugin {
  const sharingOf = (path: string): Sharing | undefined =>
    sharings.find(({ modules }) => modules.has(path));
  const setup = (build: PluginBuild): void => {
    build.onResolve({ filter: /.*/, namespace: sharedNamespace }, ({ path }): OnResolveResult => {
      return { path, external: true };
    });
    build.onResolve({ filter: /.*/ }, async (args: OnResolveArgs) => {
      if (args.kind !== 'import-statement' || args.pluginData === sharedNamespace) return undefined;
      const { kind, importer, resolveDir, path } = args;
      const known = await build.resolve(path, {
        kind,
        importer,
        resolveDir,
        pluginData: sharedNamespace,
      });
      if (sharingOf(known.path) === undefined) return undefined;
      return { path: known.path, namespace: sharedNamespace, sideEffects: false };
    });
    build.onLoad({ filter: /.*/, namespace: sharedNamespace }, ({ path }): OnLoadResult => {
      const sharing = sharingOf(path);
      const name = sharing?.modules.get(path) ?? '';
      const hostFile = JSON.stringify(`./${sharing?.host.name ?? ''}`);
      return { contents: `module.exports = require(${hostFile}).${name};` };
    });
  };
  return { name: 'shared-modules', setup };
}
