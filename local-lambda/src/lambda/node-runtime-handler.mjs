// Finds and loads the function's handler as AWS's Node runtime does: MODULE.EXPORT below the task
// root, CommonJS or ES module, with the runtime's own error names.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

class ImportModuleError extends Error {}
class HandlerNotFound extends Error {}
class MalformedHandlerName extends Error {}
class UserCodeSyntaxError extends Error {}

for (const type of [
  ImportModuleError,
  HandlerNotFound,
  MalformedHandlerName,
  UserCodeSyntaxError,
]) {
  type.prototype.name = `Runtime.${type.name}`;
}

function isModulePackage(directory) {
  const manifest = join(directory, 'package.json');
  if (existsSync(manifest)) return JSON.parse(readFileSync(manifest, 'utf8')).type === 'module';
  const parent = dirname(directory);
  return parent === directory ? false : isModulePackage(parent);
}

/** `path`: without its extension. */
export async function loadModule(path) {
  const commonJs = (file) => createRequire(file)(file);
  const esModule = (file) => import(pathToFileURL(file).href);
  if (existsSync(`${path}.js`)) {
    return isModulePackage(dirname(path)) ? esModule(`${path}.js`) : commonJs(`${path}.js`);
  }
  if (existsSync(`${path}.mjs`)) return esModule(`${path}.mjs`);
  if (existsSync(`${path}.cjs`)) return commonJs(`${path}.cjs`);
  throw new ImportModuleError(`Error: Cannot find module '${path}'`);
}

/** `compiled`: the module that was made from the handler's TypeScript. */
export async function loadHandler(taskRoot, handler, compiled) {
  const [, name, exportPath] = /^([^.]*)\.(.*)$/.exec(handler) ?? [];
  if (name === undefined) throw new MalformedHandlerName('Bad handler');
  const path = compiled?.replace(/\.[cm]js$/, '') ?? resolve(taskRoot, name);
  const module = await loadModule(path).catch((error) => {
    if (error instanceof SyntaxError) throw new UserCodeSyntaxError(String(error));
    if (error?.code === 'MODULE_NOT_FOUND' || error?.code === 'ERR_MODULE_NOT_FOUND') {
      throw new ImportModuleError(String(error));
    }
    throw error;
  });
  const found = exportPath.split('.').reduce((value, key) => value?.[key], module);
  if (found === undefined) throw new HandlerNotFound(`${handler} is undefined or not exported`);
  if (typeof found !== 'function') throw new HandlerNotFound(`${handler} is not a function`);
  return found;
}
