// The server side of one HTTP/2 connection, for requests whose whole bodies are wanted; implements what unary calls
// need. As over HTTP/1, it never ends an idle connection, holds no more than its budget allows, and stops reading while
// too much waits. That is what limits a peer: its flow-control windows are as large as they can be.
// Source: RFC 9113
import { monotonicMs } from '../node/clock';
import type { Socket } from '../node/sockets';
import { greedOf } from './byte-budget';
import type { ByteBudget, OpenHolder } from './byte-budget';
import {
  contentOf,
  ERROR,
  FLAG,
  formatFrame,
  formatSettings,
  FRAME,
  FRAME_HEAD_BYTES,
  SETTING,
  toUInt32,
} from './http2-frames';
import type { Frame } from './http2-frames';
import { Http2Reader, MAX_BLOCK_BYTES } from './http2-reader';
import type { FieldsFrame, UnreadFields } from './http2-reader';
import type { Http2Options, Http2Request, Http2Stream } from './http2-streams';
import { MAX_DRAINED_BYTES } from './served-connection';
import { FIRST_WINDOW_BYTES, Http2Streams, MAX_WINDOW_BYTES } from './http2-streams';

const MAX_STREAMS = 128;
/** How many requests may wait for their answers. */
const MAX_UNANSWERED = 32;
/** The connection's window is replenished in steps of this size. */
const RETURN_BYTES = 2 ** 30;
const OWN_SETTINGS = [
  [SETTING.maxStreams, MAX_STREAMS],
  [SETTING.window, MAX_WINDOW_BYTES],
  [SETTING.maxFields, MAX_BLOCK_BYTES],
] as const;
const PING_BYTES = 8;
const NOTHING: Buffer = Buffer.alloc(0);

export class Http2Connection {
  private readonly held: HeldBytes;
  private readonly reader = new Http2Reader();
  private readonly streams: Http2Streams;
  private latestId = 0;
  private unanswered = 0;
  private receivedBytes = 0;
  /** Bytes that were read and discarded since the latest request began or ended. */
  private drainedBytes = 0;
  private isClosed = false;
  /** No request begins any more; those under way are answered. */
  private isEnding = false;
  private hasPeerEnded = false;
  private isReading = false;
  private readonly onRoom = (): void => this.regulate();

  /** `first`: bytes that were already read from the socket, which is paused. */
  constructor(
    private readonly socket: Socket,
    first: Buffer,
    private readonly options: Http2Options,
  ) {
    this.held = new HeldBytes(options.budget, () => this.makeRoom());
    this.streams = new Http2Streams((bytes) => socket.write(bytes));
    this.write(FRAME.settings, { payload: formatSettings(OWN_SETTINGS) });
    this.widen(MAX_WINDOW_BYTES - FIRST_WINDOW_BYTES);
    socket.on('data', (bytes: Buffer) => this.read(bytes));
    socket.on('drain', () => this.regulate());
    socket.on('end', () => {
      this.hasPeerEnded = true;
      this.regulate();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => this.leave());
    this.read(first);
  }

  private makeRoom(): void {
    // The head of one may have come in part only.
    const unfinished = Math.max(this.streams.unfinished, 1);
    for (let count = 0; count < unfinished; count += 1) this.options.onCut?.();
    this.cut();
  }

  private cut(): void {
    this.socket.destroy();
    this.leave();
  }

  private leave(): void {
    this.isClosed = true;
    this.streams.clear();
    this.reader.clear();
    this.held.leave();
  }

  private read(bytes: Buffer): void {
    if (this.isClosed) {
      this.drain(bytes.length);
      return;
    }
    this.held.progress();
    this.reader.push(bytes);
    this.regulate();
  }

  private get mustWait(): boolean {
    const { socket, options, unanswered } = this;
    return socket.writableNeedDrain || unanswered >= MAX_UNANSWERED || options.budget.isUsedUp;
  }

  private get canRead(): boolean {
    return !this.isClosed && !this.mustWait;
  }

  /** Reads on or stops reading, depending on the state. Answers to requests that arrived together are sent together. */
  private regulate(): void {
    if (this.isReading || this.isClosed) return;
    if (!this.readAll()) return;
    this.held.set(this.reader.heldBytes + this.streams.heldBytes);
    if (this.mustWait) this.waitForRoom();
    else if (this.isEnding && this.unanswered + this.streams.size === 0) this.end();
    else if (this.hasPeerEnded && this.unanswered === 0) this.socket.end();
    else this.socket.resume();
  }

  /** False if reading has ended the connection. */
  private readAll(): boolean {
    this.isReading = true;
    this.socket.cork();
    while (this.canRead && this.step());
    this.socket.uncork();
    this.isReading = false;
    return !this.isClosed;
  }

  private waitForRoom(): void {
    const { socket, options } = this;
    socket.pause();
    if (options.budget.isUsedUp) options.budget.whenRoom(this.onRoom, this.held);
  }

  /** False if there is nothing to read for now. */
  private step(): boolean {
    const frame = this.reader.next();
    if (frame === undefined) return false;
    const error = typeof frame === 'number' ? frame : this.take(frame);
    if (error !== undefined) this.fail(error);
    return error === undefined;
  }

  /** Returns a connection error, or undefined. Frames of other types need no action. */
  private take(frame: Frame | FieldsFrame | UnreadFields): number | undefined {
    if ('fields' in frame) return this.takeFields(frame);
    if ('unreadId' in frame) {
      this.refuseHead(frame.unreadId);
      return undefined;
    }
    const { type, flags, id, payload } = frame;
    const isAck = (flags & FLAG.ack) !== 0;
    const isOfStream = type === FRAME.data || type === FRAME.rstStream;
    const isOfConnection = type === FRAME.settings || type === FRAME.ping;
    const isEarly = id > this.latestId && !this.isEnding;
    if (isEarly && (isOfStream || type === FRAME.windowUpdate)) return ERROR.protocol;
    if (isOfStream ? id === 0 : isOfConnection && id !== 0) return ERROR.protocol;
    if (type === FRAME.data) return this.takeData(frame);
    if (type === FRAME.headers || type === FRAME.continuation) this.takeUnread(frame);
    if (type === FRAME.rstStream) this.streams.end(id);
    if (type === FRAME.windowUpdate) return this.streams.takeWindowUpdate(id, payload);
    if (type === FRAME.settings && !isAck) {
      this.write(FRAME.settings, { flags: FLAG.ack });
      return this.streams.takeSettings(payload);
    }
    if (type === FRAME.ping && !isAck) {
      if (payload.length !== PING_BYTES) return ERROR.frameSize;
      this.write(FRAME.ping, { flags: FLAG.ack, payload });
    }
    return type === FRAME.pushPromise ? ERROR.protocol : undefined;
  }

  private takeData(frame: Frame): number | undefined {
    const content = contentOf(frame);
    if (content === undefined) return ERROR.protocol;
    this.receivedBytes += frame.payload.length;
    if (this.receivedBytes >= RETURN_BYTES) {
      this.widen(this.receivedBytes);
      this.receivedBytes = 0;
    }
    const stream = this.streams.get(frame.id);
    if (stream?.body === undefined) this.drain(frame.payload.length);
    else if (stream.body.length + content.length > this.options.maxBodyBytes)
      this.refuse(stream, 'body');
    else {
      if (content.length > 0) stream.body.add(content);
      if ((frame.flags & FLAG.endStream) !== 0) this.complete(stream);
    }
    return undefined;
  }

  /** Handles the header fields that begin a request, or the trailers that end one. */
  private takeFields(head: FieldsFrame): number | undefined {
    const { id, isLast } = head;
    const known = this.streams.get(id);
    if (known !== undefined && !isLast) return ERROR.protocol;
    if (id <= this.latestId) {
      if (known?.body !== undefined) this.complete(known);
      return undefined;
    }
    this.latestId = id;
    this.drainedBytes = 0;
    if (this.streams.size >= MAX_STREAMS) {
      this.write(FRAME.rstStream, { id, payload: toUInt32(ERROR.refusedStream) });
      return undefined;
    }
    const stream = this.streams.open(head, this.options.maxBodyBytes);
    if (isLast) this.complete(stream);
    return undefined;
  }

  /** Frames of blocks after one that was too large: trailers may end a request; others were told to go elsewhere. */
  private takeUnread({ type, flags, id, payload }: Frame): void {
    this.drain(FRAME_HEAD_BYTES + payload.length);
    const stream = this.streams.get(id);
    const isEnd = type === FRAME.headers && (flags & FLAG.endStream) !== 0;
    if (isEnd && stream?.body !== undefined) this.complete(stream);
  }

  /** The rest of a refused request is read up to a limit, so that the peer gets to read the answer. */
  private drain(bytes: number): void {
    this.drainedBytes += bytes;
    if (this.drainedBytes > MAX_DRAINED_BYTES) this.cut();
  }

  private complete(stream: Http2Stream): void {
    this.drainedBytes = 0;
    const body = stream.body?.complete() ?? NOTHING;
    stream.body = undefined;
    this.options.budget.keep(body.length);
    this.options.onRequest(this.toRequest(stream, body));
  }

  /**
   * Ends the connection once the requests under way are answered. This one is, too: without an answer, a client takes
   * it for one that it may send again, and lets its caller wait meanwhile.
   */
  private refuseHead(id: number): void {
    const known = this.streams.get(id);
    if (known?.body !== undefined) this.refuse(known, 'head');
    if (id > this.latestId) {
      this.latestId = id;
      this.refuse(this.streams.open({ id, isLast: false, fields: new Map(), bytes: 0 }, 0), 'head');
    }
    this.isEnding = true;
    this.goAway(ERROR.none);
  }

  /** The rest of this request is not wanted (§8.1): it is read and discarded. */
  private refuse(stream: Http2Stream, part: 'head' | 'body'): void {
    stream.body = undefined;
    this.options.onOversize(this.toRequest(stream, NOTHING), part);
    this.write(FRAME.rstStream, { id: stream.id, payload: toUInt32(ERROR.none) });
    this.streams.end(stream.id);
  }

  private toRequest(stream: Http2Stream, body: Buffer): Http2Request {
    this.unanswered += 1;
    return {
      fields: stream.fields,
      body,
      respond: (response) => {
        this.unanswered -= 1;
        this.options.budget.release(body.length);
        this.streams.respond(stream, response);
        this.regulate();
      },
    };
  }

  /** Lets the peer send this many bytes more over the connection. */
  private widen(bytes: number): void {
    this.write(FRAME.windowUpdate, { payload: toUInt32(bytes) });
  }

  private write(type: number, frame: Partial<Omit<Frame, 'type'>>): void {
    this.socket.write(formatFrame({ type, flags: 0, id: 0, payload: NOTHING, ...frame }));
  }

  private goAway(error: number): void {
    this.write(FRAME.goaway, {
      payload: Buffer.concat([toUInt32(this.latestId), toUInt32(error)]),
    });
  }

  private fail(error: number): void {
    for (let count = this.streams.unfinished; count > 0; count -= 1) this.options.onBroken?.();
    this.goAway(error);
    this.end();
  }

  /** Whatever still arrives is ignored. */
  private end(): void {
    this.leave();
    this.socket.end();
    this.socket.resume();
  }
}

/** How much of the budget the unfinished requests of a connection hold. */
class HeldBytes implements OpenHolder {
  readonly usesReserve = true;
  heldBytes = 0;
  private sinceMs = 0;
  progressMs = 0;

  constructor(
    private readonly budget: ByteBudget,
    readonly makeRoom: () => void,
  ) {
    budget.add(this);
  }

  get greed(): number {
    const { sinceMs, progressMs } = this;
    return greedOf(this.heldBytes, { sinceMs, progressMs }, monotonicMs());
  }

  /** Must be called when bytes have arrived. */
  progress(): void {
    this.progressMs = monotonicMs();
    if (this.heldBytes === 0) this.sinceMs = this.progressMs;
  }

  set(bytes: number): void {
    const change = bytes - this.heldBytes;
    this.heldBytes = bytes;
    if (change !== 0) this.budget.change(change);
  }

  leave(): void {
    this.budget.remove(this);
  }
}
