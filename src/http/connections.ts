// Kept-alive connections to one endpoint. A request takes the most recently used idle one, or opens another.
import type { Socket } from '../node/sockets';
import type { ResponseListener, WireRequest } from './exchange';
import { Connection, Exchange } from './exchange';

export interface ConnectionsOptions {
  /** Opens a socket, which may still be connecting. If it rejects, the request fails. */
  readonly open: () => Socket | Promise<Socket>;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** How many idle connections are kept. */
const MAX_IDLE = 4;

export class Connections {
  private readonly all = new Set<Connection>();
  /** The longest idle first, each with the time since when. */
  private readonly idle: { readonly connection: Connection; readonly sinceMs: number }[] = [];
  /** The most that were idle at one time, and so the number worth keeping open. */
  private mostKept = 0;
  private isClosed = false;

  constructor(private readonly options: ConnectionsOptions) {}

  /** Every outcome is reported to `listener`, and never before this method returns. */
  start(request: WireRequest, listener: ResponseListener): Exchange {
    const exchange = new Exchange(request, listener);
    const kept = this.idle.pop();
    if (kept !== undefined) exchange.run(kept.connection, kept.connection.isOpen);
    else this.runOnNew(exchange);
    return exchange;
  }

  /**
   * Destroys connections that have been idle for longer, or whose idle time lies in the future (the clock was set
   * back).
   */
  discardIdle(longerThanMs: number): void {
    const now = this.options.now();
    for (const { connection, sinceMs } of [...this.idle]) {
      if (now - sinceMs > longerThanMs || now < sinceMs) this.forget(connection);
    }
  }

  /** Opens a connection ahead of the request that will need it. Rejects if it cannot be opened. */
  prepare(): Promise<void> {
    return new Promise((resolve, reject) => {
      const keep = (socket: Socket): void => {
        const connection = this.adopt(socket, reject);
        // Nothing waits for this connection, so it must not keep the process alive.
        socket.unref();
        this.keep(connection);
        void connection.opened.then(resolve);
      };
      const opening = this.options.open();
      if ('then' in opening) opening.then(keep, reject);
      else keep(opening);
    });
  }

  /**
   * Replaces connections that have been idle for longer or that the server has closed. Failures are left to the next
   * requests.
   */
  refresh(longerThanMs: number): void {
    this.discardIdle(longerThanMs);
    for (let count = this.all.size; count < this.mostKept; count += 1) {
      this.prepare().catch(() => undefined);
    }
  }

  /** Destroys every connection; requests under way fail. */
  close(): void {
    this.isClosed = true;
    this.idle.length = 0;
    for (const connection of [...this.all]) connection.destroy();
  }

  /** Listeners are attached in the same turn in which the socket was opened, since it may fail in the next one. */
  private runOnNew(exchange: Exchange): void {
    let opening: Socket | Promise<Socket>;
    try {
      opening = this.options.open();
    } catch (error) {
      queueMicrotask(() => exchange.fail(error as NodeJS.ErrnoException));
      return;
    }
    if (!('then' in opening)) {
      exchange.run(this.adopt(opening), false);
      return;
    }
    opening.then(
      (socket) => exchange.run(this.adopt(socket), false),
      (error: unknown) => exchange.fail(error as NodeJS.ErrnoException),
    );
  }

  private adopt(socket: Socket, onClosed?: (error: Error) => void): Connection {
    const connection = new Connection(socket, {
      onIdle: (idle) => this.keep(idle),
      onClosed: (closed, error) => {
        this.remove(closed);
        onClosed?.(error ?? new Error('the connection was closed'));
      },
    });
    this.all.add(connection);
    if (this.isClosed) connection.destroy();
    return connection;
  }

  private keep(connection: Connection): void {
    if (this.isClosed || this.idle.length >= MAX_IDLE) connection.destroy();
    else this.idle.push({ connection, sinceMs: this.options.now() });
    this.mostKept = Math.max(this.mostKept, this.idle.length);
  }

  private forget(connection: Connection): void {
    this.remove(connection);
    connection.destroy();
  }

  private remove(connection: Connection): void {
    this.all.delete(connection);
    const index = this.idle.findIndex((kept) => kept.connection === connection);
    if (index >= 0) this.idle.splice(index, 1);
  }
}
