// Heads of messages: what a start line and the framing fields mean, and how a request's head is written (RFC 9112 §3,
// §6, RFC 9110 §5). Characters that would break out of their line are refused here, wherever they come from.

export type HeaderFields = ReadonlyMap<string, string>;

export interface MessageHead {
  /** The request line or the status line. */
  readonly startLine: string;
  /** Names are in lower case; repeated fields are joined by commas. */
  readonly fields: HeaderFields;
}

export type MessageKind = 'request' | 'response';

/** The forms of start lines. */
export const START = {
  request: /^[A-Z]{1,20} \S+ HTTP\/1\.[01]$/,
  response: /^HTTP\/(?:1\.[01]|0\.9|2\.0) \d{3}(?: |$)/,
};
/** What the first bytes of a message look like. */
export const FIRST_TEXT = { request: /^[A-Z]/, response: /^(?:HTTP\/|HTTP?$|HT?$)/ };

export interface RequestHead {
  readonly method: string;
  /** In origin form, in absolute form through a proxy, or in authority form for CONNECT. */
  readonly target: string;
  /** Host comes first. */
  readonly fields: Readonly<Record<string, string | number>>;
}

const TOKEN = /^[!#$%&'*+.^_`|~\w-]+$/;
/** Visible characters, spaces, tabs, and the upper half of ISO-8859-1. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const TARGET = /^[\x21-\x7e\x80-\xff]+$/;

export function isFieldName(name: string): boolean {
  return TOKEN.test(name);
}

export function isFieldValue(value: string): boolean {
  return VALUE.test(value);
}

/** A head that is written with every request, with the length of each body. Throws as formatHead does. */
export class RepeatedHead {
  private text: string | undefined;

  constructor(private readonly head: RequestHead) {}

  format(bodyBytes: number): string {
    this.text ??= formatHead(this.head).slice(0, -2);
    return `${this.text}content-length: ${bodyBytes}\r\n\r\n`;
  }
}

/** Throws a TypeError, whose message does not contain the value, for characters that HTTP forbids. */
export function formatHead({ method, target, fields }: RequestHead): string {
  if (!TARGET.test(target))
    throw new TypeError('the request target has characters that HTTP forbids');
  let head = `${method} ${target} HTTP/1.1\r\n`;
  for (const name of Object.keys(fields)) {
    const value = String(fields[name]);
    if (!isFieldName(name) || !isFieldValue(value)) {
      throw new TypeError(`the header '${name}' has characters that HTTP forbids`);
    }
    head += `${name}: ${value}\r\n`;
  }
  return `${head}\r\n`;
}

const BODYLESS = new Set([101, 204, 304]);
/** The bytes of ": " and of the line end. */
const SPACING_BYTES = 4;

/** The length without the separators around names and values, which is how node:http counts it. */
export function unspacedLength(head: string): number {
  return head.length - SPACING_BYTES * (head.split('\r\n').length - 1);
}

/** True for a valid value of Content-Length. */
export function isLength(length: string | undefined): boolean {
  return length === undefined || /^\d{1,15}$/.test(length);
}

/** In bytes; undefined if there is none, or it is void because the body comes in chunks (RFC 9112 §6.3). */
export function announcedLength(fields: HeaderFields): number | undefined {
  const length = fields.get('content-length');
  return length === undefined || fields.has('transfer-encoding') ? undefined : Number(length);
}

/** True if the connection may carry another message after this one. */
export function isReusable(startLine: string, connection?: string): boolean {
  const isNew = startLine.startsWith('HTTP/1.1') || startLine.endsWith('HTTP/1.1');
  if (connection === undefined) return isNew;
  return isNew ? !/\bclose\b/i.test(connection) : /\bkeep-alive\b/i.test(connection);
}

/** True for 100 Continue and 103 Early Hints, after which the real answer still comes. */
export function isInterim(startLine: string): boolean {
  return startLine[9] === '1' && statusOf(startLine) !== 101;
}

export function isBodyless(startLine: string): boolean {
  return BODYLESS.has(statusOf(startLine));
}

/** The status code of a status line. */
export function statusOf(startLine: string): number {
  return Number(startLine.slice(9, 12));
}

/** The size in the line before a chunk; undefined if there is none or it takes more than four bytes. */
export function readChunkSize(line: string): number | undefined {
  const [, digits = ''] = /^0*([\da-f]{1,8})[ \t]*(?:;|$)/i.exec(line) ?? [];
  return digits === '' ? undefined : Number.parseInt(digits, 16);
}

/** Reason phrases are optional (RFC 9112 §4), but some clients want one. */
const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  431: 'Request Header Fields Too Large',
};

export interface ResponseHead {
  /** Further header lines, each ending with CRLF. */
  readonly fields?: string | undefined;
  readonly body?: Buffer | undefined;
  /** The connection is closed after this answer. */
  readonly isLast: boolean;
}

export function formatResponseHead(
  status: number,
  { fields = '', body, isLast }: ResponseHead,
): string {
  const connection = isLast ? 'Connection: close\r\n' : '';
  const length = `Content-Length: ${body?.length ?? 0}\r\n\r\n`;
  return `HTTP/1.1 ${status} ${REASONS[status] ?? ''}\r\n${fields}${connection}${length}`;
}

/** Fields that are not lists; of repeated ones, the first counts. */
const SINGLE_FIELDS = new Set(['retry-after', 'location', 'content-type', 'content-encoding']);
/** Caches the lower-case form of names, because peers repeat theirs; bounded in number and length. */
const KNOWN_NAMES = new Map<string, string>();
const MAX_KNOWN_NAMES = 64;
const MAX_KNOWN_LENGTH = 64;

/**
 * Reads the lines of `text` from `start` to `end`, where the empty line begins. Undefined if a line is not a field.
 * Values are not matched by a regular expression, which could be made to backtrack.
 */
export function readFields(text: string, start: number, end: number): HeaderFields | undefined {
  const fields = new Map<string, string>();
  if (start >= end) return fields;
  const block = text.slice(start, end);
  const lines = block.split('\r\n');
  // CR and LF are only allowed together.
  if (block.split('\r').length !== lines.length) return undefined;
  if (block.split('\n').length !== lines.length) return undefined;
  let last = '';
  for (const line of lines) {
    if (isBlank(line.charCodeAt(0))) {
      // A folded line (obsolete, RFC 9112 §5.2) continues the line before it.
      if (last === '') return undefined;
      fields.set(last, `${fields.get(last) ?? ''} ${trimBlanks(line, 0)}`);
    } else {
      const colon = line.indexOf(':');
      const name = readName(line.slice(0, Math.max(colon, 0)));
      if (name === undefined) return undefined;
      last = name;
      addField(fields, name, trimBlanks(line, colon + 1));
    }
  }
  return fields;
}

function readName(spelling: string): string | undefined {
  const known = KNOWN_NAMES.get(spelling);
  if (known !== undefined) return known;
  if (!isFieldName(spelling)) return undefined;
  if (KNOWN_NAMES.size >= MAX_KNOWN_NAMES || spelling.length > MAX_KNOWN_LENGTH) {
    return spelling.toLowerCase();
  }
  // Copied, because a slice of the head would keep the whole head in memory.
  const own = Buffer.from(spelling, 'latin1').toString('latin1');
  const name = own.toLowerCase();
  KNOWN_NAMES.set(own, name);
  return name;
}

function addField(fields: Map<string, string>, name: string, value: string): void {
  const known = fields.get(name);
  if (known === undefined) fields.set(name, value);
  else if (SINGLE_FIELDS.has(name) || (name === 'content-length' && known === value)) return;
  else fields.set(name, `${known}, ${value}`);
}

/** The text from `start` on without surrounding spaces and tabs. */
function trimBlanks(text: string, start: number): string {
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}
