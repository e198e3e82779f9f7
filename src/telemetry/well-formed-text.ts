// Text fit for protobuf and JSON: no lone surrogate, cut only between characters. Text that needs no
// change comes back as the same string.

/** Almost every line has none, and then there is nothing to look at more closely. */
const ANY_SURROGATE = /[\ud800-\udfff]/;
/** With the u flag a pair is one code point, so only lone surrogates match. */
const LONE_SURROGATE = /\p{Surrogate}/u;
const LONE_SURROGATES = /\p{Surrogate}/gu;

export function isWellFormed(text: string): boolean {
  return !ANY_SURROGATE.test(text) || !LONE_SURROGATE.test(text);
}

/** Replaces each lone surrogate by U+FFFD, as an encoder of UTF-8 would. */
export function toWellFormed(text: string): string {
  return ANY_SURROGATE.test(text) ? text.replace(LONE_SURROGATES, '\ufffd') : text;
}

/** The UTF-8 length of well-formed text, in bytes. */
export function utf8Bytes(text: string): number {
  let bytes = 0;
  for (let index = 0; index < text.length; index += 1) {
    bytes += utf8UnitBytes(text.charCodeAt(index));
  }
  return bytes;
}

/** The longest start of well-formed text that has at most `maxBytes` in UTF-8. */
export function cutToBytes(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes) return text;
  let bytes = 0;
  for (let index = 0; index < text.length; index += 1) {
    bytes += utf8UnitBytes(text.charCodeAt(index));
    if (bytes > maxBytes) return cutToLength(text, index);
  }
  return text;
}

/** The longest start of well-formed text that has at most `maxLength` UTF-16 units. */
export function cutToLength(text: string, maxLength: number): string {
  return text.slice(0, isHighSurrogate(text.charCodeAt(maxLength - 1)) ? maxLength - 1 : maxLength);
}

/** A pair has four bytes: two for each half. */
function utf8UnitBytes(unit: number): number {
  if (unit < 0x80) return 1;
  return unit < 0x800 || (unit & 0xf800) === 0xd800 ? 2 : 3;
}

function isHighSurrogate(unit: number): boolean {
  return (unit & 0xfc00) === 0xd800;
}
