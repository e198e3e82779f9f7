// An esbuild plugin that keeps lazily imported TypeScript modules out of a CommonJS bundle, because
// esbuild splits only ES modules: every `import('./x')` becomes a run-time require of a sibling x.js.
import { basename, dirname, resolve } from 'node:path';
import { existsSync } from 'node:fs';
import type { OnResolveArgs, OnResolveResult, Plugin } from 'esbuild';

/** Absolute source path to the base name of its output file, without extension. */
export type LazyModules = Map<string, string>;

function resolveTypeScript(args: OnResolveArgs): string | undefined {
  if (!args.path.startsWith('.')) return undefined;
  const base = resolve(dirname(args.importer), args.path);
  return [base, `${base}.ts`].find((path) => path.endsWith('.ts') && existsSync(path));
}

/**
 * Records `path` under its base name.
 * @throws when another module has that name already: both would be written to one file.
 */
function addLazyModule(modules: LazyModules, path: string): string {
  const name = basename(path, '.ts');
  for (const [otherPath, otherName] of modules) {
    if (otherName !== name || otherPath === path) continue;
    throw new Error(`lazy modules need distinct file names, got ${otherPath} and ${path}`);
  }
  modules.set(path, name);
  return name;
}

/** Adds what it finds to `modules`; a module known there is a sibling file for static imports too. */
export function lazyModules(modules: LazyModules): Plugin {
  const onResolve = (args: OnResolveArgs): OnResolveResult | undefined => {
    if (args.kind === 'dynamic-import' && args.importer.includes('/node_modules/')) {
      // Left outside, or esbuild wraps all that it reaches and tree-shakes none of it, even where the
      // import() itself is dead code (host detectors of @opentelemetry/resources).
      return { path: args.path, external: true };
    }
    const path = resolveTypeScript(args);
    if (path === undefined) return undefined;
    const name = args.kind === 'dynamic-import' ? addLazyModule(modules, path) : modules.get(path);
    return name === undefined ? undefined : { path: `./${name}.js`, external: true };
  };
  return {
    name: 'lazy-modules',
    setup: (build) => build.onResolve({ filter: /^\./ }, onResolve),
  };
}
