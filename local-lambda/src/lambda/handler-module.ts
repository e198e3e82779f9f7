// Examines a handler's module: whether it exists, and what it exports.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toFunctionSettings } from './local-lambda-options';
import { compileHandler, TYPESCRIPT_EXTENSIONS } from './typescript-handler';

const LIST_EXPORTS = join(__dirname, 'list-exports.mjs');
/** A module may open connections or wait while it is loaded. */
const LOAD_TIMEOUT_MS = 5000;

/** `path`: without its extension. */
export function hasModule(path: string): boolean {
  return ['.js', '.mjs', '.cjs', ...TYPESCRIPT_EXTENSIONS].some((each) => existsSync(path + each));
}

/** A syntax error as Node.js prints it: `file:line`, the line, the mark and the message. Programs cannot catch it. */
const SYNTAX_ERROR = /^(?:file:\/\/)?(.+:\d+)\n(.*)\n([ \t]*\^+)\n\n(SyntaxError.*)$/m;

export interface ModuleContents {
  /** Names of the functions that it exports; undefined: it could not be loaded, or not in 5 s. */
  readonly functions?: readonly string[];
  readonly syntaxError?: string;
}

/** Runs the module's own code. `path`: without its extension. */
export async function examineModule(
  path: string,
  environment: Readonly<Record<string, string>>,
): Promise<ModuleContents> {
  const directory = mkdtempSync(join(tmpdir(), 'local-lambda-'));
  try {
    const handler = `${path}.exports`;
    const settings = toFunctionSettings({ handler });
    const compiled = await compileHandler(settings, handler, directory);
    const { output, stderr } = spawnSync(process.execPath, [LIST_EXPORTS, compiled ?? path], {
      cwd: settings.taskRoot,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
      timeout: LOAD_TIMEOUT_MS,
    });
    const [, at, code = '', mark = '', message = ''] = SYNTAX_ERROR.exec(stderr) ?? [];
    if (at !== undefined) return { syntaxError: [`${at}: ${message}`, code, mark].join('\n') };
    return { functions: JSON.parse(output[3] ?? '') as readonly string[] };
  } catch {
    return {};
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
