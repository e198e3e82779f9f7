// The headers of a test request: references to secrets resolved by the AWS CLI where it is, AWS endpoints signed.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { sign } from 'aws4';
import type { SignalConfiguration } from '../../src/delivery/settings/configuration';
import type { Secrets } from '../../src/secrets';

const run = promisify(execFile);
const REFERENCE = /\$\{(secretsmanager|ssm):([^}#]+)(?:#([^}]+))?\}/g;

export type HeadersOutcome =
  | { readonly kind: 'headers'; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: 'unknown'; readonly reason: string };

/** Never rejects; what is read is told to `secrets`. A reason holds the name of a reference, never its value. */
export async function resolveHeaders(
  settings: SignalConfiguration,
  body: Uint8Array,
  secrets: Secrets,
): Promise<HeadersOutcome> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(settings.headers)) {
    const resolved = await resolve(value, secrets);
    if (resolved === undefined)
      return {
        kind: 'unknown',
        reason: `header ${name} refers to a secret that could not be read from here (aws secretsmanager, aws ssm)`,
      };
    if (resolved !== value) secrets.addHeader(resolved);
    headers[name] = resolved;
  }
  if (settings.signing === undefined) return { kind: 'headers', headers };
  return signed(settings, headers, { body, secrets });
}

async function resolve(value: string, secrets: Secrets): Promise<string | undefined> {
  let resolved = value;
  for (const [reference, service = '', id = '', field] of value.matchAll(REFERENCE)) {
    const secret = await readSecret(service, id, field);
    if (secret === undefined) return undefined;
    secrets.add(secret);
    resolved = resolved.replace(reference, () => secret);
  }
  return resolved;
}

async function readSecret(
  service: string,
  id: string,
  field: string | undefined,
): Promise<string | undefined> {
  const args =
    service === 'ssm'
      ? ['ssm', 'get-parameter', '--with-decryption', '--name', id, '--query', 'Parameter.Value']
      : ['secretsmanager', 'get-secret-value', '--secret-id', id, '--query', 'SecretString'];
  try {
    const { stdout } = await run('aws', [...args, '--output', 'text']);
    const text = stdout.trimEnd();
    if (field === undefined) return text;
    const value = (JSON.parse(text) as Record<string, unknown>)[field];
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** With the credentials of whoever runs the doctor: the function's role may be allowed other things. */
async function signed(
  { url, signing, protocol }: SignalConfiguration,
  headers: Readonly<Record<string, string>>,
  { body, secrets }: { readonly body: Uint8Array; readonly secrets: Secrets },
): Promise<HeadersOutcome> {
  const credentials = await readCredentials();
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

async function readCredentials() {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = process.env;
  if (accessKeyId && secretAccessKey)
    return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
  try {
    const { stdout } = await run('aws', ['configure', 'export-credentials']);
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
