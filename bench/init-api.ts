// The Extensions and Telemetry API as far as the first poll, and nothing else beside the extension:
// what a start costs by itself, without the runtime's own start on the same cores.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface InitMoments {
  /** `performance.now()` when the request was read. */
  registeredAt: number | undefined;
  subscribedAt: number | undefined;
  /** URL that the Telemetry API was asked to post to. */
  destination: string | undefined;
}

export interface InitApi {
  /** `127.0.0.1:port`. */
  readonly address: string;
  /** For the next extension: `onFirstPoll` is called while its first poll is pending. */
  expect(onFirstPoll: () => void): InitMoments;
  close(): void;
}

const IDENTIFIER = '4f2b1a3c-0000-4000-8000-5c2d6e7f8a90';
const REGISTERED = JSON.stringify({
  accountId: '123456789012',
  functionName: 'bench',
  functionVersion: '$LATEST',
  handler: 'function.handler',
});

const NOTHING_YET: InitMoments = {
  registeredAt: undefined,
  subscribedAt: undefined,
  destination: undefined,
};

interface State {
  moments: InitMoments;
  onFirstPoll: () => void;
}

function readDestination(body: string): string {
  return (JSON.parse(body) as { readonly destination: { readonly URI: string } }).destination.URI;
}

function answer(
  state: State,
  { url }: IncomingMessage,
  { body, response }: { readonly body: string; readonly response: ServerResponse },
): void {
  switch (url) {
    case '/2020-01-01/extension/register':
      state.moments.registeredAt ??= performance.now();
      response.writeHead(200, {
        'Content-Type': 'application/json',
        'Content-Length': REGISTERED.length,
        'Lambda-Extension-Identifier': IDENTIFIER,
      });
      response.end(REGISTERED);
      return;
    case '/2022-07-01/telemetry':
      state.moments.subscribedAt ??= performance.now();
      state.moments.destination = readDestination(body);
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': 4 });
      response.end('"OK"');
      return;
    case '/2020-01-01/extension/event/next':
      state.onFirstPoll();
      return;
    default:
      response.writeHead(404).end();
  }
}

export async function startInitApi(): Promise<InitApi> {
  const state: State = {
    moments: { ...NOTHING_YET },
    onFirstPoll: () => undefined,
  };
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      answer(state, request, { body: Buffer.concat(chunks).toString(), response });
    });
    response.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    expect(onFirstPoll) {
      state.moments = { ...NOTHING_YET };
      state.onFirstPoll = onFirstPoll;
      return state.moments;
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
