// Looks for AWS's runtime interface emulator and says loudly why its tests do not run.
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

const NAME = 'aws-lambda-rie';

type Emulator = { readonly path: string } | { readonly missing: string };

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function findBinary(): string | undefined {
  const named = process.env['AWS_LAMBDA_RIE'];
  if (named !== undefined && named !== '') return isExecutable(named) ? resolve(named) : undefined;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.map((folder) => join(folder, NAME)).find(isExecutable);
}

/** The emulator runs extensions of /opt as uid 993: that takes root and a mount namespace of its own. */
function findEmulator(): Emulator {
  const path = findBinary();
  if (path === undefined) return { missing: `no executable ${NAME} on PATH or in AWS_LAMBDA_RIE` };
  if (process.platform !== 'linux') return { missing: `${process.platform} is not Linux` };
  if (process.getuid?.() !== 0) return { missing: 'not root' };
  if (!existsSync('/opt') || !existsSync('/var')) return { missing: 'no /opt or no /var' };
  return { path };
}

/** A describe for the emulator: skipped, with the reason in its title and on the console, without one. */
export function describeUnderEmulator(title: string, define: (path: string) => void): void {
  const emulator = findEmulator();
  if ('path' in emulator) {
    describe(`${title}, under AWS's runtime interface emulator`, () => define(emulator.path));
    return;
  }
  console.warn(`SKIPPED, ${title} under AWS's runtime interface emulator: ${emulator.missing}`);
  describe.skip(`${title}, under AWS's runtime interface emulator (SKIPPED: ${emulator.missing})`, () => {
    test('runs only with the emulator', () => undefined);
  });
}
