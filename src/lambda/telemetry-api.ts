// PUT /2022-07-01/telemetry (https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api-reference.html).
// Must be awaited before the first /event/next: after it, Lambda refuses subscriptions.
import { readErrorBody } from './http-client';
import type { ApiClient } from './http-client';

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
