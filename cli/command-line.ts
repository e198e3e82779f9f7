// How a command is typed where it runs: by npx where the package is installed, by npm's script in a checkout. Every
// usage, hint and error message takes it from here.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The commands, each with npm's script of it in the repository. */
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

/** The package brings what is built of the sources, not the sources. */
const IS_CHECKOUT = existsSync(join(__dirname, '../src/main.ts'));

/** `npx lambda-otlp demo`, in a checkout `npm run demo --`: options follow. */
export function typed(command: CommandName): string {
  return IS_CHECKOUT ? SCRIPTS[command] : `npx lambda-otlp ${command}`;
}

/** What to do where the zip of `layer` is not there. */
export function howToBuild(layer: string): string {
  const build = `npm run build${layer === 'node' ? '' : ' -- --standalone'}`;
  return IS_CHECKOUT
    ? build
    : `this package was made without it: in a checkout of lambda-otlp, ${build}, then npm pack`;
}
