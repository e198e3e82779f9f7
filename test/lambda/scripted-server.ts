// An HTTP server on a real socket that answers as a test says, and keeps what it was asked.
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly socket: Socket;
}

export type Responder = (received: Received, response: ServerResponse) => void;

export interface ScriptedServer {
  /** host:port, as AWS_LAMBDA_RUNTIME_API has it. */
  readonly address: string;
  readonly port: number;
  readonly received: readonly Received[];
  /** Resolves when `count` requests to a path that ends so have come. */
  waitFor(path: string, count?: number): Promise<Received>;
  close(): Promise<void>;
}

export async function startScriptedServer(
  respond: Responder,
  host = '127.0.0.1',
): Promise<ScriptedServer> {
  const received: Received[] = [];
  const listeners = new Set<() => void>();
  const server = createServer((request, response) => {
    void readText(request).then((body) => {
      const { method = '', url = '', headers, socket } = request;
      const entry = { method, path: url, headers, body, socket };
      received.push(entry);
      respond(entry, response);
      for (const listener of [...listeners]) listener();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    address: host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`,
    received,
    waitFor: (path, count = 1) =>
      new Promise((resolve) => {
        const look = (): void => {
          const match = received.filter((entry) => entry.path.endsWith(path))[count - 1];
          if (match === undefined) return;
          listeners.delete(look);
          resolve(match);
        };
        listeners.add(look);
        look();
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  } catch {
    return '';
  }
  return Buffer.concat(chunks).toString('utf8');
}

export function answerJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}
