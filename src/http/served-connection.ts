// One connection of a server: reads requests, collects their bodies and writes the answers in the order of the
// requests. It stops reading while too many requests or answers wait or the budget is full.
import type { Socket } from '../node/sockets';
import { monotonicMs } from '../node/clock';
import { greedOf } from './byte-budget';
import type { ByteBudget, OpenHolder } from './byte-budget';
import { announcedLength, formatResponseHead } from './message-head';
import type { HeaderFields, MessageHead } from './message-head';
import { MessageReader } from './message-reader';
import { RequestBody } from './request-body';

export interface ReceivedRequest {
  readonly method: string;
  /** As it stands in the request line. */
  readonly target: string;
  /** The same object as for the request before if that had the same head. */
  readonly fields: HeaderFields;
  /**
   * The server counts it against the budget until it is answered; a caller that keeps it longer must count it itself.
   */
  readonly body: Buffer;
  /** Must be called once. */
  respond(status: number, content?: ResponseContent): void;
  cut(): void;
}

export interface ResponseContent {
  /** Further header lines, each ending with CRLF. */
  readonly fields?: string;
  readonly body?: Buffer;
}

export interface HttpServerOptions {
  readonly maxBodyBytes: number;
  readonly budget: ByteBudget;
  /** This server may use the reserve of the budget. */
  readonly usesReserve?: true;
  /** Called with each complete request. Must not throw. */
  readonly onRequest: (request: ReceivedRequest) => void;
  /**
   * Called with a request whose body is larger than `maxBodyBytes` and has been discarded. The connection is closed
   * after the answer.
   */
  readonly onOversize: (request: ReceivedRequest) => void;
  /** Called when what arrives is no HTTP/1.1, or a head is too large. The server answers, and ends the connection. */
  readonly onMalformed?: () => void;
  /** Called for each request that was not complete and is cut to make room for others. The peer gets no answer. */
  readonly onCut?: () => void;
  /**
   * Takes over a connection that begins with HTTP/2's preface; `bytes` were already read from it. By default it is cut.
   */
  readonly onHttp2?: (socket: Socket, bytes: Buffer) => void;
  /** Called when the server as a whole fails. */
  readonly onError: (error: Error) => void;
}

/** What an idle connection costs, and what each of its requests costs in addition to the body. */
const CONNECTION_BYTES = 4_096;
const REQUEST_BYTES = 512;
/** How many requests of one connection may wait for their answers. */
const MAX_UNANSWERED = 32;
/** How much of what a peer sends after its last request is read and discarded, so that it gets to read the answer. */
export const MAX_DRAINED_BYTES = 64 * 1024 * 1024;
const HTTP2_PREFACE = 'PRI * HTTP/2.0';
/** One for each unanswered request; its text, in ISO-8859-1, is filled in when the answer is known. */
interface PendingResponse {
  text?: string;
}

export class ServedConnection implements OpenHolder {
  heldBytes = CONNECTION_BYTES;
  /** On the monotonic clock. Connections without any request so far come before all others. */
  latestRequestMs = monotonicMs() - Number.MAX_SAFE_INTEGER;
  private requestSinceMs = 0;
  progressMs = 0;
  private readonly reader: MessageReader;
  private open: { readonly head: MessageHead; readonly body: RequestBody } | undefined;
  private responses: PendingResponse[] = [];
  /** The first bytes, kept until HTTP/2 and HTTP/1 can be told apart. */
  private first: Buffer = Buffer.alloc(0);
  private isHttp1 = false;
  /** No further request is accepted. */
  private isLast = false;
  private hasPeerEnded = false;
  private readonly onRoom = (): void => this.regulate();
  private drainedBytes = 0;

  constructor(
    private readonly socket: Socket,
    private readonly options: HttpServerOptions,
    /** Asked before an answer after which the connection could end. True if it has to, as there are too many. */
    private readonly mustLeave: () => boolean,
  ) {
    options.budget.add(this);
    this.reader = new MessageReader('request', {
      onHead: (head) => this.begin(head),
      onData: (bytes) => this.take(bytes),
      onEnd: (reusable) => this.endRequest(reusable),
      onMalformed: (_problem, status) => this.refuseMalformed(status),
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

  makeRoom(): void {
    if (this.greed > 0) this.options.onCut?.();
    this.cut();
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

  /** The bytes so far; undefined if they are too few to tell, or are HTTP/2. */
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
    // It carries many calls at a time, and ends none of them with an answer.
    this.latestRequestMs = Infinity;
    // The code that takes over may have to be loaded first.
    socket.pause();
    for (const event of ['data', 'drain', 'end']) socket.removeAllListeners(event);
    if (this.options.onHttp2 === undefined) this.cut();
    else this.options.onHttp2(socket, bytes);
    return undefined;
  }

  /** Answers to requests that arrived together are sent together. */
  private proceed(step: () => void): void {
    this.socket.cork();
    step();
    this.socket.uncork();
    if (!this.isLast) this.regulate();
  }

  private get mustWait(): boolean {
    const { socket } = this;
    const isUnread = socket.writableNeedDrain || this.responses.length >= MAX_UNANSWERED;
    return isUnread || this.isFull;
  }

  private get isFull(): boolean {
    const { budget } = this.options;
    return this.usesReserve ? budget.isUsedUp : budget.isFull;
  }

  /** Reads on or stops reading, depending on the state. */
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
    const { maxBodyBytes } = this.options;
    const mostBytes = announcedLength(head.fields) ?? maxBodyBytes;
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

  /** An answer, since clients send again what got none, and let their callers wait meanwhile. */
  private refuseMalformed(status: number): void {
    this.open = undefined;
    this.stopTaking();
    this.options.onMalformed?.();
    this.toRequest({ startLine: '', fields: new Map() }, Buffer.alloc(0), 0).respond(status);
  }

  private stopTaking(): void {
    this.account();
    this.isLast = true;
    this.reader.pause();
    // It may have had to wait. What still comes is discarded, and the peer's end must be seen.
    this.socket.resume();
  }

  /** Nothing has arrived of a further request, and only one waits for its answer. */
  private get isDone(): boolean {
    return this.responses.length === 1 && this.reader.isBetween;
  }

  private toRequest(
    { startLine, fields }: MessageHead,
    body: Buffer,
    heldBytes: number,
  ): ReceivedRequest {
    const pending: PendingResponse = {};
    this.responses.push(pending);
    const [method = '', target = ''] = startLine.split(' ', 2);
    return {
      method,
      target,
      fields,
      body,
      respond: (status, content) => {
        if (heldBytes > 0) this.options.budget.release(heldBytes);
        if (!this.isLast && this.isDone && this.mustLeave()) this.stopTaking();
        const { fields: lines, body: told } = content ?? {};
        const head = formatResponseHead(status, { fields: lines, body: told, isLast: this.isLast });
        // The answer to HEAD has no body (RFC 9110 §9.3.2).
        pending.text =
          method === 'HEAD' || told === undefined ? head : head + told.toString('latin1');
        this.writeResponses();
      },
      cut: () => {
        if (heldBytes > 0) this.options.budget.release(heldBytes);
        this.cut();
      },
    };
  }

  /** Writes answers in the order of the requests, whichever was answered first. */
  private writeResponses(): void {
    const { socket, responses } = this;
    while (responses[0]?.text !== undefined) {
      const { text } = responses[0];
      responses.shift();
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
    if (this.responses.length === 0 && (this.isLast || !this.reader.isHeld)) this.socket.end();
  }
}
