// `npm run local`: the local Lambda's command line with this project's layer attached.
import { version } from '../package.json';
import { runCli } from 'local-lambda/cli/run-cli';
import { typed } from '../cli/command-line';
import { ensureBuiltLayer, isLayerBuilt } from '../layer/built-layer';

void runCli(process.argv.slice(2), {
  command: typed('local'),
  version,
  findLayer() {
    if (!isLayerBuilt()) console.error('Building the layer…');
    return ensureBuiltLayer();
  },
  layerNote: '\n                          (default: the one of lambda-otlp)',
  passedOn: /^LAMBDA_OTLP_/,
}).then((code) => (process.exitCode = code));
