// `npm run test:cargo`: the unit tests of the native host, with the compiler that builds it.
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { cargoEnvironment, findToolchain } from './host-toolchain';

const HOST_FOLDER = resolve(__dirname, '../host');

try {
  const toolchain = findToolchain(HOST_FOLDER, []);
  execFileSync('cargo', ['test', '--locked'], {
    cwd: HOST_FOLDER,
    env: cargoEnvironment(HOST_FOLDER, toolchain),
    stdio: 'inherit',
  });
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
