// Fetches what `${secretsmanager:…}` and `${ssm:…}` references in header values stand for, once, by
// the AWS JSON APIs GetSecretValue and GetParameter. Loaded only when there is a reference. A failure
// warns and is tried again at later flushes, with a back-off; values are never printed.
import type { Diagnostics } from '../../diagnostics';
import type { AwsSettings } from '../settings/aws-settings';
import type { ConnectionPool } from '../transport/connection-pool';
import { createHttpTransport } from '../transport/http-transport';
import type { SecretReference } from './secret-reference';
import { fillSecretReferences, findSecretReferences } from './secret-reference';
import type { Clock, Headers } from '../transport/transport';

export interface SecretStore {
  /** The headers with every reference replaced. Rejects, without a secret in the message, when one is missing. */
  fill(headers: Readonly<Record<string, string>>): Promise<Readonly<Record<string, string>>>;
}

export interface SecretStoreOptions {
  readonly aws: AwsSettings;
  readonly pool: ConnectionPool;
  readonly clock: Clock;
  readonly diagnostics: Diagnostics;
}

const fetchTimeoutMs = 2_000;
const firstBackoffMs = 1_000;
const maxBackoffMs = 60_000;

export function createSecretStore(options: SecretStoreOptions): SecretStore {
  const entries = new Map<string, () => Promise<string>>();
  const entryOf = (literal: string, reference: SecretReference): (() => Promise<string>) => {
    const entry = entries.get(literal) ?? fetchOnce(reference, options);
    entries.set(literal, entry);
    return entry;
  };
  /** A secret does not change once it is known. */
  const known = new WeakMap<Headers, Headers>();
  return {
    async fill(headers) {
      const before = known.get(headers);
      if (before !== undefined) return before;
      const filled = Object.entries(headers).map(async ([name, value]) => {
        const secrets = new Map<string, string>();
        for (const [literal, reference] of findSecretReferences(value)) {
          secrets.set(literal, await entryOf(literal, reference)());
        }
        return [name, fillSecretReferences(value, secrets)] as const;
      });
      const all: Headers = Object.fromEntries(await Promise.all(filled));
      known.set(headers, all);
      return all;
    },
  };
}

/** Fetches at the first call; calls share the fetch under way and its result; failures back off. */
function fetchOnce(reference: SecretReference, options: SecretStoreOptions): () => Promise<string> {
  const { clock, diagnostics } = options;
  let underWay: Promise<string> | undefined;
  let failures = 0;
  let notBeforeMs = 0;
  const describe = `${reference.store} secret '${reference.id}'`;
  const attempt = async (): Promise<string> => {
    try {
      return await fetchSecret(reference, options);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      notBeforeMs = clock.now() + Math.min(firstBackoffMs * 2 ** failures, maxBackoffMs);
      failures += 1;
      underWay = undefined;
      diagnostics.warn(`${describe} could not be read: ${message}; items are kept until it can`);
      throw new Error(`${describe} is not known yet`);
    }
  };
  return () => {
    if (underWay !== undefined) return underWay;
    if (clock.now() < notBeforeMs) return Promise.reject(new Error(`${describe} is not known yet`));
    underWay = attempt();
    return underWay;
  };
}

async function fetchSecret(
  reference: SecretReference,
  { aws, pool, clock }: SecretStoreOptions,
): Promise<string> {
  const isParameter = reference.store === 'ssm';
  const endpoint = isParameter ? aws.ssm : aws.secretsManager;
  const { createSigner } = await import('./sigv4');
  const service = isParameter ? 'ssm' : 'secretsmanager';
  const sign = createSigner({ aws, scope: { service, region: aws.region }, clock });
  const fixed = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': isParameter ? 'AmazonSSM.GetParameter' : 'secretsmanager.GetSecretValue',
  };
  const transport = createHttpTransport({
    configuration: endpoint,
    headers: (body) => sign({ url: endpoint.url, headers: fixed, body }),
    connect: () => pool.connect({ ...endpoint, tls: {} }),
    clock,
  });
  const request = isParameter
    ? { Name: reference.id, WithDecryption: true }
    : { SecretId: reference.id };
  const body = Buffer.from(JSON.stringify(request), 'utf8');
  const response = await transport.send(body, fetchTimeoutMs);
  if (response.status !== 'success') throw response.error;
  return readValue(Buffer.from(response.data ?? []).toString('utf8'), reference);
}

/** A parameter's value, a secret's string, or one member of a secret that is a JSON object. */
function readValue(answer: string, { store, jsonKey }: SecretReference): string {
  const { SecretString, Parameter } = parseJson(answer) as {
    readonly SecretString?: unknown;
    readonly Parameter?: { readonly Value?: unknown } | null;
  };
  const value = store === 'ssm' ? Parameter?.Value : SecretString;
  if (typeof value !== 'string') throw new Error('expected a string value, got none');
  if (jsonKey === undefined) return value.trim();
  const member = (parseJson(value) as Readonly<Record<string, unknown>>)[jsonKey];
  if (typeof member === 'string') return member.trim();
  throw new Error(`expected a JSON object with a string '${jsonKey}', got another value`);
}

function parseJson(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
