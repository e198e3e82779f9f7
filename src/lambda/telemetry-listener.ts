// Where Lambda posts telemetry. Answers 200 as soon as a body is complete and hands it on unread: a slow listener
// makes Lambda drop logs, and an error would make it send the same unreadable batch again.
import type { Diagnostics } from '../diagnostics';
import type { ByteBudget } from '../http/byte-budget';
import { startHttpServer } from '../http/server';
import type { ReceivedRequest } from '../http/served-connection';

/** An acknowledged body. */
export interface TelemetryBody {
  readonly bytes: Buffer;
  readonly isGzip: boolean;
  readonly sequenceId: string | undefined;
}

export interface TelemetryListenerOptions {
  /** Called in order of arrival; the listener stops counting the body against the budget. Must not throw. */
  readonly onBody: (body: TelemetryBody) => void;
  readonly budget: ByteBudget;
  readonly diagnostics: Diagnostics;
}

export interface TelemetryListener {
  readonly port: number;
  close(): void;
}

/** Lambda posts at most 2 × maxBytes (1 MiB) plus some metadata. */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;
/** Belongs to the Runtime API. */
const RESERVED_PORT = 9001;
const GZIP = /^(?:x-)?gzip$/i;

/** Binds a free port on every address, including IPv6 where there is one. Rejects when nothing can be bound. */
export async function startTelemetryListener({
  onBody,
  budget,
  diagnostics,
}: TelemetryListenerOptions): Promise<TelemetryListener> {
  const onError = ({ message }: Error): void =>
    diagnostics.error(`telemetry listener: ${message}; telemetry may be missing`);
  const onOversize = (request: ReceivedRequest): void => {
    diagnostics.warn(
      `telemetry listener: expected a body of at most ${MAX_BODY_BYTES} bytes, got more; the connection is cut and this batch is lost`,
    );
    request.cut();
  };
  const onRequest = (request: ReceivedRequest): void => acknowledge(request, onBody);
  return startHttpServer(
    { maxBodyBytes: MAX_BODY_BYTES, budget, onRequest, onOversize, onError },
    { reservedPort: RESERVED_PORT },
  );
}

/** Any path is accepted, since emulators leave it out. */
function acknowledge(request: ReceivedRequest, onBody: TelemetryListenerOptions['onBody']): void {
  const { method, fields, body } = request;
  const encoding = fields.get('content-encoding')?.trim() ?? '';
  const isGzip = GZIP.test(encoding);
  if (method !== 'POST' && method !== 'PUT')
    request.respond(405, { fields: 'Allow: POST, PUT\r\n' });
  else if (!isGzip && !/^(?:identity)?$/i.test(encoding)) {
    request.respond(415, { fields: 'Accept-Encoding: gzip\r\n' });
  } else {
    request.respond(200);
    if (body.length > 0) onBody({ bytes: body, isGzip, sequenceId: fields.get('sequence-id') });
  }
}
