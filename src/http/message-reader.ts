// Reads HTTP/1.1 messages (RFC 9112) from the bytes of one connection, however they are split into chunks, in linear
// time. Each step consumes what it can of the pending bytes and assigns the next one to `step`; it returns false if it
// needs more bytes.
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
import { PendingBytes } from './pending-bytes';

export interface MessageListener {
  onHead(head: MessageHead): void;
  /** The bytes are never overwritten later. */
  onData(bytes: Buffer): void;
  /** `reusable`: the connection may carry another message after this one. */
  onEnd(reusable: boolean): void;
  /**
   * Called at most once and last: the peer does not send HTTP/1.1, or its head is too large. `status`: what a server
   * answers to that.
   */
  onMalformed(problem: string, status: 400 | 431): void;
}

type Step = () => boolean;

/** The limit of node:http, without the separators around names and values; the next one includes them. */
const MAX_HEAD_BYTES = 16_384;
const MAX_SPACED_HEAD_BYTES = 65_536;
const TOO_LARGE = `a head of more than ${MAX_HEAD_BYTES} bytes`;
const MAX_KEPT_HEAD_BYTES = 1024;
const MAX_LINE_BYTES = 4096;
const END = '\r\n\r\n';
const FIRST_TEXT_LENGTH = 5;
/** A TLS server sends a message that begins with the last of these if the peer does not speak TLS (RFC 8446 §5.1). */
const [CR, LF, TLS_ALERT] = [13, 10, 21];

/** Matches no head, since no message begins with an empty line. */
const NO_HEAD = { text: '\r\n', head: { startLine: '', fields: new Map() } as MessageHead };

export class MessageReader {
  private readonly pending = new PendingBytes();
  /** How many of the pending bytes have been searched for the end of the head. */
  private searched = 0;
  /** The latest request head, if it is short: clients repeat theirs, and then it need not be parsed again. */
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

  /** Stops at the end of the current message; bytes pushed after that are kept. */
  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    this.run();
  }

  /** Paused while there are bytes left to read. */
  get isHeld(): boolean {
    return this.isPaused && this.heldBytes > 0;
  }
  /** Bytes that were pushed but not read yet. */
  get heldBytes(): number {
    return this.pending.length;
  }
  /** No byte of a further message has arrived. */
  get isBetween(): boolean {
    return this.step === this.readHead && this.heldBytes === 0 && !this.began;
  }

  /** To be called when the peer ends the connection. True if that properly ends a message, or happens between two. */
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
    // An empty line before a message must be ignored (RFC 9112 §2.2).
    while (!this.began && (pending.at(0) === CR || pending.at(0) === LF)) pending.skip(1);
    if (pending.length === 0) return true;
    const { latest } = this;
    if (!this.began && pending.peek(latest.text.length) === latest.text) {
      pending.skip(latest.text.length);
      return this.startBody(latest.head);
    }
    this.began = true;
    const end = pending.indexOf(END, Math.max(this.searched - END.length + 1, 0));
    if (end < 0) return this.awaitHead();
    const text = pending.peek(end + END.length);
    pending.skip(text.length);
    this.searched = 0;
    return this.takeHead(text, end);
  };

  private awaitHead(): false {
    this.searched = this.pending.length;
    if (!FIRST_TEXT[this.kind].test(this.pending.peek(FIRST_TEXT_LENGTH)))
      return this.fail(this.pending.at(0) === TLS_ALERT ? 'TLS' : 'bytes of another protocol');
    if (this.searched <= MAX_SPACED_HEAD_BYTES) return false;
    return this.fail(TOO_LARGE, 431);
  }

  /** `end`: where the empty line after the head begins. */
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
      return this.fail(TOO_LARGE, 431);
    }
    this.began = false;
    if (this.kind === 'response' && isInterim(startLine)) return true;
    const head = { startLine, fields };
    const isKept = this.kind === 'request' && text.length <= MAX_KEPT_HEAD_BYTES;
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
    // The listener may have closed the connection in the meantime.
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

  private fail(problem: string, status: 400 | 431 = 400): false {
    this.step = undefined;
    this.pending.clear();
    this.listener.onMalformed(problem, status);
    return false;
  }
}
