// An error in a record under a name of its own: `logger.error({ reason, data: { error } })`. Only what certainly is one
// counts: frames, and a type or a message.
import { isObject } from '../telemetry/fields';
import type { JsonObject } from '../telemetry/fields';
import { readErrorObject, TRACES } from './exception';
import type { LogException } from './log-line';
import { looksLikeFrames, readLoggedStack } from './stack-text';

/** Members of an object that are looked at. */
const MAX_MEMBERS = 64;
const TRACE_NAMES: ReadonlySet<string> = new Set(TRACES);

/** The error in a member of the record, or in a member of a member. `message`: a text that was found to hold none. */
export function findError(record: JsonObject, message?: string): LogException | undefined {
  const read = (value: unknown): LogException | undefined =>
    value === message ? undefined : readSure(value);
  return findWithin(
    record,
    (value) => read(value) ?? (isObject(value) ? findWithin(value, read) : undefined),
  );
}

function findWithin(
  object: JsonObject,
  read: (value: unknown) => LogException | undefined,
): LogException | undefined {
  let count = 0;
  for (const name in object) {
    const found = read(object[name]);
    if (found !== undefined) return found;
    count += 1;
    if (count === MAX_MEMBERS) break;
  }
  return undefined;
}

function readSure(value: unknown): LogException | undefined {
  const exception = typeof value === 'string' ? readText(value) : readObject(value);
  const { type, message, stacktrace } = exception ?? {};
  const isError = stacktrace !== undefined && looksLikeFrames(stacktrace);
  return isError && (type ?? message) !== undefined ? exception : undefined;
}

function readText(text: string): LogException | undefined {
  return text.includes('\n') ? readLoggedStack(text) : undefined;
}

function readObject(value: unknown): LogException | undefined {
  const error: unknown = Array.isArray(value) ? (value as unknown[])[0] : value;
  return isObject(error) && hasTrace(error) ? readErrorObject(error) : undefined;
}

/** Most objects have none, and then no name of an error is looked for. */
function hasTrace(object: JsonObject): boolean {
  for (const name in object) if (TRACE_NAMES.has(name)) return true;
  return false;
}
