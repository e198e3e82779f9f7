// An OTLP/HTTP endpoint on a loopback socket whose behaviour a test can change at any time. It keeps
// the requests it accepted; bodies are read as OTLP/JSON when they are JSON.
import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';

export interface ReceivedRequest {
  readonly path: string;
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export type Behaviour = (request: ReceivedRequest, response: ServerResponse) => void;

export interface ScriptedEndpoint {
  readonly url: string;
  readonly port: number;
  readonly server: Server;
  /** Every request whose body arrived whole. */
  readonly requests: ReceivedRequest[];
  /** Requests that the behaviour answered with 2xx. */
  readonly accepted: ReceivedRequest[];
  readonly sockets: ReadonlySet<Socket>;
  /** Connections accepted so far. */
  connections: number;
  behaviour: Behaviour;
  close(): Promise<void>;
}

export const accept: Behaviour = (_, response) => void response.end();

export function answer(statusCode: number, headers: Record<string, string> = {}): Behaviour {
  return (_, response) => void response.writeHead(statusCode, headers).end();
}

/** Takes the request and never answers. */
export const hang: Behaviour = () => undefined;

export const reset: Behaviour = (_, response) => {
  response.socket?.resetAndDestroy();
};

/** Answers with 200 after `delayMs`. */
export function delayed(delayMs: number): Behaviour {
  return (_, response) => void setTimeout(() => response.end(), delayMs).unref();
}

export async function startEndpoint(
  behaviour: Behaviour = accept,
  create: (listener: (i: IncomingMessage, o: ServerResponse) => void) => Server = createServer,
): Promise<ScriptedEndpoint> {
  const sockets = new Set<Socket>();
  const requests: ReceivedRequest[] = [];
  const accepted: ReceivedRequest[] = [];
  const server = create((incoming, outgoing) => {
    void readBody(incoming).then((body) => {
      const request = {
        path: incoming.url ?? '',
        method: incoming.method ?? '',
        headers: incoming.headers,
        body,
      };
      requests.push(request);
      outgoing.on('finish', () => {
        if (outgoing.statusCode < 300) accepted.push(request);
      });
      endpoint.behaviour(request, outgoing);
    });
  });
  server.on('connection', (socket: Socket) => {
    endpoint.connections += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const endpoint: ScriptedEndpoint = {
    url: `http://127.0.0.1:${port}`,
    port,
    server,
    requests,
    accepted,
    sockets,
    connections: 0,
    behaviour,
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      if (server.listening) await once(server, 'close');
    },
  };
  return endpoint;
}

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  incoming.on('error', () => undefined);
  incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(incoming, 'end').catch(() => undefined);
  const body = Buffer.concat(chunks);
  return incoming.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
}

/** Span ids, or bodies of log records, or data point indexes, in the order of the requests. */
export function itemsOf(requests: readonly ReceivedRequest[], path: string): string[] {
  const found: string[] = [];
  for (const request of requests.filter((candidate) => candidate.path === path)) {
    const text = request.body.toString('utf8');
    const pattern = {
      '/v1/traces': /"spanId":"(\w+)"/g,
      '/v1/logs': /"body":{"stringValue":"([^"]*)"/g,
    }[path];
    for (const [, item = ''] of text.matchAll(
      pattern ?? /"key":"index","value":{"intValue":"?(\d+)/g,
    ))
      found.push(item);
  }
  return found;
}
