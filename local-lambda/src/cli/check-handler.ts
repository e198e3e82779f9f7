// Checks --handler FILE.EXPORT; the message for a wrong value says what the file exports.
import { statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { examineModule, hasModule } from '../lambda/handler-module';
import { toCallerPath } from './caller-directory';
import { UserError } from './run-inputs';

type Variables = Readonly<Record<string, string>>;

/** The end of a file name, which no export has. */
const FILE_NAME = /\.[cm]?[jt]s$/;

/** As in Lambda, the module's name ends at the first dot. */
function toModuleName(handler: string): string {
  return join(dirname(handler), basename(handler).split('.')[0] ?? '');
}

function toKind(path: string): 'file' | 'directory' | undefined {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined) return undefined;
  return status.isDirectory() ? 'directory' : 'file';
}

/** `it exports handler, other: --handler src/app.handler`, or its syntax error; undefined if neither is known. */
export async function describeModule(
  handler: string,
  environment: Variables,
): Promise<string | undefined> {
  const name = toModuleName(handler);
  const { functions: names, syntaxError } = await examineModule(toCallerPath(name), environment);
  if (names === undefined) return syntaxError;
  const [first] = [...names.filter((each) => each === 'handler'), ...names];
  if (first === undefined) return 'it exports no function by name';
  return `it exports ${names.join(', ')}: --handler ${name}.${first}`;
}

/** Throws a UserError if the handler names no module or no export. */
export async function checkHandler(handler: string, environment: Variables): Promise<void> {
  const kind = toKind(toCallerPath(handler));
  const name = toModuleName(handler);
  const isModule = hasModule(toCallerPath(name));
  const named = kind !== undefined || !basename(handler).includes('.') || FILE_NAME.test(handler);
  if (named) {
    const got = kind === undefined ? `'${handler}' without an export` : `the ${kind} '${handler}'`;
    const exported = isModule ? await describeModule(handler, environment) : undefined;
    const hint = exported === undefined ? ', for example src/app.handler' : `; ${exported}`;
    throw new UserError(`--handler: expected FILE.EXPORT, got ${got}${hint}`);
  }
  if (isModule) return;
  const dots = basename(handler).split('.').length > 2 ? ' (its name ends at the first dot)' : '';
  const expected = `expected a file ${name}.js, .mjs, .cjs or .ts${dots}, found none`;
  throw new UserError(`--handler ${handler}: ${expected}`);
}
