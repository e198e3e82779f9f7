// An esbuild plugin: the OpenTelemetry packages without what an application would register in them. The
// extension registers neither a logger for the packages' own diagnostics nor a context manager, so that the
// first is silent and the second always at its root, and the global registry behind both is left out, with
// the texts that the metrics SDK composes for that logger alone, its views and its callbacks.
import type { Plugin } from 'esbuild';

const REPLACED: Readonly<Record<string, string>> = {
  'diag-api.js': `
    const none = () => undefined;
    export const diag = {
      createComponentLogger: () => diag,
      setLogger: none, disable: none, verbose: none, debug: none, info: none, warn: none, error: none,
    };`,
  'context-api.js': `
    import { ROOT_CONTEXT } from './context/context';
    export const context = {
      active: () => ROOT_CONTEXT,
      with: (_context, run, self, ...values) => run.call(self, ...values),
      bind: (_context, target) => target,
      disable: () => undefined,
    };`,
  'RegistrationConflicts.js': `
    export const getIncompatibilityDetails = () => '';
    export const getConflictResolutionRecipe = () => '';`,
  // No view is configured: the instruments' own boundaries are advice.
  'View.js': `
    export class View {
      constructor() {
        throw new Error('bare-open-telemetry.ts');
      }
    }`,
  // No instrument is observed by a callback.
  'ObservableRegistry.js': `
    export class ObservableRegistry {
      addCallback() {
        throw new Error('bare-open-telemetry.ts');
      }
      addBatchCallback() {
        this.addCallback();
      }
      observe() {
        return Promise.resolve([]);
      }
    }`,
};

const replacedPath =
  /\/node_modules\/@opentelemetry\/(?:api\/build\/esm|sdk-metrics\/build\/esm\/(?:view|state))\/((?:diag-api|context-api|RegistrationConflicts|View|ObservableRegistry)\.js)$/;

/** Fails the build of a bundle that has the SDK in it without a file that was to be replaced. */
export function bareOpenTelemetry(): Plugin {
  return {
    name: 'bare-open-telemetry',
    setup(build) {
      const replaced = new Set<string>();
      build.onStart(() => replaced.clear());
      build.onLoad({ filter: replacedPath, namespace: 'file' }, ({ path }) => {
        const file = replacedPath.exec(path)?.[1] ?? '';
        replaced.add(file);
        return { contents: REPLACED[file] ?? '', resolveDir: path.replace(/\/[^/]*$/, '') };
      });
      build.onEnd(() => {
        const missing = Object.keys(REPLACED).filter((file) => !replaced.has(file));
        if (replaced.size === 0 || missing.length === 0) return undefined;
        const text = `expected the OpenTelemetry packages to have ${missing.join(', ')}, they are not where they were`;
        return { errors: [{ text }] };
      });
    },
  };
}
