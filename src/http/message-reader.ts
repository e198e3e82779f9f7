// Reads HTTP/1.1 messages (RFC 9112) from the bytes of one connection, however they are cut into chunks.
// Each step takes what it can of the bytes at hand and names the next step by assigning `step`.

import { readFields } from './header-fields';
import type { HeaderFields } from './header-fields';

export interface MessageHead {
  /** The request line or the status line. */
  readonly startLine: string;
  /** Names in lower case; repeated fields joined by a comma. */
  readonly fields: HeaderFields;
}

export interface MessageListener {
  onHead(head: MessageHead): void;
  onData(bytes: Buffer): void;
  /** `reusable`: the connection may carry another message after this one. */
  onEnd(reusable: boolean): void;
  /** Once at the most, and nothing after it: what came is no HTTP/1.1. */
  onMalformed(problem: string): void;
}

export type MessageKind = 'request' | 'response';

/** Returns how many bytes it took; undefined: it needs more than there are. */
type Step = (bytes: Buffer) => number | undefined;

/** As node:http has it. */
const MAX_HEAD_BYTES = 16_384;
const SHORT_HEAD_BYTES = 1024;
const MAX_LINE_BYTES = 4096;
const START = {
  request: /^[A-Z]{1,20} \S+ HTTP\/1\.[01]$/,
  response: /^HTTP\/1\.[01] \d{3}(?: |$)/,
};
const BODYLESS = new Set([101, 204, 304]);
const END = '\r\n\r\n';
const FIRST_TEXT = { request: /^[A-Z]/, response: /^(?:HTTP\/|HTTP?$|HT?$)/ };

export class MessageReader {
  private kept: Buffer | undefined;
  private step: Step | undefined;
  private left = 0;
  private reusable = false;
  private untilEnd = false;
  private began = false;

  constructor(
    private readonly kind: MessageKind,
    private readonly listener: MessageListener,
  ) {
    this.step = this.readHead;
  }

  push(chunk: Buffer): void {
    let bytes = this.kept === undefined ? chunk : Buffer.concat([this.kept, chunk]);
    this.kept = undefined;
    while (bytes.length > 0 && this.step !== undefined) {
      const taken = this.step(bytes);
      if (taken === bytes.length) return;
      if (taken === undefined) {
        this.kept = bytes;
        return;
      }
      bytes = bytes.subarray(taken);
    }
  }

  /** No byte of a further message has come. */
  get isBetween(): boolean {
    return this.step === this.readHead && this.kept === undefined && !this.began;
  }

  /** The peer ended the connection: whether that was the proper end of a message, or between two. */
  end(): boolean {
    const { untilEnd } = this;
    if (untilEnd) this.finish();
    const isProper = untilEnd || this.isBetween;
    this.step = undefined;
    return isProper;
  }

  private readonly readHead: Step = (bytes) => {
    // An empty line before a message is to be ignored (RFC 9112 §2.2).
    if (!this.began && bytes[0] === 13) return bytes.length < 2 ? undefined : 2;
    this.began = true;
    // Text is searched in a fraction of the time that bytes take; most heads are short.
    let text = bytes.toString('latin1', 0, SHORT_HEAD_BYTES);
    if (bytes.length > SHORT_HEAD_BYTES && !text.includes(END)) {
      text = bytes.toString('latin1', 0, MAX_HEAD_BYTES + END.length);
    }
    const end = text.indexOf(END);
    if (end < 0) {
      if (!FIRST_TEXT[this.kind].test(text)) return this.fail('no HTTP');
      if (bytes.length <= MAX_HEAD_BYTES) return undefined;
      return this.fail(`a head of more than ${MAX_HEAD_BYTES} bytes`);
    }
    const lineEnd = text.indexOf('\r\n');
    const startLine = text.slice(0, lineEnd);
    const fields = START[this.kind].test(startLine)
      ? readFields(text, lineEnd + 2, end)
      : undefined;
    if (fields === undefined) {
      return this.fail(FIRST_TEXT[this.kind].test(text) ? 'a malformed head' : 'no HTTP');
    }
    this.began = false;
    if (this.kind === 'response' && isInterim(startLine)) return end + 4;
    this.startBody({ startLine, fields });
    return end + 4;
  };

  private startBody(head: MessageHead): void {
    const { startLine, fields } = head;
    const length = fields.get('content-length');
    const encoding = fields.get('transfer-encoding');
    const isChunked = encoding !== undefined && /(?:^|,)[ \t]*chunked$/i.test(encoding);
    const isUnframed = this.kind === 'request' ? encoding !== undefined && !isChunked : false;
    if (isUnframed || (encoding === undefined && !isLength(length))) {
      this.fail('a malformed length');
      return;
    }
    this.reusable = isReusable(startLine, fields.get('connection'));
    this.listener.onHead(head);
    // The listener may have closed the connection meanwhile.
    if (this.kind === 'response' && isBodyless(startLine)) this.finish();
    else if (isChunked) this.step = this.readChunkSize;
    else if (encoding === undefined && length !== undefined) this.expect(Number(length));
    else if (this.kind === 'request') this.finish();
    else {
      this.untilEnd = true;
      this.step = this.readToEnd;
    }
  }

  private expect(length: number): void {
    this.left = length;
    this.step = this.readBody;
    if (length === 0) this.finish();
  }

  private readonly readBody: Step = (bytes) => {
    const taken = this.passOn(bytes);
    if (this.left === 0) this.finish();
    return taken;
  };

  private passOn(bytes: Buffer): number {
    const taken = Math.min(this.left, bytes.length);
    this.left -= taken;
    this.listener.onData(taken === bytes.length ? bytes : bytes.subarray(0, taken));
    return taken;
  }

  private readonly readToEnd: Step = (bytes) => {
    this.listener.onData(bytes);
    return bytes.length;
  };

  private readonly readChunkSize: Step = (bytes) => {
    const end = bytes.indexOf('\r\n');
    if (end < 0 && bytes.length <= MAX_LINE_BYTES) return undefined;
    const [, size] =
      /^0*([0-9a-f]{1,8})[ \t]*(?:;|$)/i.exec(bytes.toString('latin1', 0, end)) ?? [];
    if (size === undefined || end < 0) return this.fail('a malformed chunk');
    this.left = Number.parseInt(size, 16);
    this.step = this.left === 0 ? this.readTrailers : this.readChunk;
    return end + 2;
  };

  private readonly readChunk: Step = (bytes) => {
    const taken = this.passOn(bytes);
    if (this.left === 0) this.step = this.readChunkEnd;
    return taken;
  };

  private readonly readChunkEnd: Step = (bytes) => {
    if (bytes.length < 2) return undefined;
    if (bytes[0] !== 13 || bytes[1] !== 10) return this.fail('a malformed chunk');
    this.step = this.readChunkSize;
    return 2;
  };

  private readonly readTrailers: Step = (bytes) => {
    const end = bytes.indexOf('\r\n');
    if (end > MAX_LINE_BYTES || (end < 0 && bytes.length > MAX_LINE_BYTES)) {
      return this.fail('a malformed trailer');
    }
    if (end < 0) return undefined;
    if (end === 0) this.finish();
    return end + 2;
  };

  private finish(): void {
    const reusable = this.reusable && !this.untilEnd;
    this.untilEnd = false;
    this.step = this.readHead;
    this.listener.onEnd(reusable);
  }

  private fail(problem: string): number {
    this.step = undefined;
    this.listener.onMalformed(problem);
    return 0;
  }
}

function isLength(length: string | undefined): boolean {
  return length === undefined || /^\d{1,15}$/.test(length);
}

function isReusable(startLine: string, connection?: string): boolean {
  const isOld = startLine.startsWith('HTTP/1.0') || startLine.endsWith('HTTP/1.0');
  if (connection === undefined) return !isOld;
  return isOld ? /\bkeep-alive\b/i.test(connection) : !/\bclose\b/i.test(connection);
}

/** 100 Continue, 103 Early Hints: the answer is still to come. */
function isInterim(startLine: string): boolean {
  return startLine[9] === '1' && statusOf(startLine) !== 101;
}

function isBodyless(startLine: string): boolean {
  return BODYLESS.has(statusOf(startLine));
}

/** Of a status line. */
export function statusOf(startLine: string): number {
  return Number(startLine.slice(9, 12));
}
