// Text that is a JSON object, told from other text before the parser is asked.
import { isObject } from '../telemetry/fields';
import type { JsonObject } from '../telemetry/fields';

/** A name or the end; `{ a: 1 }` as Node.js prints objects is no JSON. */
const OBJECT_START = /^\{\s*["}]/;

/** The JSON object that the text is; undefined for any other text, of which few get as far as the parser. */
export function parseObject(text: string): JsonObject | undefined {
  const first = text.charCodeAt(0);
  if (first !== 0x7b && first !== 0x20 && first !== 0x0a && first !== 0x0d) return undefined;
  const trimmed = text.trim();
  if (!trimmed.endsWith('}') || !OBJECT_START.test(trimmed)) return undefined;
  try {
    const value: unknown = JSON.parse(trimmed);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
