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
  /** Destroys every connection and stops listening. */
  close(): void;
}

/** Beyond this many, a connection ends with its next answer, which says so: no client loses a request by that. */
const MAX_KEPT = 128;
/** Beyond this many, one is cut for each that comes: a process may have 1,024 files in Lambda. */
const MAX_CONNECTIONS = 512;

/** Rejects if nothing can be bound. */
export async function startHttpServer(
  options: HttpServerOptions,
  address: ServerAddress,
): Promise<HttpServer> {
  const connections = new Set<ServedConnection>();
  /** Those that were not told to end. */
  const kept = new Set<ServedConnection>();
  const onConnection = (socket: Socket): void => {
    if (connections.size >= MAX_CONNECTIONS) findLeastUseful(connections)?.cut();
    const leave = (): boolean => kept.size > MAX_KEPT && kept.delete(connection);
    const connection = new ServedConnection(socket, options, leave);
    connections.add(connection);
    kept.add(connection);
    socket.on('close', () => {
      connections.delete(connection);
      kept.delete(connection);
    });
  };
  const listening = await listen({ ...address, onConnection, onError: options.onError });
  return {
    port: listening.port,
    close: () => {
      listening.close();
      for (const connection of connections) connection.cut();
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
