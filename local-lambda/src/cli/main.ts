// `local-lambda`: the command of this package.
import { version } from '../../package.json';
import { runCli } from './run-cli';

void runCli(process.argv.slice(2), {
  command: 'local-lambda',
  version,
  findLayer: () => undefined,
  layerNote: '',
  passedOn: undefined,
}).then((code) => (process.exitCode = code));
