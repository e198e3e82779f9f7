// The headers of a test request: references to secrets are resolved with the AWS CLI if there is one, and requests to
// AWS endpoints are signed.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { sign } from 'aws4';
import {
  fillSecretReferences,
  findSecretReferences,
  type SecretReference,
} from '../../src/delivery/auth/headers';
import type { SignalConfiguration } from '../../src/delivery/settings/configuration';
import type { Secrets } from '../../src/secrets';

const run = promisify(execFile);

/** The profile and region for the AWS CLI; its own defaults if they are missing. */
export interface AwsCli {
  readonly profile?: string | undefined;
  readonly region?: string | undefined;
}

/** The options of any of its commands. */
export function toOptions({ profile, region }: AwsCli): readonly string[] {
  return [
    ...(region === undefined ? [] : ['--region', region]),
    ...(profile === undefined ? [] : ['--profile', profile]),
  ];
}

export interface Access {
  readonly aws: AwsCli;
  /** Is told what was read. */
  readonly secrets: Secrets;
}

export type HeadersOutcome =
  | { readonly kind: 'headers'; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: 'unknown'; readonly reason: string };

/** Never rejects. A reason contains the name of a reference, never its value. */
export async function resolveHeaders(
  settings: SignalConfiguration,
  body: Uint8Array,
  access: Access,
): Promise<HeadersOutcome> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(settings.headers)) {
    const resolved = await resolve(value, access);
    if (resolved === undefined)
      return {
        kind: 'unknown',
        reason: `header ${name} refers to a secret that could not be read from here (aws secretsmanager, aws ssm)`,
      };
    if (resolved !== value) access.secrets.addHeader(resolved);
    headers[name] = resolved;
  }
  if (settings.signing === undefined) return { kind: 'headers', headers };
  return signed(settings, headers, { body, ...access });
}

async function resolve(value: string, { aws, secrets }: Access): Promise<string | undefined> {
  const known = new Map<string, string>();
  for (const [literal, reference] of findSecretReferences(value)) {
    const secret = await readSecret(reference, aws);
    if (secret === undefined) return undefined;
    secrets.add(secret);
    known.set(literal, secret);
  }
  return fillSecretReferences(value, known);
}

async function readSecret(
  { store, id, jsonKey }: SecretReference,
  aws: AwsCli,
): Promise<string | undefined> {
  const args =
    store === 'ssm'
      ? ['ssm', 'get-parameter', '--with-decryption', '--name', id, '--query', 'Parameter.Value']
      : ['secretsmanager', 'get-secret-value', '--secret-id', id, '--query', 'SecretString'];
  try {
    const { stdout } = await run('aws', [...args, '--output', 'text', ...toOptions(aws)]);
    if (jsonKey === undefined) return stdout.trim();
    const value = (JSON.parse(stdout) as Record<string, unknown>)[jsonKey];
    return typeof value === 'string' ? value.trim() : undefined;
  } catch {
    return undefined;
  }
}

/** Signs with the credentials of whoever runs the doctor; the function's role may have other rights. */
async function signed(
  { url, signing, protocol }: SignalConfiguration,
  headers: Readonly<Record<string, string>>,
  { body, aws, secrets }: Access & { readonly body: Uint8Array },
): Promise<HeadersOutcome> {
  const credentials = await readCredentials(aws);
  if (credentials === undefined)
    return {
      kind: 'unknown',
      reason: 'requests are signed, and there are no AWS credentials here',
    };
  secrets.add(credentials.secretAccessKey);
  secrets.add(credentials.sessionToken);
  const { host, pathname, search } = new URL(url);
  const contentType = protocol === 'http/json' ? 'application/json' : 'application/x-protobuf';
  const request = sign(
    {
      host,
      path: `${pathname}${search}`,
      method: 'POST',
      headers: { ...headers, 'content-type': contentType },
      body: Buffer.from(body),
      ...signing,
    },
    credentials,
  );
  const all = Object.entries(request.headers ?? {}).map(
    ([name, value]) => [name.toLowerCase(), String(value)] as const,
  );
  return {
    kind: 'headers',
    headers: Object.fromEntries(all.filter(([name]) => name !== 'content-length')),
  };
}

/** As with the AWS CLI, a given profile takes precedence over the environment. */
async function readCredentials(aws: AwsCli) {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = process.env;
  if (aws.profile === undefined && accessKeyId && secretAccessKey)
    return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
  try {
    const { stdout } = await run('aws', ['configure', 'export-credentials', ...toOptions(aws)]);
    const { AccessKeyId, SecretAccessKey, SessionToken } = JSON.parse(stdout) as Record<
      string,
      string
    >;
    if (!AccessKeyId || !SecretAccessKey) return undefined;
    return {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      ...(SessionToken && { sessionToken: SessionToken }),
    };
  } catch {
    return undefined;
  }
}
