// node:net: connections, a server, and the kinds of addresses.
import { EventEmitter } from './events';
import { Socket } from './socket';
import type { OnRead } from './socket';

export { Socket } from './socket';
export { BlockList, isIP } from './addresses';

export interface TcpNetConnectOpts {
  readonly host?: string;
  readonly port: number;
  readonly keepAlive?: boolean;
  /** Always on. */
  readonly noDelay?: boolean;
  readonly onread?: OnRead;
}

export interface AddressInfo {
  readonly address: string;
  readonly family: string;
  readonly port: number;
}

export function connect(options: TcpNetConnectOpts): Socket {
  const { host: name = 'localhost', port, keepAlive = false, onread } = options;
  return new Socket(
    host.sockets.connect(name, port, keepAlive),
    true,
    onread === undefined ? {} : { onread },
  );
}

type ConnectionListener = (socket: Socket) => void;

const servers = new Map<number, Server>();

export function findServer(id: number): Server | undefined {
  return servers.get(id);
}

export interface ListenOptions {
  readonly port: number;
  /** An address; none: all of them. */
  readonly host?: string | undefined;
}

interface ServerOptions {
  /** Always on. */
  readonly noDelay?: boolean;
  readonly allowHalfOpen?: boolean;
}

export class Server extends EventEmitter {
  readonly #options: ServerOptions;
  #id: number | undefined;
  #address: AddressInfo | null = null;

  constructor(options: ServerOptions) {
    super();
    this.#options = options;
  }

  /** On every address without a host. */
  listen(port: number, callback?: () => void): this;
  listen(options: ListenOptions, callback?: () => void): this;
  listen(where: number | ListenOptions, callback?: () => void): this {
    const { port, host: name = '' }: ListenOptions =
      typeof where === 'number' ? { port: where } : where;
    if (callback !== undefined) this.once('listening', callback);
    let problem: unknown;
    try {
      const [id, bound] = host.sockets.listen(name, port);
      this.#id = id;
      this.#address = { address: name === '' ? '::' : name, family: 'IPv6', port: bound };
      servers.set(id, this);
    } catch (error) {
      problem = error;
    }
    queueMicrotask(() => {
      if (problem === undefined) this.emit('listening');
      else this.emit('error', problem);
    });
    return this;
  }

  address(): AddressInfo | null {
    return this.#address;
  }

  close(callback?: () => void): this {
    if (this.#id !== undefined) {
      servers.delete(this.#id);
      host.sockets.close(this.#id);
      this.#id = undefined;
    }
    if (callback !== undefined) queueMicrotask(callback);
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  onAccepted(id: number): void {
    const { allowHalfOpen = false } = this.#options;
    this.emit('connection', new Socket(id, false, { allowHalfOpen }));
  }
}

export function createServer(
  options: ServerOptions | ConnectionListener,
  onConnection?: ConnectionListener,
): Server {
  const server = new Server(typeof options === 'function' ? {} : options);
  const listener = typeof options === 'function' ? options : onConnection;
  if (listener !== undefined) server.on('connection', listener);
  return server;
}
