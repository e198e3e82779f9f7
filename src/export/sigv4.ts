// AWS Signature Version 4 for OTLP endpoints of CloudWatch and X-Ray, and for fetching secrets, by
// @smithy/signature-v4. Loaded only when something must be signed.
import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { createCredentialProvider } from './aws-credentials';
import type { AwsSettings } from './aws-settings';
import type { SigningScope } from './configuration';
import type { Clock } from './transport';

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
  const signature = new SignatureV4({
    service: scope.service,
    region: scope.region,
    credentials: createCredentialProvider(aws, clock),
    sha256: Sha256,
  });
  return async ({ url, headers, body }) => {
    const { protocol, hostname, host, port, pathname, searchParams } = new URL(url);
    const signed = await signature.sign(
      {
        method: 'POST',
        protocol,
        hostname,
        path: pathname,
        query: toQuery(searchParams),
        headers: { ...headers, host },
        body,
        ...(port !== '' && { port: Number(port) }),
      },
      { signingDate: new Date(clock.now()) },
    );
    return signed.headers;
  };
}

function toQuery(parameters: URLSearchParams): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = {};
  for (const name of new Set(parameters.keys())) {
    const values = parameters.getAll(name);
    query[name] = values.length === 1 ? (values[0] ?? '') : values;
  }
  return query;
}

type HashSource = string | ArrayBuffer | ArrayBufferView;

/** The hash constructor that the signing library asks for, on node:crypto. */
class Sha256 {
  readonly #secret: Uint8Array | string | undefined;
  readonly #chunks: Uint8Array[] = [];

  constructor(secret?: HashSource) {
    this.#secret = secret === undefined ? undefined : toBytes(secret);
  }

  update(chunk: Uint8Array): void {
    this.#chunks.push(toBytes(chunk));
  }

  reset(): void {
    this.#chunks.length = 0;
  }

  digest(): Promise<Uint8Array> {
    const hash =
      this.#secret === undefined ? createHash('sha256') : createHmac('sha256', this.#secret);
    for (const chunk of this.#chunks) hash.update(chunk);
    return Promise.resolve(hash.digest());
  }
}

function toBytes(source: HashSource): Uint8Array {
  if (typeof source === 'string') return Buffer.from(source, 'utf8');
  if (ArrayBuffer.isView(source)) {
    return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  }
  return new Uint8Array(source);
}
