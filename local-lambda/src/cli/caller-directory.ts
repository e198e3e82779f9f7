// Where relative paths of the command line begin: npm runs its scripts in the package's folder, the
// user means the folder that the command was typed in.
import { resolve } from 'node:path';

/** Source: npm "scripts", environment: INIT_CWD is the folder that npm was called in. */
export function toCallerPath(
  path: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const byNpm = environment['npm_command'] !== undefined || environment['npm_lifecycle_event'];
  const directory = byNpm ? environment['INIT_CWD'] : undefined;
  return resolve(directory ?? process.cwd(), path);
}
