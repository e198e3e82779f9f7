// The fields of a message's head or of its trailers (RFC 9110 §5).
import { isFieldName } from './message-head';

export type HeaderFields = ReadonlyMap<string, string>;

/** Fields that are no lists: the first one counts. */
const SINGLE_FIELDS = new Set(['retry-after', 'location', 'content-type', 'content-encoding']);
/** Lower-case names by the spelling they came in, because peers repeat themselves; bounded in both ways. */
const knownNames = new Map<string, string>();
const MAX_KNOWN_NAMES = 64;
const MAX_KNOWN_LENGTH = 64;

/**
 * The lines of `text` from `start` to `end`, where the empty line begins. Undefined: a line that is no field.
 * Without a regular expression over values, which could be made to backtrack.
 */
export function readFields(text: string, start: number, end: number): HeaderFields | undefined {
  const fields = new Map<string, string>();
  let last = '';
  for (let at = start; at < end;) {
    const lineEnd = text.indexOf('\r', at);
    // Neither of the two without the other.
    if (text.indexOf('\n', at) !== lineEnd + 1) return undefined;
    if (isBlank(text.charCodeAt(at))) {
      // A folded line (obsolete, RFC 9112 §5.2) continues the one before.
      if (last === '') return undefined;
      fields.set(last, `${fields.get(last) ?? ''} ${trimBlanks(text, at, lineEnd)}`);
    } else {
      const colon = text.indexOf(':', at);
      const name = colon < lineEnd ? readName(text.slice(at, Math.max(colon, at))) : undefined;
      if (name === undefined) return undefined;
      last = name;
      addField(fields, name, trimBlanks(text, colon + 1, lineEnd));
    }
    at = lineEnd + 2;
  }
  return fields;
}

function readName(spelling: string): string | undefined {
  const known = knownNames.get(spelling);
  if (known !== undefined) return known;
  if (!isFieldName(spelling)) return undefined;
  if (knownNames.size >= MAX_KNOWN_NAMES || spelling.length > MAX_KNOWN_LENGTH) {
    return spelling.toLowerCase();
  }
  // A text of its own: a part of a head would keep all of it in memory.
  const own = Buffer.from(spelling, 'latin1').toString('latin1');
  const name = own.toLowerCase();
  knownNames.set(own, name);
  return name;
}

function addField(fields: Map<string, string>, name: string, value: string): void {
  const known = fields.get(name);
  if (known === undefined) fields.set(name, value);
  else if (SINGLE_FIELDS.has(name) || (name === 'content-length' && known === value)) return;
  else fields.set(name, `${known}, ${value}`);
}

/** From `start` to `end`, without the spaces and tabs around it. */
function trimBlanks(text: string, start: number, end: number): string {
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}
