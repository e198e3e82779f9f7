// The fields of a message's head or of its trailers (RFC 9110 §5).
import { isFieldName } from './message-head';

export type HeaderFields = ReadonlyMap<string, string>;

/** Fields that are no lists: the first one counts. */
const SINGLE_FIELDS = new Set(['retry-after', 'location', 'content-type', 'content-encoding']);

/** Undefined: a line that is no field. Without a regular expression over values, which could be made to backtrack. */
export function readFields(lines: readonly string[]): HeaderFields | undefined {
  const fields = new Map<string, string>();
  let last = '';
  for (const line of lines) {
    if (line.includes('\r') || line.includes('\n')) return undefined;
    if (line.startsWith(' ') || line.startsWith('\t')) {
      // A folded line (obsolete, RFC 9112 §5.2) continues the one before.
      if (last === '') return undefined;
      fields.set(last, `${fields.get(last) ?? ''} ${trimBlanks(line)}`);
      continue;
    }
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0));
    if (!isFieldName(name)) return undefined;
    last = name.toLowerCase();
    addField(fields, last, trimBlanks(line.slice(colon + 1)));
  }
  return fields;
}

function addField(fields: Map<string, string>, name: string, value: string): void {
  const known = fields.get(name);
  if (known === undefined) fields.set(name, value);
  else if (SINGLE_FIELDS.has(name) || (name === 'content-length' && known === value)) return;
  else fields.set(name, `${known}, ${value}`);
}

/** Without the spaces and tabs around it. */
function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}
