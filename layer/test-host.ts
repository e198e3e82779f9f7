// `npm run test:cargo`: the unit tests of the native host, with the compiler that builds it.
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { cargoEnvironment, findToolchain } from './host-toolchain';

const hostFolder = resolve(__dirname, '../host');

try {
  const toolchain = findToolchain(hostFolder, []);
  execFileSync('cargo', ['test', '--locked'], {
    cwd: hostFolder,
    env: cargoEnvironment(hostFolder, toolchain),
    stdio: 'inherit',
  });
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
