// Whether a line says, in the runtime's own words, that memory ran out: V8's fatal error, the JVM's and
// .NET's last words, or an exception of a type that means it.
import { SeverityNumber } from '@opentelemetry/api-logs';
import { isOutOfMemoryType } from '../invocation/verdict';
import type { LogLine } from '../log-line/log-line';

const V8_WORDS = 'heap out of memory';
const LAST_WORDS =
  /^(?:Out of memory\.\s*$|(?:Exception in thread "[^"]{0,200}" |(?:Terminating|Aborting) due to |Unhandled exception\. )(?:java\.lang|System)\.OutOfMemoryE)/;

export function readOutOfMemory({ body, exception, severityNumber }: LogLine): boolean {
  if (exception !== undefined && isOutOfMemoryType(exception.type)) return true;
  // A runtime's last words have no level, or the highest.
  if (severityNumber !== undefined && severityNumber < SeverityNumber.ERROR) return false;
  return typeof body === 'string' && (LAST_WORDS.test(body) || body.includes(V8_WORDS));
}
