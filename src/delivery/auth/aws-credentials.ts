// AWS credentials of the execution environment: its variables, or the container endpoint that
// SnapStart environments have instead (Lambda Developer Guide, "Environment variables",
// AWS_CONTAINER_CREDENTIALS_FULL_URI), renewed before they expire.
import { connect } from 'node:net';
import { formatHead } from '../../http/message-head';
import { Connections } from '../../http/connections';
import type { AwsSettings } from '../settings/aws-settings';
import { toAddress } from '../transport/socket-address';
import { runExchange } from '../transport/http-exchange';
import type { Clock } from '../transport/transport';

interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Rejects, with a message that holds no credentials, when there are none. */
export type CredentialProvider = () => Promise<AwsCredentials>;

const renewBeforeMs = 5 * 60_000;
const fetchTimeoutMs = 1_000;

export function createCredentialProvider(settings: AwsSettings, clock: Clock): CredentialProvider {
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
    // A clock that was set back must not keep them beyond their time.
    const isOld = nowMs > (known?.expiresMs ?? 0) - renewBeforeMs || nowMs < fetchedAtMs;
    if (known === undefined || isOld) {
      fetchedAtMs = nowMs;
      known = await fetchCredentials(containerCredentialsUri, settings, clock);
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
  clock: Clock,
): Promise<ExpiringCredentials> {
  const { host, pathname, search } = new URL(uri);
  const authorization = containerAuthorizationToken;
  const fields = { host, ...(authorization && { authorization }) };
  const connections = new Connections({
    open: () => connect(toAddress(uri)),
    now: () => clock.now(),
  });
  const response = await runExchange({
    connections,
    head: { format: () => formatHead({ method: 'GET', target: `${pathname}${search}`, fields }) },
    body: new Uint8Array(),
    timeoutMs: fetchTimeoutMs,
    clock,
  });
  connections.close();
  if (response.status !== 'success') {
    throw new Error(`no AWS credentials: the container endpoint failed, ${response.error.message}`);
  }
  return parseCredentials(Buffer.from(response.data ?? []).toString('utf8'));
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

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
