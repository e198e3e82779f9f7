// A server for HTTP/1.1 requests whose bodies are wanted whole. It never ends an idle connection, since a
// freeze stretches every pause between two packets; it holds no more than its budget, whatever comes.
import type { Socket } from '../node/sockets';
import { listen } from '../node/sockets';
import type { HttpServerOptions } from './served-connection';
import { ServedConnection } from './served-connection';

export interface ServerAddress {
  /** Default: every address. */
  readonly host?: '127.0.0.1' | '::1';
  /** Default: a free one other than `reservedPort`. */
  readonly port?: number;
  readonly reservedPort?: number;
}

export interface HttpServer {
  readonly port: number;
  /** Ends every connection. */
  close(): void;
}

/** Peers are on the same machine and keep their connections: a few each. */
const MAX_CONNECTIONS = 128;

/** Rejects when nothing can be bound. */
export async function startHttpServer(
  options: HttpServerOptions,
  address: ServerAddress,
): Promise<HttpServer> {
  const connections = new Set<ServedConnection>();
  const onConnection = (socket: Socket): void => {
    if (connections.size >= MAX_CONNECTIONS) findLeastUseful(connections)?.cut();
    const connection = new ServedConnection(socket, options);
    connections.add(connection);
    socket.on('close', () => connections.delete(connection));
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

/** The oldest that never brought a request, else the one whose latest is longest ago. */
function findLeastUseful(connections: Iterable<ServedConnection>): ServedConnection | undefined {
  let least: ServedConnection | undefined;
  for (const connection of connections) {
    if (least === undefined || connection.latestRequestMs < least.latestRequestMs) {
      least = connection;
    }
  }
  return least;
}
