// The Telemetry API: the subscription, then the listener that Lambda posts to. PUT /2022-07-01/telemetry
// (https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api-reference.html) must be awaited before the
// first /event/next: after it, Lambda refuses subscriptions.
import { readErrorBody } from './http-client';
import type { ApiClient } from './http-client';
import type { Diagnostics } from '../diagnostics';
import type { ByteBudget } from '../http/byte-budget';
import { startHttpServer } from '../http/server';
import type { ReceivedRequest } from '../http/served-connection';

/** Named as in the subscription's `types`. */
export type TelemetryType = 'platform' | 'function' | 'extension';

export interface TelemetryBuffering {
  readonly maxItems: number;
  readonly maxBytes: number;
  readonly timeoutMs: number;
}

export interface SubscribeRequest {
  readonly extensionId: string;
  readonly types: readonly TelemetryType[];
  readonly buffering: TelemetryBuffering;
  /** The port that the listener is bound to. */
  readonly port: number;
  /** Called whenever a request has been handed to the operating system. */
  readonly onSent?: () => void;
}

export type SubscribeOutcome =
  | { readonly kind: 'subscribed'; readonly schemaVersion: string }
  /** Status 202, as emulators without the Telemetry API answer. */
  | { readonly kind: 'unsupported'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string };

/** Newest first; Managed Instances know only the newest. */
const SCHEMA_VERSIONS = ['2025-01-29', '2022-12-13', '2022-07-01'] as const;
/** Bounds the wait for an answer, so that it cannot use up the init phase (10 s). */
const RESPONSE_TIMEOUT_MS = 5_000;

/** Subscribes with the newest schema version that Lambda accepts. Never rejects. */
export async function subscribe(
  client: ApiClient,
  request: SubscribeRequest,
): Promise<SubscribeOutcome> {
  let refusal = '';
  for (const schemaVersion of SCHEMA_VERSIONS) {
    const response = await client.send({
      method: 'PUT',
      path: '/2022-07-01/telemetry',
      headers: {
        'Lambda-Extension-Identifier': request.extensionId,
        'Content-Type': 'application/json',
      },
      body: toBody(request, schemaVersion),
      timeoutMs: RESPONSE_TIMEOUT_MS,
      ...(request.onSent && { onSent: request.onSent }),
    });
    if (response.kind === 'failed') return response;
    const { status } = response;
    // The body of a 200 is "OK", or "AlreadySubscribed" after a restart in the same environment.
    if (status === 200) return { kind: 'subscribed', schemaVersion };
    const { errorType, message } = readErrorBody(response.body);
    if (status === 202) return { kind: 'unsupported', message };
    refusal = `expected status 200, got ${status} ${errorType ?? ''} ${message}`.trim();
    if (status !== 400 || !isAboutVersion(response.body)) break;
  }
  return { kind: 'failed', message: refusal };
}

function isAboutVersion(body: string): boolean {
  return body.trim() === '' || /version/i.test(body);
}

function toBody({ types, buffering, port }: SubscribeRequest, schemaVersion: string): string {
  return JSON.stringify({
    schemaVersion,
    types,
    buffering,
    destination: {
      protocol: 'HTTP',
      URI: `http://sandbox.localdomain:${port}/telemetry`,
      method: 'POST',
      encoding: 'JSON',
    },
  });
}

// Where Lambda posts telemetry. Answers 200 as soon as a body is complete and hands it on unread: a slow listener
// makes Lambda drop logs, and an error would make it send the same unreadable batch again.

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
