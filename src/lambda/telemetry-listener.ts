// Where Lambda posts telemetry. Answers 200 as soon as a body is complete and hands it over afterwards:
// a slow listener makes Lambda drop logs, and an error makes it send the same poison again.
import type { Diagnostics } from '../diagnostics';
import { startHttpServer } from '../http/server';
import type { IncomingRequest, RequestListener } from '../http/server';
import { isSettledWithin } from '../node/alarms';
import { decompress } from './decompression';
import { collectBody } from './request-body';
import type { BodyOutcome } from './request-body';

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
  // No timeouts: freezing stretches every pause between two packets, only Lambda may end its connections.
  const onError = ({ message }: Error): void =>
    options.diagnostics.error(`telemetry listener: ${message}; telemetry may be missing`);
  const onRequest = createHandler(options, waiting);
  const server = await startHttpServer({ onRequest, onError }, RESERVED_PORT);
  return {
    port: server.port,
    get waitingBytes() {
      return waiting.bytes;
    },
    close: () => server.close(),
  };
}

function createHandler(
  { onBatch, whenRoom, diagnostics }: TelemetryListenerOptions,
  waiting: { bytes: number },
) {
  const open = { bytes: 0 };
  let handedOver: Promise<void> = Promise.resolve();

  const receive = async (request: IncomingRequest, received: Buffer): Promise<void> => {
    if (waiting.bytes > MAX_WAITING_BYTES) await isSettledWithin(handedOver, MAX_ANSWER_DELAY_MS);
    request.answer(200);
    const body = decompressed(received, request.fields.get('content-encoding'));
    const sequenceId = request.fields.get('sequence-id');
    waiting.bytes += received.length;
    // One after the other, and not before the answer is on its way.
    handedOver = handedOver.then(async () => {
      const batch = await body;
      await new Promise(setImmediate);
      await whenRoom?.();
      waiting.bytes -= received.length;
      onBatch(batch, sequenceId);
    });
  };

  const settle = (request: IncomingRequest, outcome: BodyOutcome): void => {
    if (outcome.kind === 'complete') void receive(request, outcome.body);
    if (outcome.kind !== 'too large') return;
    diagnostics.warn(
      `telemetry listener: expected a body of at most ${MAX_BODY_BYTES} bytes, got more; the connection is cut and this batch is lost`,
    );
    request.cut();
  };

  return (request: IncomingRequest): RequestListener => {
    const { method, fields } = request;
    if (method !== 'POST' && method !== 'PUT') return refuse(request);
    const limits = { maxBodyBytes: MAX_BODY_BYTES, maxOpenBytes: MAX_OPEN_BYTES, open };
    const contentLength = Number(fields.get('content-length') ?? NaN);
    return collectBody(contentLength, limits, (outcome) => settle(request, outcome));
  };
}

function refuse(request: IncomingRequest): RequestListener {
  return {
    onData: () => undefined,
    onEnd: () => request.answer(405, 'Allow: POST, PUT\r\n'),
    onAborted: () => undefined,
  };
}

/** What cannot be decompressed is handed over as it is, to be counted as no JSON. */
async function decompressed(body: Buffer, encoding: string | undefined): Promise<Buffer> {
  if (encoding === undefined || encoding === 'identity') return body;
  return decompress(body, { encoding, maxBytes: MAX_BODY_BYTES });
}
