// Bundles the extension: the entry module and each module it imports lazily become one minified
// CommonJS file each, side by side, so that the first poll of /event/next loads only the entry.
import { relative, resolve } from 'node:path';
import {
  bundleModule,
  type BuiltModule,
  type BundleOptions,
  type Surroundings,
} from './bundle-module';
import type { LazyModules } from './lazy-modules';
import { privateNames } from './private-names';
import { planSharing } from './shared-modules';

interface BundledFile {
  readonly name: string;
  readonly contents: Uint8Array;
  /** Bytes that each source file contributed to this output, by path relative to the root. */
  readonly inputs: ReadonlyMap<string, number>;
}

export interface Bundle {
  /** The entry first, then the lazy modules by path. */
  readonly files: readonly BundledFile[];
  /** Legal comments of the sources, each once. */
  readonly legalComments: string;
}

/** A package in two files is parsed twice; what is too small to be shared stays below this. */
const maxDuplicatedPackageBytes = 4096;

type Plan = Omit<Surroundings, 'shortNames'>;

async function bundleUntilStable(
  options: BundleOptions,
  { modules, sharings, privateNames: names }: Plan,
): Promise<BuiltModule[]> {
  const entry = resolve(options.root, options.entry);
  const places = sharings.filter(({ hasEntry }) => !hasEntry).map(({ host }) => host.path);
  const shortNames: Record<string, string | false> = {};
  for (;;) {
    const knownBefore = modules.size;
    const paths = [entry, ...places, ...[...modules.keys()].sort()];
    const built: BuiltModule[] = [];
    for (const path of paths)
      built.push(
        await bundleModule(path, { modules, sharings, shortNames, privateNames: names }, options),
      );
    // A module found lazy late may have been inlined by a file built before: once more, then.
    if (modules.size === knownBefore) return built;
  }
}

/**
 * Bundles the entry and everything that it imports lazily.
 * @throws when a source does not build, or two lazy modules have the same name.
 */
export async function bundleExtension(options: BundleOptions): Promise<Bundle> {
  const modules: LazyModules = new Map();
  const separate = await bundleUntilStable(options, { modules, sharings: [], privateNames: [] });
  const sharings = planSharing(options.root, separate);
  const sources = new Set(separate.flatMap(({ inputs }) => [...inputs.keys()]));
  const paths = [...sources].map((path) => resolve(options.root, path));
  const plan = { modules, sharings, privateNames: privateNames(paths) };
  const built = await bundleUntilStable(options, plan);
  const comments = built.map(({ legalComments }) => legalComments.trim());
  return {
    files: built.map(({ name, contents, inputs }) => ({ name, contents, inputs })),
    legalComments: [...new Set(comments.filter((text) => text !== ''))].join('\n\n'),
  };
}

/** Bytes of the sources under `folder` (relative to the root) that are in more than one file. */
export function duplicatedBytes(bundle: Bundle, folder: string): number {
  const copies = new Map<string, number[]>();
  for (const file of bundle.files) {
    for (const [path, bytes] of file.inputs) {
      if (relative(folder, path).startsWith('..')) continue;
      copies.set(path, [...(copies.get(path) ?? []), bytes]);
    }
  }
  const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
  return sum([...copies.values()].map((bytes) => sum(bytes) - Math.max(...bytes)));
}

/** @throws when the files of `bundle` repeat more of node_modules than a few small functions. */
export function assertNoDuplicatedPackages(bundle: Bundle): void {
  const bytes = duplicatedBytes(bundle, 'node_modules');
  if (bytes <= maxDuplicatedPackageBytes) return;
  throw new Error(
    `bundled packages: expected at most ${maxDuplicatedPackageBytes} duplicated bytes, got ${bytes}; ` +
      'import a package from one file only, or from one that is loaded after it',
  );
}
