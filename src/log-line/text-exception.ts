// The exception of a text line: a stack trace, Node.js's `Invoke Error ⇥{json}`, or the platform's
// `RequestId: … Error: …`.
import { SeverityNumber } from '@opentelemetry/api-logs';
import { isObject } from '../telemetry/fields';
import { readErrorObject } from './exception';
import { readStackText } from './stack-text';
import type { LogException } from './stack-text';

const PLATFORM_ERROR = /^RequestId: \S+ Error: ([^\n]*)\n([A-Z]\w*\.\w+)\s*$/;

/** `level`: what the line's head says, if it has one. */
export function readTextException(
  text: string,
  level: SeverityNumber | undefined,
): LogException | undefined {
  if (level !== undefined && level >= SeverityNumber.ERROR) {
    const reported = readNodeError(text) ?? readPlatformError(text);
    if (reported !== undefined) return reported;
  }
  return readStackText(text);
}

/** Node.js logs uncaught errors as `Invoke Error`, `Uncaught Exception` or the like, a tab and JSON. */
function readNodeError(text: string): LogException | undefined {
  const start = text.endsWith('}') ? text.indexOf('\t{"') : -1;
  if (start === -1) return undefined;
  try {
    const error: unknown = JSON.parse(text.slice(start + 1));
    return isObject(error) ? readErrorObject(error) : undefined;
  } catch {
    return undefined;
  }
}

function readPlatformError(text: string): LogException | undefined {
  const match = PLATFORM_ERROR.exec(text);
  if (match === null) return undefined;
  const [, message = '', type = ''] = match;
  return message === '' ? { type } : { type, message };
}
