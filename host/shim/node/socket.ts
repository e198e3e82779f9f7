// A TCP socket, plain or with TLS, in front of the native host's connection of the same number.
import { Buffer } from './buffer';
import { EventEmitter } from './events';
import type { Listener } from './events';
import { emitUncaught } from './process';

type WriteCallback = (error?: Error | null) => void;
type BinaryEncoding = 'latin1' | 'utf8';

/** By number, while they are open. */
const sockets = new Map<number, Socket>();

export function findSocket(id: number): Socket | undefined {
  return sockets.get(id);
}

/** Reads go to `callback`, the bytes in a buffer of their own. */
export interface OnRead {
  readonly buffer: Uint8Array;
  readonly callback: (length: number, bytes: Uint8Array) => unknown;
}

export interface SocketOptions {
  readonly onread?: OnRead;
  /** The peer's end does not end this side too. */
  readonly allowHalfOpen?: boolean;
}

export class Socket extends EventEmitter {
  connecting: boolean;
  destroyed = false;
  readonly #id: number;
  readonly #onRead: OnRead | undefined;
  #writes: WriteCallback[] = [];
  /** What came before anybody listened, or while paused. */
  #early: Buffer[] = [];
  /** As in Node: a listener starts what nobody paused. */
  #flow: 'undecided' | 'flowing' | 'paused' = 'undecided';
  #isEnding = false;
  #isFinished = false;
  #hasPeerEnded = false;

  /** What was written last is not yet with the operating system. */
  writableNeedDrain = false;
  readonly #allowsHalfOpen: boolean;

  constructor(id: number, isConnecting: boolean, options: SocketOptions = {}) {
    super();
    this.#id = id;
    this.#onRead = options.onread;
    this.#allowsHalfOpen = options.allowHalfOpen ?? false;
    if (options.onread !== undefined) this.#flow = 'flowing';
    this.connecting = isConnecting;
    sockets.set(id, this);
  }

  /** Leaves the connection to another socket. */
  release(): number {
    sockets.delete(this.#id);
    this.destroyed = true;
    return this.#id;
  }

  override on(event: string, listener: Listener): this {
    super.on(event, listener);
    if (event === 'data' && this.#flow === 'undecided') {
      this.#flow = 'flowing';
      if (this.#early.length > 0) queueMicrotask(() => this.#replay());
    }
    return this;
  }

  #replay(): void {
    while (this.#flow === 'flowing' && !this.destroyed) {
      const chunk = this.#early.shift();
      if (chunk === undefined) return;
      this.emit('data', chunk);
    }
  }

  /** True: it is with the operating system. Else `callback` and 'drain' follow when it is. */
  write(data: Uint8Array | string, callback?: WriteCallback): boolean;
  write(data: string, encoding: BinaryEncoding, callback?: WriteCallback): boolean;
  write(
    data: Uint8Array | string,
    second?: BinaryEncoding | WriteCallback,
    third?: WriteCallback,
  ): boolean {
    const callback = typeof second === 'function' ? second : third;
    if (this.destroyed || this.#isEnding) {
      const error = failure('EPIPE', 'write EPIPE: the socket was ended');
      queueMicrotask(() => callback?.(error));
      return false;
    }
    const bytes = typeof data === 'string' && second === 'latin1' ? toLatin1(data) : data;
    const isDone = host.sockets.write(this.#id, bytes);
    this.writableNeedDrain = !isDone;
    if (callback !== undefined) {
      if (isDone) queueMicrotask(callback);
      else this.#writes.push(callback);
    }
    return isDone;
  }

  /** Writes go out one by one anyway, and TCP_NODELAY is always on. */
  cork(): void {
    return;
  }

  uncork(): void {
    return;
  }

  end(): this {
    if (!this.#isEnding && !this.destroyed) {
      this.#isEnding = true;
      host.sockets.end(this.#id);
    }
    return this;
  }

  destroy(error?: Error | null): this {
    if (this.destroyed) return this;
    this.destroyed = true;
    this.connecting = false;
    sockets.delete(this.#id);
    host.sockets.close(this.#id);
    queueMicrotask(() => this.#tellClosed(error ?? undefined));
    return this;
  }

  #tellClosed(error: Error | undefined): void {
    try {
      if (error !== undefined) this.emit('error', error);
      const lost = error ?? failure('ERR_STREAM_DESTROYED', 'the socket was destroyed');
      for (const callback of this.#writes.splice(0)) callback(lost);
      this.emit('close', error !== undefined);
    } catch (uncaught) {
      emitUncaught(uncaught);
    }
  }

  pause(): this {
    this.#flow = 'paused';
    if (!this.destroyed) host.sockets.pause(this.#id, true);
    return this;
  }

  resume(): this {
    this.#flow = 'flowing';
    if (this.#early.length > 0) queueMicrotask(() => this.#replay());
    if (!this.destroyed) host.sockets.pause(this.#id, false);
    return this;
  }

  /** Nothing ends while the loop waits: the process ends by `process.exit` alone. */
  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  setNoDelay(_noDelay?: boolean): this {
    return this;
  }

  onConnected(): void {
    this.connecting = false;
    this.emit('connect');
  }

  onData(bytes: ArrayBuffer): void {
    const chunk = new Buffer(bytes);
    if (this.#onRead !== undefined) this.#onRead.callback(chunk.length, chunk);
    else if (this.#flow === 'flowing' && this.#early.length === 0) this.emit('data', chunk);
    else this.#early.push(chunk);
  }

  onEnded(): void {
    this.#hasPeerEnded = true;
    this.#replay();
    this.emit('end');
    if (!this.#allowsHalfOpen) this.end();
    this.#closeWhenDone();
  }

  onFinished(): void {
    this.#isFinished = true;
    this.#closeWhenDone();
  }

  #closeWhenDone(): void {
    if (this.#hasPeerEnded && this.#isFinished) this.destroy();
  }

  onDrained(): void {
    this.writableNeedDrain = false;
    for (const callback of this.#writes.splice(0)) callback();
    this.emit('drain');
  }

  onFailed(error: Error): void {
    this.destroy(error);
  }
}

function toLatin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

export function failure(code: string, message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code });
}
