// One connection of a server: reads requests, collects their bodies, writes answers in the order of the
// requests. It stops reading while too many requests or answers wait, or the budget is full.
import type { Socket } from '../node/sockets';
import { monotonicMs } from '../node/clock';
import { greedOf } from './byte-budget';
import type { ByteBudget, OpenHolder } from './byte-budget';
import { formatAnswerHead } from './message-head';
import type { HeaderFields, MessageHead } from './message-head';
import { MessageReader } from './message-reader';

export interface ReceivedRequest {
  readonly method: string;
  /** As the request line has it. */
  readonly target: string;
  /** The same object as of the request before, where that had the same head. */
  readonly fields: HeaderFields;
  /** The server counts it against the budget until the answer; who keeps it longer counts it himself. */
  readonly body: Buffer;
  /** Once. */
  answer(status: number, content?: AnswerContent): void;
  /** Destroys the connection. */
  cut(): void;
}

export interface AnswerContent {
  /** Further header lines, each with its CRLF. */
  readonly fields?: string;
  readonly body?: Buffer;
}

export interface HttpServerOptions {
  readonly maxBodyBytes: number;
  readonly budget: ByteBudget;
  /** The reserve of the budget is for this server. */
  readonly usesReserve?: true;
  /** A request that was received whole. Must not throw. */
  readonly onRequest: (request: ReceivedRequest) => void;
  /** Its body is larger than `maxBodyBytes`; what was received of it is gone. An answer is its connection's last. */
  readonly onOversize: (request: ReceivedRequest) => void;
  /** Takes over a connection that begins with HTTP/2's preface, of which `bytes` were read; default: it is cut. */
  readonly onHttp2?: (socket: Socket, bytes: Buffer) => void;
  /** The server as a whole fails. */
  readonly onError: (error: Error) => void;
}

/** What a connection costs before anything came over it, and each of its requests beside the body. */
const CONNECTION_BYTES = 4_096;
const REQUEST_BYTES = 512;
/** Requests of one connection that wait for their answers. */
const MAX_UNANSWERED = 32;
/** Of what a peer sends after its last request so much is read and forgotten, so that it gets to read the answer. */
export const MAX_DRAINED_BYTES = 64 * 1024 * 1024;
const HTTP2_PREFACE = 'PRI * HTTP/2.0';
/** One for each request that is not answered yet; with its bytes once the answer is known. */
interface PendingAnswer {
  /** ISO-8859-1. */
  text?: string;
}

export class ServedConnection implements OpenHolder {
  heldBytes = CONNECTION_BYTES;
  /** By a clock that is never set; those that never brought a request come before all others. */
  latestRequestMs = monotonicMs() - Number.MAX_SAFE_INTEGER;
  private requestSinceMs = 0;
  progressMs = 0;
  private readonly reader: MessageReader;
  private open: { readonly head: MessageHead; readonly body: RequestBody } | undefined;
  private answers: PendingAnswer[] = [];
  /** The first bytes, until they tell HTTP/2 from HTTP/1. */
  private first: Buffer = Buffer.alloc(0);
  private isHttp1 = false;
  /** No further request is taken. */
  private isLast = false;
  private hasPeerEnded = false;
  private readonly onRoom = (): void => this.regulate();
  private drainedBytes = 0;

  constructor(
    private readonly socket: Socket,
    private readonly options: HttpServerOptions,
  ) {
    options.budget.add(this);
    this.reader = new MessageReader('request', {
      onHead: (head) => this.begin(head),
      onData: (bytes) => this.take(bytes),
      onEnd: (reusable) => this.endRequest(reusable),
      onMalformed: () => this.cut(),
    });
    socket.on('data', (bytes: Buffer) => this.read(bytes));
    socket.on('drain', () => this.regulate());
    socket.on('end', () => this.hangUp());
    socket.on('error', () => undefined);
    socket.on('close', () => this.leave());
  }

  get usesReserve(): boolean {
    return this.options.usesReserve === true;
  }

  get greed(): number {
    const { requestSinceMs: sinceMs, progressMs } = this;
    return greedOf(this.heldBytes - CONNECTION_BYTES, { sinceMs, progressMs }, monotonicMs());
  }

  cut(): void {
    this.socket.destroy();
    this.leave();
  }

  private leave(): void {
    this.isLast = true;
    this.open = undefined;
    this.reader.pause();
    this.options.budget.remove(this);
  }

  private read(chunk: Buffer): void {
    if (this.isLast) {
      this.drainedBytes += chunk.length;
      if (this.drainedBytes > MAX_DRAINED_BYTES) this.cut();
      return;
    }
    const bytes = this.isHttp1 ? chunk : this.sniff(chunk);
    if (bytes === undefined) return;
    this.progressMs = monotonicMs();
    if (this.reader.isBetween) this.requestSinceMs = this.progressMs;
    this.proceed(() => this.reader.push(bytes));
  }

  /** The bytes so far; undefined: too few to tell, or not HTTP/1. */
  private sniff(chunk: Buffer): Buffer | undefined {
    const { socket, first } = this;
    const bytes = first.length === 0 ? chunk : Buffer.concat([first, chunk]);
    const text = bytes.toString('latin1', 0, HTTP2_PREFACE.length);
    if (!HTTP2_PREFACE.startsWith(text)) {
      this.isHttp1 = true;
      return bytes;
    }
    this.first = bytes;
    if (text.length < HTTP2_PREFACE.length) return undefined;
    this.isLast = true;
    this.latestRequestMs = monotonicMs();
    // Who takes over may have to be loaded first.
    socket.pause();
    for (const event of ['data', 'drain', 'end']) socket.removeAllListeners(event);
    if (this.options.onHttp2 === undefined) this.cut();
    else this.options.onHttp2(socket, bytes);
    return undefined;
  }

  /** Answers of requests that came together leave together. */
  private proceed(step: () => void): void {
    this.socket.cork();
    step();
    this.socket.uncork();
    if (!this.isLast) this.regulate();
  }

  private get mustWait(): boolean {
    const { socket } = this;
    const isUnread = socket.writableNeedDrain || this.answers.length >= MAX_UNANSWERED;
    return isUnread || this.isFull;
  }

  private get isFull(): boolean {
    const { budget } = this.options;
    return this.usesReserve ? budget.isUsedUp : budget.isFull;
  }

  /** Reads on, or stops reading, as things are. */
  private regulate(): void {
    const { socket, reader, options } = this;
    this.account();
    if (this.isLast) return;
    if (this.mustWait) {
      reader.pause();
      socket.pause();
      if (this.isFull) options.budget.whenRoom(this.onRoom, this);
      return;
    }
    if (reader.isHeld) this.proceed(() => reader.resume());
    else socket.resume();
    if (this.hasPeerEnded) this.endWhenDone();
  }

  private account(): void {
    const { open, reader, options } = this;
    if (this.isLast) return;
    const openBytes = open === undefined ? 0 : REQUEST_BYTES + open.body.heldBytes;
    const heldBytes = CONNECTION_BYTES + openBytes + reader.heldBytes;
    const change = heldBytes - this.heldBytes;
    this.heldBytes = heldBytes;
    if (change !== 0) options.budget.change(change);
  }

  private begin(head: MessageHead): void {
    const announced = head.fields.get('content-length');
    const { maxBodyBytes } = this.options;
    const mostBytes = announced === undefined ? maxBodyBytes : Number(announced);
    this.open = { head, body: new RequestBody(mostBytes) };
    if (mostBytes > maxBodyBytes) {
      this.refuse(head);
    } else if (/^100-continue$/i.test(head.fields.get('expect') ?? '')) {
      this.socket.write('HTTP/1.1 100 Continue\r\n\r\n', 'latin1');
    }
  }

  private take(bytes: Buffer): void {
    const { open, options } = this;
    if (open === undefined) return;
    if (open.body.length + bytes.length > options.maxBodyBytes) this.refuse(open.head);
    else open.body.add(bytes);
  }

  private endRequest(reusable: boolean): void {
    const { open } = this;
    if (open === undefined) return;
    this.open = undefined;
    if (!reusable) this.stopTaking();
    this.latestRequestMs = this.progressMs;
    this.requestSinceMs = this.progressMs;
    const body = open.body.complete();
    const heldBytes = REQUEST_BYTES + body.length;
    this.options.budget.keep(heldBytes);
    this.options.onRequest(this.toRequest(open.head, body, heldBytes));
    if (this.mustWait) this.reader.pause();
  }

  private refuse(head: MessageHead): void {
    this.open = undefined;
    this.stopTaking();
    this.options.onOversize(this.toRequest(head, Buffer.alloc(0), 0));
  }

  private stopTaking(): void {
    this.account();
    this.isLast = true;
    this.reader.pause();
  }

  private toRequest(
    { startLine, fields }: MessageHead,
    body: Buffer,
    heldBytes: number,
  ): ReceivedRequest {
    const pending: PendingAnswer = {};
    this.answers.push(pending);
    const [method = '', target = ''] = startLine.split(' ', 2);
    return {
      method,
      target,
      fields,
      body,
      answer: (status, content) => {
        if (heldBytes > 0) this.options.budget.release(heldBytes);
        const { fields: lines, body: told } = content ?? {};
        const head = formatAnswerHead(status, { fields: lines, body: told, isLast: this.isLast });
        // Of HEAD the head is all that may come (RFC 9110 §9.3.2).
        pending.text =
          method === 'HEAD' || told === undefined ? head : head + told.toString('latin1');
        this.writeAnswers();
      },
      cut: () => {
        if (heldBytes > 0) this.options.budget.release(heldBytes);
        this.cut();
      },
    };
  }

  /** In the order of the requests, whichever was answered first. */
  private writeAnswers(): void {
    const { socket, answers } = this;
    while (answers[0]?.text !== undefined) {
      const { text } = answers[0];
      answers.shift();
      if (!socket.destroyed) socket.write(text, 'latin1');
    }
    if (this.isLast) this.endWhenDone();
    else if (this.reader.isHeld) this.regulate();
  }

  private hangUp(): void {
    this.hasPeerEnded = true;
    this.endWhenDone();
  }

  private endWhenDone(): void {
    if (this.answers.length === 0 && (this.isLast || !this.reader.isHeld)) this.socket.end();
  }
}

// A body as it comes in: one block of memory that doubles, whatever the chunks, so that it costs at most
// twice its bytes.

const NOTHING: Buffer = Buffer.alloc(0);
/** Beyond it, unused memory behind a complete body is worth a copy. */
const MAX_UNUSED_SHARE = 1 / 8;

export class RequestBody {
  length = 0;
  private bytes = NOTHING;
  private isOwn = false;

  /** `maxBytes`: what the request announced, else what it may have. */
  constructor(private readonly maxBytes: number) {}

  /** Bytes of memory that it holds. */
  get heldBytes(): number {
    return this.bytes.length;
  }

  /** `chunk`: nothing else will be written to it. */
  add(chunk: Buffer): void {
    if (this.length === 0) this.bytes = chunk;
    else this.append(chunk);
    this.length += chunk.length;
  }

  /** All of it. */
  complete(): Buffer {
    const body = this.bytes.subarray(0, this.length);
    // Also of the memory of which a chunk is a part.
    const unused = this.bytes.buffer.byteLength - this.length;
    return unused > this.length * MAX_UNUSED_SHARE ? copyOf(body, this.length) : body;
  }

  private append(chunk: Buffer): void {
    const { bytes, length, maxBytes } = this;
    const needed = length + chunk.length;
    if (!this.isOwn || needed > bytes.length) {
      const size = Math.max(needed, Math.min(2 * bytes.length, maxBytes));
      this.bytes = copyOf(bytes.subarray(0, length), size);
      this.isOwn = true;
    }
    chunk.copy(this.bytes, length);
  }
}

/** In memory of its own: a part of Node's shared blocks would keep all of its block. */
function copyOf(bytes: Buffer, size: number): Buffer {
  const copy = Buffer.allocUnsafeSlow(size);
  bytes.copy(copy);
  return copy;
}
