// The folder that relative paths on the command line refer to: npm runs its scripts in the package's folder, but the
// user means the folder in which the command was typed.
import { dirname, resolve } from 'node:path';

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * npm says where it was called (INIT_CWD) and whose script it runs (npm_package_json). A program that the script starts
 * in another folder inherits both variables, but means its own folder.
 */
export function toCallerPath(
  path: string,
  environment: Variables = process.env,
  directory = process.cwd(),
): string {
  const { INIT_CWD, npm_package_json: manifest } = environment;
  const isScript = manifest !== undefined && dirname(manifest) === directory;
  return resolve(isScript ? (INIT_CWD ?? directory) : directory, path);
}
