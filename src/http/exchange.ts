// One request and its answer on a connection that carries nothing else at the time. node:http does the same with a
// dozen objects and five times the CPU, for which every invocation would pay (docs/decisions/0007).
import type { Socket } from '../node/sockets';
import { statusOf } from './message-head';
import type { HeaderFields, MessageHead } from './message-head';
import { MessageReader } from './message-reader';

export interface WireRequest {
  /** Ends with an empty line (formatHead). */
  readonly head: string;
  readonly body?: Uint8Array | undefined;
  /** Awaited once the connection is open, before anything is written. */
  readonly beforeWrite?: (() => Promise<void>) | undefined;
}

/** After `onEnd` or `onError`, no method is called any more. */
export interface ResponseListener {
  onHead(status: number, fields: HeaderFields): void;
  onData?(bytes: Buffer): void;
  onEnd(): void;
  onError(error: NodeJS.ErrnoException): void;
  /** Called when the request has been handed to the operating system. */
  onWritten?(): void;
}

/** The body of a response as it comes in. */
export class ResponseBody {
  private readonly chunks: Buffer[] = [];
  private bytes = 0;

  constructor(private readonly maxBytes: number) {}

  /** False once the body is larger than `maxBytes`; the rest is left out. */
  add(chunk: Buffer): boolean {
    this.bytes += chunk.length;
    if (!this.isTooLarge) this.chunks.push(chunk);
    return !this.isTooLarge;
  }

  get isTooLarge(): boolean {
    return this.bytes > this.maxBytes;
  }

  complete(): Buffer {
    const [first] = this.chunks;
    return first !== undefined && this.chunks.length === 1 ? first : Buffer.concat(this.chunks);
  }
}

/** The code of errors for answers that are not HTTP/1.1. */
export const NOT_HTTP = 'not_http';
/** The messages of TLS errors that mean that the peer does not speak TLS. */
const NO_TLS = /^wrong version number$|^packet length too long$|InvalidContentType/;
/** A larger body is written on its own instead of being copied together with the head. */
const MAX_COPIED_BYTES = 65_536;

export class Exchange {
  /** The connection was already open, so the server may have closed it in the meantime. */
  reused = false;
  /** The whole request has been handed to the operating system. */
  written = false;
  /** The first byte has been written. */
  begun = false;
  private connection: Connection | undefined;
  private isOver = false;

  constructor(
    private readonly request: WireRequest,
    private readonly listener: ResponseListener,
  ) {}

  /** Ends the exchange with this error, unless it has ended, and destroys the connection. */
  destroy(error: NodeJS.ErrnoException): void {
    this.fail(error);
    this.connection?.destroy();
  }

  run(connection: Connection, reused: boolean): void {
    this.reused = reused;
    if (this.isOver) {
      connection.destroy();
      return;
    }
    this.connection = connection;
    connection.serve(this);
    if (this.request.beforeWrite === undefined) this.write(connection.socket);
    else void this.writeLater(connection, this.request.beforeWrite);
  }

  private async writeLater(connection: Connection, before: () => Promise<void>): Promise<void> {
    await connection.opened;
    await before();
    if (!this.isOver) this.write(connection.socket);
  }

  private write(socket: Socket): void {
    const { head, body } = this.request;
    this.begun = true;
    const onWritten = (error?: Error | null): void => {
      if (error || this.isOver) return;
      this.written = true;
      this.listener.onWritten?.();
    };
    if (body === undefined || body.length === 0) socket.write(head, 'latin1', onWritten);
    else if (body.length > MAX_COPIED_BYTES) {
      socket.cork();
      socket.write(head, 'latin1');
      socket.write(body, onWritten);
      socket.uncork();
    } else {
      const bytes = Buffer.allocUnsafe(head.length + body.length);
      bytes.write(head, 0, 'latin1');
      bytes.set(body, head.length);
      socket.write(bytes, onWritten);
    }
  }

  onHead(status: number, fields: HeaderFields): void {
    if (!this.isOver) this.listener.onHead(status, fields);
  }

  onData(bytes: Buffer): void {
    if (!this.isOver) this.listener.onData?.(bytes);
  }

  onEnd(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.listener.onEnd();
  }

  fail(error: NodeJS.ErrnoException): void {
    if (this.isOver) return;
    this.isOver = true;
    this.listener.onError(error);
  }
}

/** A socket between its exchanges: calls `onIdle` when it can carry another, and `onClosed` when it is gone. */
export class Connection {
  private exchange: Exchange | undefined;
  private readonly reader: MessageReader;
  /** Resolves when the socket is connected and its TLS handshake is done; never settles if that fails. */
  readonly opened: Promise<void>;
  private wasOpened = false;

  constructor(
    readonly socket: Socket,
    private readonly events: {
      readonly onIdle: (connection: Connection) => void;
      readonly onClosed: (connection: Connection, error?: Error) => void;
    },
  ) {
    this.reader = new MessageReader('response', {
      onHead: (head) => this.takeHead(head),
      onData: (bytes) => this.exchange?.onData(bytes),
      onEnd: (reusable) => this.finish(reusable),
      onMalformed: (problem) =>
        this.fail(failure(`expected an HTTP answer, got ${problem}`, NOT_HTTP)),
    });
    this.opened = new Promise((resolve) => {
      const open = (): void => {
        this.wasOpened = true;
        resolve();
      };
      if (!socket.connecting && !isHandshaking(socket)) open();
      else socket.once(isTls(socket) ? 'secureConnect' : 'connect', open);
    });
    socket.on('data', (bytes: Buffer) => this.take(bytes));
    socket.on('end', () => this.hangUp());
    socket.on('error', (error) => this.fail(describeTls(error)));
    socket.on('close', () => this.hangUp());
  }

  get isOpen(): boolean {
    return this.wasOpened;
  }

  /** A TLS connection whose handshake is not done yet. */
  private get isUnsecured(): boolean {
    return isTls(this.socket) && !this.wasOpened;
  }

  serve(exchange: Exchange): void {
    this.exchange = exchange;
    this.socket.ref();
  }

  destroy(): void {
    this.socket.destroy();
  }

  private take(bytes: Buffer): void {
    if (this.exchange?.begun === false) {
      // A server that closes an idle connection may send a 408 first, which answers no request of ours.
      this.fail(failure('the server ended the idle connection', 'ECONNRESET'));
      return;
    }
    this.reader.push(bytes);
    // Nobody asked for these bytes, so no later answer could be trusted either.
    if (this.exchange === undefined && !this.reader.isBetween) this.fail(undefined);
  }

  private takeHead({ startLine, fields }: MessageHead): void {
    if (this.exchange === undefined) this.fail(undefined);
    else this.exchange.onHead(statusOf(startLine), fields);
  }

  private finish(reusable: boolean): void {
    const { exchange } = this;
    if (exchange === undefined) return;
    this.exchange = undefined;
    // If the server answered before the whole request was written, the rest is still on the connection.
    if (reusable && exchange.written && !this.socket.destroyed) {
      this.socket.unref();
      this.events.onIdle(this);
    } else this.destroy();
    exchange.onEnd();
  }

  private hangUp(): void {
    if (!this.reader.end() || this.exchange !== undefined) {
      const step = this.isUnsecured ? ' during the TLS handshake' : '';
      this.fail(failure(`the server closed the connection${step}`, 'ECONNRESET'));
    } else this.fail(undefined);
  }

  private fail(error: NodeJS.ErrnoException | undefined): void {
    const { exchange } = this;
    this.exchange = undefined;
    this.events.onClosed(this, error);
    this.destroy();
    if (error !== undefined) exchange?.fail(error);
  }
}

function failure(message: string, code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code });
}

/** OpenSSL's message without places in its source code; other errors are returned as they are. */
function describeTls(error: NodeJS.ErrnoException): NodeJS.ErrnoException {
  const { message, code = 'EPROTO' } = error;
  const [, reason] = /:SSL routines:[^:]*:([^:]+):/.exec(message) ?? [];
  // The native host's TLS library has its own wording.
  if (NO_TLS.test(reason ?? message)) return failure('the server does not speak TLS', code);
  return reason === undefined ? error : failure(`TLS failed: ${reason}`, code);
}

function isTls(socket: Socket): boolean {
  return 'encrypted' in socket;
}

function isHandshaking(socket: Socket): boolean {
  return 'secureConnecting' in socket && socket.secureConnecting === true;
}
