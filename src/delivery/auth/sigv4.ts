// AWS Signature Version 4 for OTLP endpoints of CloudWatch and X-Ray, and for fetching secrets, by aws4.
// Loaded only when something must be signed.
import { createHash } from 'node:crypto';
import { sign } from 'aws4';
import { createCredentialProvider } from './aws-credentials';
import type { AwsSettings, SigningScope } from '../settings/aws-settings';
import type { Clock } from '../transport/transport';

interface UnsignedRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The body as it is sent, compressed if it is sent compressed. */
  readonly body: Uint8Array;
}

/** Returns the headers with `authorization`, `x-amz-date` and what else SigV4 needs. Rejects without credentials. */
export type RequestSigner = (request: UnsignedRequest) => Promise<Record<string, string>>;

export interface SignerOptions {
  readonly aws: AwsSettings;
  readonly scope: SigningScope;
  readonly clock: Clock;
}

/** Signer of POST requests within one region and service. */
export function createSigner({ aws, scope, clock }: SignerOptions): RequestSigner {
  const credentials = createCredentialProvider(aws, clock);
  return async ({ url, headers, body }) => {
    const { host, pathname, search } = new URL(url);
    const signed = sign(
      {
        ...scope,
        method: 'POST',
        host,
        path: `${pathname}${search}`,
        headers: {
          ...headers,
          host,
          'x-amz-date': toBasicIso(clock.now()),
          'x-amz-content-sha256': createHash('sha256').update(body).digest('hex'),
        },
        body: Buffer.from(body.buffer, body.byteOffset, body.byteLength),
      },
      await credentials(),
    );
    return toLowerCaseNames(signed.headers ?? {});
  };
}

/** ISO 8601 basic format without fractions: `20260302T081500Z`. */
function toBasicIso(epochMs: number): string {
  return new Date(epochMs).toISOString().replace(/[:-]|\.\d{3}/g, '');
}

function toLowerCaseNames(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
}
