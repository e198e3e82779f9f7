// Where Lambda posts telemetry. Answers 200 as soon as a body is complete and hands it over afterwards:
// a slow listener makes Lambda drop logs, and an error makes it send the same poison again.
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Diagnostics } from '../diagnostics/diagnostics';
import { collectBody } from './request-body';

export interface TelemetryListenerOptions {
  /** One acknowledged body, decompressed; in order of arrival. Must not throw. */
  readonly onBatch: (body: Buffer, sequenceId: string | undefined) => void;
  /** A body is handed over when this resolves; default: at once. Must not reject. */
  readonly whenRoom?: () => Promise<void>;
  readonly diagnostics: Diagnostics;
}

export interface TelemetryListener {
  readonly port: number;
  /** Bytes of acknowledged bodies that are not handed over yet. */
  readonly waitingBytes: number;
  close(): void;
}

/** Lambda posts at most 2 × maxBytes (1 MiB) and some metadata. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;
/** Bodies that are being received at the same time, in bytes. */
const MAX_OPEN_BYTES = 24 * 1024 * 1024;
/** Bodies that wait to be handed over, in bytes; beyond it, the next answer waits for them a moment. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024;
const MAX_ANSWER_DELAY_MS = 1_000;
/** The port of the Runtime API: reserved. */
const RESERVED_PORT = 9001;

/** Binds a free port on every address, IPv6 too where there is one. Rejects when nothing can be bound. */
export async function startTelemetryListener(
  options: TelemetryListenerOptions,
): Promise<TelemetryListener> {
  const waiting = { bytes: 0 };
  const server = createServer(createHandler(options, waiting));
  // Freezing stretches every pause between two packets: only Lambda may end its connections.
  server.keepAliveTimeout = 0;
  server.headersTimeout = 0;
  server.requestTimeout = 0;
  let port = await listen(server);
  if (port === RESERVED_PORT) {
    await new Promise<void>((resolve) => void server.close(() => resolve()));
    port = await listen(server);
  }
  server.on('error', ({ message }) =>
    options.diagnostics.error(`telemetry listener: ${message}; telemetry may be missing`),
  );
  server.on('clientError', (_error, socket) => void socket.destroy());
  return {
    port,
    get waitingBytes() {
      return waiting.bytes;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, () => {
      server.removeListener('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function createHandler(
  { onBatch, whenRoom, diagnostics }: TelemetryListenerOptions,
  waiting: { bytes: number },
) {
  const open = { bytes: 0 };
  let handedOver: Promise<void> = Promise.resolve();

  const cut = (request: IncomingMessage): void => {
    diagnostics.warn(
      `telemetry listener: expected a body of at most ${MAX_BODY_BYTES} bytes, got more; the connection is cut and this batch is lost`,
    );
    request.destroy();
  };

  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const limits = { maxBodyBytes: MAX_BODY_BYTES, maxOpenBytes: MAX_OPEN_BYTES, open };
    const received = await collectBody(request, limits);
    if (received === 'aborted') return;
    if (received === 'too large') {
      cut(request);
      return;
    }
    if (waiting.bytes > MAX_WAITING_BYTES) await settledWithin(handedOver, MAX_ANSWER_DELAY_MS);
    response.writeHead(200, { 'Content-Length': 0 }).end();
    const { 'sequence-id': sequenceId, 'content-encoding': encoding } = request.headers;
    const body = decompressed(received, encoding);
    waiting.bytes += received.length;
    // One after the other, and not before the answer is on its way.
    handedOver = handedOver.then(async () => {
      const batch = await body;
      await new Promise(setImmediate);
      await whenRoom?.();
      waiting.bytes -= received.length;
      onBatch(batch, typeof sequenceId === 'string' ? sequenceId : undefined);
    });
  };

  return (request: IncomingMessage, response: ServerResponse): void => {
    response.on('error', () => request.destroy());
    if (request.method === 'POST' || request.method === 'PUT') {
      void receive(request, response);
      return;
    }
    request.resume();
    response.writeHead(405, { Allow: 'POST, PUT', 'Content-Length': 0 }).end();
  };
}

function settledWithin(promise: Promise<void>, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, delayMs);
    void promise.then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** What cannot be decompressed is handed over as it is, to be counted as no JSON. */
async function decompressed(body: Buffer, encoding: string | undefined): Promise<Buffer> {
  if (encoding === undefined || encoding === 'identity') return body;
  const { decompress } = await import('./decompression');
  return decompress(body, { encoding, maxBytes: MAX_BODY_BYTES });
}
