// How to type a command: with npx if the package is installed, with npm's script in a checkout. All usage texts, hints
// and error messages use this.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The commands, each with its npm script in the repository. */
const SCRIPTS = {
  demo: 'npm run demo --',
  local: 'npm run local --',
  replay: 'npm run -s replay --',
  publish: 'npm run publish:layer --',
  doctor: 'npm run -s doctor --',
  verify: 'npm run verify --',
} as const;

export type CommandName = keyof typeof SCRIPTS;

export const COMMAND_NAMES = Object.keys(SCRIPTS) as readonly CommandName[];

/** The package contains the build, not the sources. */
const IS_CHECKOUT = existsSync(join(__dirname, '../src/main.ts'));

/**
 * `npx --no-install lambda-otlp demo`, or in a checkout `npm run demo --`, ready to be followed by options. Without
 * `--no-install`, npx would run whatever somebody registers under this name.
 */
export function typed(command: CommandName): string {
  return IS_CHECKOUT ? SCRIPTS[command] : `npx --no-install lambda-otlp ${command}`;
}

/** What to do if the zip of `layer` is missing. */
export function howToBuild(layer: string): string {
  const build = `npm run build${layer === 'node' ? '' : ' -- --standalone'}`;
  return IS_CHECKOUT
    ? build
    : `this package was made without it: in a checkout of lambda-otlp, ${build}, then npm pack`;
}
