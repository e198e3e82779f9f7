// An HTTP/1.1 server for requests whose whole bodies are wanted. It never ends an idle connection, because a freeze
// stretches every pause between two packets; whatever arrives, it holds no more than its budget allows.
import type { Socket } from '../node/sockets';
import { listen } from '../node/sockets';
import type { HttpServerOptions } from './served-connection';
import { ServedConnection } from './served-connection';

export interface ServerAddress {
  /** By default every address. */
  readonly host?: '127.0.0.1' | '::1';
  /** By default a free port other than `reservedPort`. */
  readonly port?: number;
  readonly reservedPort?: number;
}

export interface HttpServer {
  readonly port: number;
  /** Destroys every connection, of all servers of its group, and stops listening. */
  close(): void;
}

/** Beyond this many, a connection ends with its next answer, which says so: no client loses a request by that. */
const MAX_KEPT = 128;
/**
 * Beyond this many, one is cut for each that comes. A process may have 1,024 files in Lambda, and there are two groups:
 * Lambda's connections, and the function's.
 */
export const MAX_CONNECTIONS = 384;

/** The connections of one or several servers, bounded together. */
export class ConnectionGroup {
  private readonly all = new Set<ServedConnection>();
  /** Those that were not told to end. */
  private readonly kept = new Set<ServedConnection>();

  add(socket: Socket, options: HttpServerOptions): void {
    const { all, kept } = this;
    if (all.size >= MAX_CONNECTIONS) findLeastUseful(all)?.makeRoom();
    const leave = (): boolean => kept.size > MAX_KEPT && kept.delete(connection);
    const connection = new ServedConnection(socket, options, leave);
    all.add(connection);
    kept.add(connection);
    socket.on('close', () => {
      all.delete(connection);
      kept.delete(connection);
    });
  }

  cut(): void {
    for (const connection of this.all) connection.cut();
  }
}

/** Rejects if nothing can be bound. */
export async function startHttpServer(
  options: HttpServerOptions,
  address: ServerAddress,
  group = new ConnectionGroup(),
): Promise<HttpServer> {
  const listening = await listen({
    ...address,
    onConnection: (socket) => group.add(socket, options),
    onError: options.onError,
  });
  return {
    port: listening.port,
    close: () => {
      listening.close();
      group.cut();
    },
  };
}

/** The oldest connection without any request, or else the one whose latest request is longest ago. */
function findLeastUseful(connections: Iterable<ServedConnection>): ServedConnection | undefined {
  let least: ServedConnection | undefined;
  for (const connection of connections) {
    if (least === undefined || connection.latestRequestMs < least.latestRequestMs) {
      least = connection;
    }
  }
  return least;
}
