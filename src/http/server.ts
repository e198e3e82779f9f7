// A server for HTTP/1.1 requests whose bodies are wanted whole. It never ends an idle connection, since a
// freeze stretches every pause between two packets; it holds no more than its budget, whatever comes.
import type { Socket } from '../node/sockets';
import { listen } from '../node/sockets';
import type { ByteBudget } from './byte-budget';
import type { HeaderFields } from './message-head';
import { ServedConnection } from './served-connection';

export interface ReceivedRequest {
  readonly method: string;
  /** As the request line has it. */
  readonly target: string;
  readonly fields: HeaderFields;
  /** The server counts it against the budget until the answer; who keeps it longer counts it himself. */
  readonly body: Buffer;
  /** Once. */
  answer(status: number, content?: AnswerContent): void;
  /** Destroys the connection. */
  cut(): void;
}

export interface AnswerContent {
  /** Further header lines, each with its CRLF. */
  readonly fields?: string;
  readonly body?: Buffer;
}

export interface HttpServerOptions {
  readonly maxBodyBytes: number;
  readonly budget: ByteBudget;
  /** A request that was received whole. Must not throw. */
  readonly onRequest: (request: ReceivedRequest) => void;
  /** Its body is larger than `maxBodyBytes`; what was received of it is gone. An answer is its connection's last. */
  readonly onOversize: (request: ReceivedRequest) => void;
  /** Takes over a connection that begins with HTTP/2's preface, of which `bytes` were read; default: it is cut. */
  readonly onHttp2?: (socket: Socket, bytes: Buffer) => void;
  /** The server as a whole fails. */
  readonly onError: (error: Error) => void;
}

export interface ServerAddress {
  /** Default: every address. */
  readonly host?: string;
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
