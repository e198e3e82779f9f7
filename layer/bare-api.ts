// An esbuild plugin: the OpenTelemetry API without what an application would register in it. The extension
// registers neither a logger for the packages' own diagnostics nor a context manager, so that the first
// is silent and the second always at its root, and the global registry behind both is left out.
import type { Plugin } from 'esbuild';

const SINGLETONS: Readonly<Record<string, string>> = {
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
};

const singletonPath =
  /\/node_modules\/@opentelemetry\/api\/build\/esm\/((?:diag|context)-api\.js)$/;

export function bareApi(): Plugin {
  return {
    name: 'bare-api',
    setup: (build) =>
      build.onLoad({ filter: singletonPath, namespace: 'file' }, ({ path }) => ({
        contents: SINGLETONS[singletonPath.exec(path)?.[1] ?? ''] ?? '',
        resolveDir: path.replace(/\/[^/]*$/, ''),
      })),
  };
}
