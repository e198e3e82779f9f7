// An esbuild plugin: the OpenTelemetry packages' own diagnostics, which need a logger that the extension
// never registers, are left out of the bundle with the version checks behind them.
import type { Plugin } from 'esbuild';

const SILENT_DIAG = `
const none = () => undefined;
export const diag = {
  createComponentLogger: () => diag,
  setLogger: none, disable: none, verbose: none, debug: none, info: none, warn: none, error: none,
};
`;

export function quietDiagnostics(): Plugin {
  return {
    name: 'quiet-diagnostics',
    setup: (build) =>
      build.onLoad(
        {
          filter: /\/node_modules\/@opentelemetry\/api\/build\/esm\/diag-api\.js$/,
          namespace: 'file',
        },
        () => ({ contents: SILENT_DIAG }),
      ),
  };
}
