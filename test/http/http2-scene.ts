// A server of HTTP/2 requests that answers with what it got, and Node's own client.
import { connect } from 'node:http2';
import type { ClientHttp2Session, IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2';
import { ByteBudget } from '../../src/http/byte-budget';
import { Http2Connection } from '../../src/http/http2-connection';
import type { Http2Options, Http2Request } from '../../src/http/http2-streams';
import { startHttpServer } from '../../src/http/server';

export const MIB = 1024 * 1024;
const cleanups: (() => void)[] = [];

/** Ends servers and clients of the test. */
export function endHttp2(): void {
  for (const cleanup of cleanups.splice(0)) cleanup();
}

export interface Scene {
  readonly port: number;
  readonly budget: ByteBudget;
  readonly requests: Http2Request[];
}

export const echo = (request: Http2Request): void =>
  request.respond({
    fields: { ':status': '200' },
    body: request.body,
    trailers: { 'x-value': request.fields.get('x-value') ?? '' },
  });

export async function serve(options: Partial<Http2Options> = {}): Promise<Scene> {
  const budget = options.budget ?? new ByteBudget(8 * MIB);
  const requests: Http2Request[] = [];
  const http2: Http2Options = {
    maxBodyBytes: MIB,
    budget,
    onRequest: (request) => {
      requests.push(request);
      echo(request);
    },
    onOversize: (request) => request.respond({ fields: { ':status': '413' } }),
    ...options,
  };
  const server = await startHttpServer(
    {
      maxBodyBytes: MIB,
      budget,
      onRequest: (request) => request.respond(200),
      onOversize: (request) => request.respond(413),
      onHttp2: (socket, first) =>
        // As if it had to be loaded.
        void setImmediate(() => new Http2Connection(socket, first, http2)),
      onError: () => undefined,
    },
    { host: '127.0.0.1' },
  );
  cleanups.push(() => server.close());
  return { port: server.port, budget, requests };
}

export function open({ port }: Scene): ClientHttp2Session {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on('error', () => undefined);
  cleanups.push(() => session.destroy());
  return session;
}

export interface Got {
  readonly status: number | undefined;
  readonly body: Buffer;
  readonly trailers: IncomingHttpHeaders;
}

export function post(
  session: ClientHttp2Session,
  { body = Buffer.alloc(0), fields = {} }: { body?: Buffer; fields?: OutgoingHttpHeaders } = {},
): Promise<Got> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':method': 'POST', ':path': '/', ...fields });
    const chunks: Buffer[] = [];
    let status: number | undefined;
    let trailers: IncomingHttpHeaders = {};
    stream.on('response', (fields: IncomingHttpHeaders & { ':status'?: number }) => {
      status = fields[':status'];
    });
    stream.on('trailers', (fields: IncomingHttpHeaders) => (trailers = fields));
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => resolve({ status, body: Buffer.concat(chunks), trailers }));
    stream.on('error', reject);
    stream.end(body);
  });
}
