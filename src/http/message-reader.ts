// Reads HTTP/1.1 messages (RFC 9112) from the bytes of one connection, however they are cut into chunks, in
// time that is linear in them. Each step takes what it can of the bytes at hand and names the next by
// assigning `step`; false: it needs more bytes than there are.
import {
  FIRST_TEXT,
  START,
  isBodyless,
  isInterim,
  isLength,
  isReusable,
  readChunkSize,
  readFields,
  unspacedLength,
} from './message-head';
import type { MessageHead, MessageKind } from './message-head';

export interface MessageListener {
  onHead(head: MessageHead): void;
  /** Bytes that nothing else will be written to. */
  onData(bytes: Buffer): void;
  /** `reusable`: the connection may carry another message after this one. */
  onEnd(reusable: boolean): void;
  /** Once at the most, and nothing after it: what came is no HTTP/1.1. */
  onMalformed(problem: string): void;
}

type Step = () => boolean;

/** As node:http has it: of a head's names, values and start line; below, with what stands between them. */
const MAX_HEAD_BYTES = 16_384;
const MAX_SPACED_HEAD_BYTES = 65_536;
const SHORT_HEAD_BYTES = 1024;
const MAX_LINE_BYTES = 4096;
const END = '\r\n\r\n';
const FIRST_TEXT_LENGTH = 5;
/** With the last, a TLS server answers what is no TLS (RFC 8446 §5.1). */
const [CR, LF, TLS_ALERT] = [13, 10, 21];

/** No message begins with an empty line. */
const NO_HEAD = { text: '\r\n', head: { startLine: '', fields: new Map() } as MessageHead };

export class MessageReader {
  private readonly pending = new PendingBytes();
  /** Of the bytes at hand, how many were searched for the end of the head. */
  private searched = 0;
  /** Of a request, if it is short: clients repeat theirs, which is then not read again. */
  private latest = NO_HEAD;
  private step: Step | undefined;
  private left = 0;
  private trailerBytes = 0;
  private reusable = false;
  private untilEnd = false;
  private began = false;
  private isPaused = false;
  private isRunning = false;

  constructor(
    private readonly kind: MessageKind,
    private readonly listener: MessageListener,
  ) {
    this.step = this.readHead;
  }

  push(chunk: Buffer): void {
    this.pending.push(chunk);
    this.run();
  }

  /** Reads on no further than the message at hand; what was pushed is kept. */
  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    this.run();
  }

  /** Paused before the end of what was pushed. */
  get isHeld(): boolean {
    return this.isPaused && this.heldBytes > 0;
  }
  /** Bytes that were pushed and not read. */
  get heldBytes(): number {
    return this.pending.length;
  }
  /** No byte of a further message has come. */
  get isBetween(): boolean {
    return this.step === this.readHead && this.heldBytes === 0 && !this.began;
  }

  /** The peer ended the connection: whether that was the proper end of a message, or between two. */
  end(): boolean {
    const { untilEnd } = this;
    if (untilEnd) this.finish();
    const isProper = untilEnd || this.isBetween;
    this.step = undefined;
    return isProper;
  }

  private run(): void {
    if (this.isRunning) return;
    this.isRunning = true;
    try {
      while (this.step !== undefined && !this.isPaused && this.heldBytes > 0) {
        if (!this.step()) break;
      }
    } finally {
      this.isRunning = false;
    }
    if (this.heldBytes === 0 || this.step === undefined) this.pending.clear();
  }

  private readonly readHead: Step = () => {
    const { pending } = this;
    // An empty line before a message is to be ignored (RFC 9112 §2.2).
    while (!this.began && (pending.at(0) === CR || pending.at(0) === LF)) pending.skip(1);
    if (pending.length === 0) return true;
    const { latest } = this;
    if (!this.began && pending.peek(latest.text.length) === latest.text) {
      pending.skip(latest.text.length);
      return this.startBody(latest.head);
    }
    this.began = true;
    const end = this.findHeadEnd();
    if (end < 0) return this.awaitHead();
    const text = pending.peek(end + END.length);
    pending.skip(text.length);
    this.searched = 0;
    return this.takeHead(text, end);
  };

  /** Text is searched in a fraction of the time that bytes take; most heads are short. */
  private findHeadEnd(): number {
    if (this.searched === 0) {
      const text = this.pending.peek(SHORT_HEAD_BYTES);
      const end = text.indexOf(END);
      if (end >= 0 || text.length < SHORT_HEAD_BYTES) return end;
    }
    return this.pending.indexOf(END, Math.max(this.searched - END.length + 1, 0));
  }

  private awaitHead(): false {
    this.searched = this.pending.length;
    if (!FIRST_TEXT[this.kind].test(this.pending.peek(FIRST_TEXT_LENGTH)))
      return this.fail(this.pending.at(0) === TLS_ALERT ? 'TLS' : 'bytes of another protocol');
    if (this.searched <= MAX_SPACED_HEAD_BYTES) return false;
    return this.fail(`a head of more than ${MAX_HEAD_BYTES} bytes`);
  }

  /** `end`: where the empty line begins. */
  private takeHead(text: string, end: number): boolean {
    const lineEnd = text.indexOf('\r\n');
    const startLine = text.slice(0, lineEnd);
    const fields = START[this.kind].test(startLine)
      ? readFields(text, lineEnd + 2, end)
      : undefined;
    if (fields === undefined) {
      return this.fail(
        FIRST_TEXT[this.kind].test(text) ? 'a malformed head' : 'bytes of another protocol',
      );
    }
    if (end > MAX_HEAD_BYTES && unspacedLength(text) > MAX_HEAD_BYTES) {
      return this.fail(`a head of more than ${MAX_HEAD_BYTES} bytes`);
    }
    this.began = false;
    if (this.kind === 'response' && isInterim(startLine)) return true;
    const head = { startLine, fields };
    const isKept = this.kind === 'request' && text.length <= SHORT_HEAD_BYTES;
    this.latest = isKept ? { text, head } : NO_HEAD;
    return this.startBody(head);
  }

  private startBody(head: MessageHead): boolean {
    const { startLine, fields } = head;
    const length = fields.get('content-length');
    const encoding = fields.get('transfer-encoding');
    const isChunked = encoding !== undefined && /(?:^|,)[ \t]*chunked$/i.test(encoding);
    const isUnframed = this.kind === 'request' ? encoding !== undefined && !isChunked : false;
    if (isUnframed || (encoding === undefined && !isLength(length))) {
      return this.fail('a malformed length');
    }
    this.reusable = isReusable(startLine, fields.get('connection'));
    this.listener.onHead(head);
    // The listener may have closed the connection meanwhile.
    if (this.kind === 'response' && isBodyless(startLine)) this.finish();
    else if (isChunked) this.step = this.readChunkSize;
    else if (encoding === undefined && length !== undefined) {
      this.left = Number(length);
      if (this.left === 0) this.finish();
      else this.step = this.readBody;
    } else if (this.kind === 'request') this.finish();
    else {
      this.untilEnd = true;
      this.left = Infinity;
      this.step = this.readBody;
    }
    return true;
  }

  private readonly readBody: Step = () => {
    this.passOn();
    if (this.left === 0) this.finish();
    return true;
  };

  private passOn(): void {
    const bytes = this.pending.take(this.left);
    this.left -= bytes.length;
    this.listener.onData(bytes);
  }

  private readonly readChunkSize: Step = () => {
    const line = this.pending.takeLine(MAX_LINE_BYTES);
    if (line === undefined) return this.awaitLine('a malformed chunk');
    const size = readChunkSize(line);
    if (size === undefined) return this.fail('a malformed chunk');
    this.left = size;
    this.trailerBytes = 0;
    this.step = size === 0 ? this.readTrailers : this.readChunk;
    return true;
  };

  private readonly readChunk: Step = () => {
    this.passOn();
    if (this.left === 0) this.step = this.readChunkEnd;
    return true;
  };

  private readonly readChunkEnd: Step = () => {
    const { pending } = this;
    if (pending.length < 2) return false;
    const isEnd = pending.at(0) === CR && pending.at(1) === LF;
    pending.skip(2);
    this.step = this.readChunkSize;
    return isEnd || this.fail('a malformed chunk');
  };

  private readonly readTrailers: Step = () => {
    const line = this.pending.takeLine(MAX_LINE_BYTES);
    if (line === undefined) return this.awaitLine('a malformed trailer');
    this.trailerBytes += line.length;
    if (line === '') this.finish();
    else if (this.trailerBytes > MAX_HEAD_BYTES) return this.fail('a malformed trailer');
    return true;
  };

  private awaitLine(problem: string): false {
    return this.heldBytes < MAX_LINE_BYTES ? false : this.fail(problem);
  }

  private finish(): void {
    const reusable = this.reusable && !this.untilEnd;
    this.untilEnd = false;
    this.step = this.readHead;
    this.listener.onEnd(reusable);
  }

  private fail(problem: string): false {
    this.step = undefined;
    this.listener.onMalformed(problem);
    return false;
  }
}

// What came over a connection and is not read yet. Whatever the chunks, each byte is copied twice at the
// most: what is kept grows in memory that doubles. Bytes that were handed out are never written to.

const NOTHING: Buffer = Buffer.alloc(0);

export class PendingBytes {
  /** Those from `from` on are still to be read. */
  private bytes = NOTHING;
  private from = 0;
  /** Whose beginning `bytes` is, once chunks had to be joined. */
  private store = NOTHING;

  get length(): number {
    return this.bytes.length - this.from;
  }

  push(chunk: Buffer): void {
    if (this.length === 0) this.replace(chunk);
    else this.append(chunk);
  }

  /** Keeps nothing. */
  clear(): void {
    this.replace(NOTHING);
  }

  /** The byte at this place; undefined behind the last one. */
  at(index: number): number | undefined {
    return this.bytes[this.from + index];
  }

  /** At most so many characters of ISO-8859-1, which stay. */
  peek(atMost: number): string {
    return this.bytes.toString('latin1', this.from, this.from + atMost);
  }

  /** Where `text` begins, at `start` at the earliest; -1: nowhere. */
  indexOf(text: string, start: number): number {
    const index = this.bytes.indexOf(text, this.from + start, 'latin1');
    return index < 0 ? -1 : index - this.from;
  }

  skip(bytes: number): void {
    this.from += bytes;
  }

  /** At most so many bytes. */
  take(atMost: number): Buffer {
    const { bytes, from } = this;
    this.from = Math.min(from + atMost, bytes.length);
    return from === 0 && this.from === bytes.length ? bytes : bytes.subarray(from, this.from);
  }

  /**
   * A line without its end; undefined: it does not end within so many bytes. Lines are short: a loop beats a search.
   */
  takeLine(atMost: number): string | undefined {
    const { bytes, from } = this;
    const last = Math.min(bytes.length, from + atMost) - 1;
    for (let at = from; at < last; at += 1) {
      if (bytes[at] !== CR || bytes[at + 1] !== LF) continue;
      this.from = at + 2;
      return bytes.toString('latin1', from, at);
    }
    return undefined;
  }

  private replace(bytes: Buffer): void {
    this.bytes = bytes;
    this.from = 0;
    this.store = NOTHING;
  }

  private append(chunk: Buffer): void {
    if (this.bytes.length + chunk.length > this.store.length) {
      const larger = Buffer.allocUnsafeSlow(2 * (this.length + chunk.length));
      const held = this.bytes.copy(larger, 0, this.from);
      this.replace(larger.subarray(0, held));
      this.store = larger;
    }
    const end = this.bytes.length;
    chunk.copy(this.store, end);
    this.bytes = this.store.subarray(0, end + chunk.length);
  }
}
