// AWS Signature Version 4, using aws4, for the OTLP endpoints of CloudWatch and X-Ray and for fetching secrets. Loaded
// only when something must be signed.
import { sign } from 'aws4';
import type { AwsSettings, SigningScope } from '../settings/aws-settings';
import { formatHead } from '../../http/message-head';
import { Connections } from '../../http/connections';
import type { WallClock } from '../../node/clock';
import { sha256Hex } from '../../node/crypto';
import { openPlainSocket, toAddress } from '../../node/sockets';
import type { Secrets } from '../../secrets';
import { parseObject } from '../../telemetry/fields';
import { runExchange } from '../transport/http-transport';

interface UnsignedRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The body exactly as it is sent, so after compression. */
  readonly body: Uint8Array;
}

/**
 * Returns the headers with `authorization`, `x-amz-date` and whatever else SigV4 needs. Rejects without credentials.
 */
export type RequestSigner = (request: UnsignedRequest) => Promise<Record<string, string>>;

export interface SignerOptions {
  readonly aws: AwsSettings;
  readonly scope: SigningScope;
  readonly clock: WallClock;
  /** Is told the credentials that are fetched. */
  readonly secrets: Secrets;
}

/** Creates a signer of POST requests for one region and service. */
export function createSigner({ aws, scope, ...ports }: SignerOptions): RequestSigner {
  const credentials = createCredentialProvider(aws, ports);
  return async ({ url, headers, body }) => {
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
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
          'x-amz-date': toBasicIso(ports.clock.now()),
          'x-amz-content-sha256': sha256Hex(bytes),
        },
        body: bytes,
      },
      await credentials(),
    );
    return toLowerCaseNames(signed.headers ?? {});
  };
}

/** In ISO 8601's basic format without a fraction: `20260302T081500Z`. */
function toBasicIso(epochMs: number): string {
  return new Date(epochMs).toISOString().replace(/[:-]|\.\d{3}/g, '');
}

function toLowerCaseNames(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
}

interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Rejects if there are no credentials; the message contains none. */
type CredentialProvider = () => Promise<AwsCredentials>;

const RENEW_BEFORE_MS = 5 * 60_000;
const FETCH_TIMEOUT_MS = 1_000;

type CredentialPorts = Pick<SignerOptions, 'clock' | 'secrets'>;

/**
 * AWS credentials of the execution environment: its variables, or the container endpoint that SnapStart environments
 * have instead (Lambda Developer Guide, "Environment variables", AWS_CONTAINER_CREDENTIALS_FULL_URI), renewed before
 * they expire.
 */
export function createCredentialProvider(
  settings: AwsSettings,
  ports: CredentialPorts,
): CredentialProvider {
  const { clock, secrets } = ports;
  const { accessKeyId, secretAccessKey, sessionToken, containerCredentialsUri } = settings;
  if (accessKeyId !== undefined && secretAccessKey !== undefined) {
    const fixed = { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
    return () => Promise.resolve(fixed);
  }
  if (containerCredentialsUri === undefined) {
    return () =>
      Promise.reject(
        new Error('no AWS credentials: neither AWS_ACCESS_KEY_ID nor a container endpoint is set'),
      );
  }
  let known: ExpiringCredentials | undefined;
  let fetchedAtMs = 0;
  return async () => {
    const nowMs = clock.now();
    // If the clock was set back, credentials could otherwise be used after they have expired.
    const isOld = nowMs > (known?.expiresMs ?? 0) - RENEW_BEFORE_MS || nowMs < fetchedAtMs;
    if (known === undefined || isOld) {
      fetchedAtMs = nowMs;
      known = await fetchCredentials(containerCredentialsUri, settings, ports);
      secrets.add(known.credentials.secretAccessKey);
      secrets.add(known.credentials.sessionToken);
    }
    return known.credentials;
  };
}

interface ExpiringCredentials {
  readonly credentials: AwsCredentials;
  readonly expiresMs: number;
}

async function fetchCredentials(
  uri: string,
  { containerAuthorizationToken }: AwsSettings,
  { clock, secrets }: CredentialPorts,
): Promise<ExpiringCredentials> {
  const { host, pathname, search } = new URL(uri);
  const authorization = containerAuthorizationToken;
  const fields = { host, ...(authorization && { authorization }) };
  const connections = new Connections({
    open: () => openPlainSocket(toAddress(uri)),
    now: () => clock.now(),
  });
  const result = await runExchange({
    connections,
    head: { format: () => formatHead({ method: 'GET', target: `${pathname}${search}`, fields }) },
    body: new Uint8Array(),
    timeoutMs: FETCH_TIMEOUT_MS,
    clock,
    secrets,
  });
  connections.close();
  if (result.status !== 'success') {
    throw new Error(`no AWS credentials: the container endpoint failed, ${result.failure.message}`);
  }
  return parseCredentials(Buffer.from(result.data ?? []).toString('utf8'));
}

/** The container credentials document: AccessKeyId, SecretAccessKey, Token, Expiration. */
function parseCredentials(text: string): ExpiringCredentials {
  const { AccessKeyId, SecretAccessKey, Token, Expiration } = parseObject(text);
  if (typeof AccessKeyId !== 'string' || typeof SecretAccessKey !== 'string') {
    throw new Error('no AWS credentials: the container endpoint answered with another document');
  }
  const expiresMs = typeof Expiration === 'string' ? Date.parse(Expiration) : NaN;
  return {
    credentials: {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      ...(typeof Token === 'string' && { sessionToken: Token }),
    },
    expiresMs: Number.isNaN(expiresMs) ? 0 : expiresMs,
  };
}
