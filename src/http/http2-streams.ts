// The requests under way on an HTTP/2 connection and their answers, which are sent as far as the peer's windows allow.
// Source: RFC 9113 §5.1, §5.2, §6.9
import type { ByteBudget } from './byte-budget';
import {
  ERROR,
  FLAG,
  formatFields,
  formatFrame,
  FRAME,
  MAX_FRAME_BYTES,
  SETTING,
  SETTING_BYTES,
  viewOf,
} from './http2-frames';
import type { FieldsFrame } from './http2-reader';
import { RequestBody } from './request-body';

export interface Http2Response {
  /** The fields after `:status`; names in lower case, all ASCII. */
  readonly fields: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  readonly trailers?: Readonly<Record<string, string>>;
}

export interface Http2Request {
  /** Includes `:method` and `:path`; of repeated fields the first. */
  readonly fields: ReadonlyMap<string, string>;
  /**
   * The connection counts it against the budget until it is answered; a caller that keeps it longer must count it
   * itself.
   */
  readonly body: Buffer;
  /** Must be called once. */
  respond(response: Http2Response): void;
}

export interface Http2Options {
  readonly maxBodyBytes: number;
  /** These servers may use its reserve, too. */
  readonly budget: ByteBudget;
  /** Called with each complete request. Must not throw. */
  readonly onRequest: (request: Http2Request) => void;
  /** Called for each request that was not complete and is cut to make room for others. */
  readonly onCut?: () => void;
  /** Called for each request that was not complete when the peer violated the protocol, which ends the connection. */
  readonly onBroken?: () => void;
  /**
   * Called with a request whose body is larger than `maxBodyBytes`, or whose head is too large. That part has been
   * discarded. Must answer at once.
   */
  readonly onOversize: (request: Http2Request, part: 'head' | 'body') => void;
}

/** What a request costs in addition to its head and its body. */
const REQUEST_BYTES = 512;
const NOTHING: Buffer = Buffer.alloc(0);

export class Http2Stream {
  readonly id: number;
  readonly fields: ReadonlyMap<string, string>;
  /** Undefined if the body is complete or no more of it is wanted. */
  body: RequestBody | undefined;
  private readonly headBytes: number;
  private rest = NOTHING;
  private trailers: Readonly<Record<string, string>> | undefined;
  private isAnswered = false;

  constructor(
    { id, fields, bytes }: FieldsFrame,
    public windowBytes: number,
    maxBodyBytes: number,
  ) {
    this.id = id;
    this.fields = fields;
    this.headBytes = bytes;
    this.body = new RequestBody(maxBodyBytes);
  }

  get heldBytes(): number {
    return REQUEST_BYTES + this.headBytes + (this.body?.heldBytes ?? 0) + this.rest.length;
  }

  /** Returns the frames that can be sent at once. */
  respond({ fields, body = NOTHING, trailers }: Http2Response): Buffer {
    this.rest = body;
    this.trailers = trailers;
    this.isAnswered = true;
    return this.format(FRAME.headers, formatFields(fields));
  }

  /** The next frame of the answer, as large as both windows allow; undefined if nothing can be sent. */
  proceed(
    connectionBytes: number,
  ): { readonly frames: Buffer; readonly bytes: number } | undefined {
    const { rest, trailers } = this;
    const room = Math.min(this.windowBytes, connectionBytes, MAX_FRAME_BYTES);
    const bytes = Math.max(Math.min(rest.length, room), 0);
    if (!this.isAnswered || this.isDone || (bytes === 0 && rest.length > 0)) return undefined;
    this.rest = rest.subarray(bytes);
    this.windowBytes -= bytes;
    const frames = bytes === 0 ? [] : [this.format(FRAME.data, rest.subarray(0, bytes))];
    if (this.rest.length === 0 && trailers !== undefined) {
      this.trailers = undefined;
      frames.push(this.format(FRAME.headers, formatFields(trailers)));
    }
    return { frames: Buffer.concat(frames), bytes };
  }

  /** True if the whole answer has been sent. */
  get isDone(): boolean {
    return this.isAnswered && this.rest.length === 0 && this.trailers === undefined;
  }

  private format(type: number, payload: Buffer): Buffer {
    const flags =
      (type === FRAME.headers ? FLAG.endHeaders : 0) + (this.isDone ? FLAG.endStream : 0);
    return formatFrame({ type, flags, id: this.id, payload });
  }
}

export const MAX_WINDOW_BYTES = 2 ** 31 - 1;
export const FIRST_WINDOW_BYTES = 65_535;
const WORD_BYTES = 4;

export class Http2Streams {
  private readonly streams = new Map<number, Http2Stream>();
  /** The windows for sending: of the connection, and the initial one of each stream. */
  private readonly connection = { windowBytes: FIRST_WINDOW_BYTES };
  private streamWindowBytes = FIRST_WINDOW_BYTES;

  constructor(private readonly write: (bytes: Buffer) => void) {}

  get size(): number {
    return this.streams.size;
  }

  /** How many of them have not come whole. */
  get unfinished(): number {
    return [...this.streams.values()].filter(({ body }) => body !== undefined).length;
  }

  get heldBytes(): number {
    let bytes = 0;
    for (const stream of this.streams.values()) bytes += stream.heldBytes;
    return bytes;
  }

  get(id: number): Http2Stream | undefined {
    return this.streams.get(id);
  }

  open(head: FieldsFrame, maxBodyBytes: number): Http2Stream {
    const stream = new Http2Stream(head, this.streamWindowBytes, maxBodyBytes);
    this.streams.set(head.id, stream);
    return stream;
  }

  end(id: number): void {
    this.streams.delete(id);
  }

  clear(): void {
    this.streams.clear();
  }

  /** Does nothing if the stream has ended in the meantime. */
  respond(stream: Http2Stream, response: Http2Response): void {
    if (this.streams.get(stream.id) !== stream) return;
    this.write(stream.respond(response));
    this.proceed(stream);
  }

  /** Returns a connection error, or undefined. */
  takeSettings(payload: Buffer): number | undefined {
    if (payload.length % SETTING_BYTES !== 0) return ERROR.frameSize;
    const view = viewOf(payload);
    for (let at = 0; at < payload.length; at += SETTING_BYTES) {
      if (view.getUint16(at) !== SETTING.window) continue;
      const bytes = view.getUint32(at + 2);
      if (bytes > MAX_WINDOW_BYTES) return ERROR.flowControl;
      for (const stream of this.streams.values()) {
        stream.windowBytes += bytes - this.streamWindowBytes;
      }
      this.streamWindowBytes = bytes;
    }
    this.proceedAll();
    return undefined;
  }

  /** Returns a connection error, or undefined. */
  takeWindowUpdate(id: number, payload: Buffer): number | undefined {
    if (payload.length !== WORD_BYTES) return ERROR.frameSize;
    const bytes = viewOf(payload).getUint32(0) % 2 ** 31;
    const window = id === 0 ? this.connection : this.streams.get(id);
    if (bytes === 0) return ERROR.protocol;
    if (window === undefined) return undefined;
    window.windowBytes += bytes;
    if (window.windowBytes > MAX_WINDOW_BYTES) return ERROR.flowControl;
    this.proceedAll();
    return undefined;
  }

  private proceedAll(): void {
    for (const stream of [...this.streams.values()]) this.proceed(stream);
  }

  private proceed(stream: Http2Stream): void {
    for (;;) {
      const next = stream.proceed(this.connection.windowBytes);
      if (next === undefined) break;
      this.connection.windowBytes -= next.bytes;
      this.write(next.frames);
    }
    if (stream.isDone) this.streams.delete(stream.id);
  }
}
