// A handler in TypeScript → one module that the Node runtime loads, made by esbuild as SAM and CDK's
// NodejsFunction make it: with its dependencies, as an ES module where its package says so.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { FunctionSettings } from './local-lambda-options';

export const TYPESCRIPT_EXTENSIONS = ['.ts', '.mts', '.cts'];
const COMPILED_EXTENSIONS = ['.js', '.mjs', '.cjs'];

/** CommonJS dependencies inside an ES module expect these. */
const COMMONJS_NAMES = `import { createRequire as createRequire_ } from 'node:module';
import { fileURLToPath as fileURLToPath_ } from 'node:url';
import { dirname as dirname_ } from 'node:path';
const require = createRequire_(import.meta.url);
const __filename = fileURLToPath_(import.meta.url);
const __dirname = dirname_(__filename);`;

function isModulePackage(directory: string): boolean {
  const manifest = join(directory, 'package.json');
  if (existsSync(manifest)) {
    return (JSON.parse(readFileSync(manifest, 'utf8')) as { type?: string }).type === 'module';
  }
  const parent = dirname(directory);
  return parent !== directory && isModulePackage(parent);
}

/** The handler's TypeScript file; undefined where there is JavaScript, which the runtime prefers. */
function findSource({ taskRoot, handler }: FunctionSettings): string | undefined {
  const path = join(taskRoot, handler.split('.')[0] ?? '');
  if (COMPILED_EXTENSIONS.some((extension) => existsSync(path + extension))) return undefined;
  return TYPESCRIPT_EXTENSIONS.map((extension) => path + extension).find(existsSync);
}

/**
 * Compiles into `directory`; resolves to the module, or to undefined when there is nothing to compile.
 * Rejects with a TypeError that has esbuild's messages.
 */
export async function compileHandler(
  settings: FunctionSettings,
  handler: string | undefined,
  directory: string,
): Promise<string | undefined> {
  const source = handler === undefined ? undefined : findSource(settings);
  if (source === undefined) return undefined;
  const { build, stop } = await import('esbuild');
  const esModule =
    source.endsWith('.mts') || (source.endsWith('.ts') && isModulePackage(dirname(source)));
  const outfile = join(directory, esModule ? 'handler.mjs' : 'handler.cjs');
  try {
    await build({
      entryPoints: [source],
      outfile,
      bundle: true,
      platform: 'node',
      target: `node${process.versions.node}`,
      format: esModule ? 'esm' : 'cjs',
      ...(esModule ? { banner: { js: COMMONJS_NAMES } } : {}),
      sourcemap: 'inline',
      logLevel: 'silent',
    });
  } catch (error) {
    const message = (error as Error).message;
    throw new TypeError(`${source}: expected TypeScript that compiles\n${message}`);
  } finally {
    await stop();
  }
  return outfile;
}
