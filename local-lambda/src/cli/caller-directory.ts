// Where relative paths of the command line begin: npm runs its scripts in the package's folder, the
// user means the folder that the command was typed in.
import { dirname, resolve } from 'node:path';

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * npm says where it was called (INIT_CWD) and whose script it runs (npm_package_json). A program that the
 * script starts elsewhere inherits both, and means its own folder.
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
