// An esbuild plugin for the OpenTelemetry API packages: a singleton that nobody uses is left out.
// Their index modules make it with a call, which a bundler must otherwise keep, with all it reaches.
import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

const apiModules = /\/node_modules\/@opentelemetry\/api(-logs)?\/build\/esm\/.*\.js$/;

/** `SomethingAPI.getInstance()` creates an object and has no other effect. */
export function pureSingletons(): Plugin {
  return {
    name: 'pure-singletons',
    setup: (build) =>
      build.onLoad({ filter: apiModules, namespace: 'file' }, async ({ path }) => ({
        contents: (await readFile(path, 'utf8')).replace(
          /\b\w+API\.getInstance\(\)/g,
          (call) => `/* @__PURE__ */ ${call}`,
        ),
      })),
  };
}
