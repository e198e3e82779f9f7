// An esbuild plugin: the OpenTelemetry API without what an application would register in it. The extension
// registers neither a logger for the packages' own diagnostics nor a context manager, so that the first
// is silent and the second always at its root, and the global registry behind both is left out, with the
// texts that the metrics SDK composes for that logger alone, its views and its callbacks.
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
  'View.js': 'export class View {}',
  // No instrument is observed by a callback.
  'ObservableRegistry.js': `
    export class ObservableRegistry {
      observe() {
        return Promise.resolve([]);
      }
    }`,
};

const replacedPath =
  /\/node_modules\/@opentelemetry\/(?:api\/build\/esm|sdk-metrics\/build\/esm\/(?:view|state))\/((?:diag-api|context-api|RegistrationConflicts|View|ObservableRegistry)\.js)$/;

export function bareApi(): Plugin {
  return {
    name: 'bare-api',
    setup: (build) =>
      build.onLoad({ filter: replacedPath, namespace: 'file' }, ({ path }) => ({
        contents: REPLACED[replacedPath.exec(path)?.[1] ?? ''] ?? '',
        resolveDir: path.replace(/\/[^/]*$/, ''),
      })),
  };
}
