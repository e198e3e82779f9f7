// Fetches the secrets that `${secretsmanager:…}` and `${ssm:…}` in header values refer to, once, with the AWS JSON APIs
// GetSecretValue and GetParameter. Loaded only when there is a reference. A failure causes a warning and is retried
// with back-off at later flushes; values are never printed.
import type { Diagnostics } from '../../diagnostics';
import { isWithin } from '../../node/clock';
import type { WallClock } from '../../node/clock';
import type { Secrets } from '../../secrets';
import { parseObject } from '../../telemetry/fields';
import type { AwsSettings } from '../settings/aws-settings';
import type { ConnectionPool } from '../transport/connection-pool';
import { createHttpTransport } from '../transport/http-transport';
import type { SecretReference } from './headers';
import { fillSecretReferences, findSecretReferences } from './headers';
import type { HeaderValues } from '../transport/transport';

export interface SecretStore {
  /**
   * Returns the headers with every reference replaced. Rejects, without a secret in the message, if one is not known.
   */
  fill(headers: HeaderValues): Promise<HeaderValues>;
  /** Reads the secrets of these headers again after a refusal; false if they were read a short while ago. */
  renew(headers: HeaderValues): Promise<boolean>;
}

export interface SecretStoreOptions {
  readonly aws: AwsSettings;
  readonly pool: ConnectionPool;
  readonly clock: WallClock;
  readonly diagnostics: Diagnostics;
  readonly secrets: Secrets;
}

const FETCH_TIMEOUT_MS = 2_000;
const FIRST_BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 60_000;
/** Secrets may rotate while an environment lives, but not every minute. */
const RENEW_EVERY_MS = 60_000;

export function createSecretStore(options: SecretStoreOptions): SecretStore {
  const entries = new Map<string, SecretEntry>();
  const entryOf = (literal: string, reference: SecretReference): SecretEntry => {
    const entry = entries.get(literal) ?? new SecretEntry(reference, options);
    entries.set(literal, entry);
    return entry;
  };
  let known = new WeakMap<HeaderValues, HeaderValues>();
  return {
    async fill(headers) {
      const before = known.get(headers);
      if (before !== undefined) return before;
      const filled = Object.entries(headers).map(async ([name, value]) => {
        const secrets = new Map<string, string>();
        for (const [literal, reference] of findSecretReferences(value)) {
          secrets.set(literal, await entryOf(literal, reference).read());
        }
        const whole = fillSecretReferences(value, secrets);
        if (secrets.size > 0) options.secrets.addHeader(whole);
        return [name, whole] as const;
      });
      const all: HeaderValues = Object.fromEntries(await Promise.all(filled));
      known.set(headers, all);
      return all;
    },
    async renew(headers) {
      const due = Object.values(headers)
        .flatMap((value) => [...findSecretReferences(value)])
        .map(([literal, reference]) => entryOf(literal, reference).renew());
      const wereRead = (await Promise.all(due)).some((wasRead) => wasRead);
      if (wereRead) known = new WeakMap();
      return wereRead;
    },
  };
}

/** Fetched at the first call; later calls share the running fetch and its result; failures back off. */
class SecretEntry {
  private underWay: Promise<string> | undefined;
  private failures = 0;
  private failedAtMs = 0;
  private renewedAtMs: number | undefined;
  private readonly name: string;

  constructor(
    private readonly reference: SecretReference,
    private readonly options: SecretStoreOptions,
  ) {
    this.name = `${reference.store} secret '${reference.id}'`;
  }

  read(): Promise<string> {
    if (this.underWay !== undefined) return this.underWay;
    const backoffMs = Math.min(FIRST_BACKOFF_MS * 2 ** (this.failures - 1), MAX_BACKOFF_MS);
    if (this.failures > 0 && isWithin(this.options.clock, backoffMs, this.failedAtMs)) {
      return Promise.reject(new Error(`${this.name} is not known yet`));
    }
    this.underWay = this.fetch();
    return this.underWay;
  }

  /** True if the secret could be read again; if not, the known value stays. */
  async renew(): Promise<boolean> {
    const { renewedAtMs, underWay: known, options } = this;
    const { clock } = options;
    if (renewedAtMs !== undefined && isWithin(clock, RENEW_EVERY_MS, renewedAtMs)) return false;
    this.renewedAtMs = clock.now();
    try {
      const value = await this.fetch();
      this.underWay = Promise.resolve(value);
      return true;
    } catch {
      this.underWay = known;
      return false;
    }
  }

  private async fetch(): Promise<string> {
    const { clock, diagnostics, secrets } = this.options;
    try {
      const value = await fetchSecret(this.reference, this.options);
      this.failures = 0;
      secrets.add(value);
      return value;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.failedAtMs = clock.now();
      this.failures += 1;
      this.underWay = undefined;
      diagnostics.warn(`${this.name} could not be read: ${message}; items are kept until it can`);
      throw new Error(`${this.name} is not known yet`);
    }
  }
}

async function fetchSecret(
  reference: SecretReference,
  { aws, pool, clock, secrets }: SecretStoreOptions,
): Promise<string> {
  const isParameter = reference.store === 'ssm';
  const endpoint = isParameter ? aws.ssm : aws.secretsManager;
  const { createSigner } = await import('./sigv4');
  const service = isParameter ? 'ssm' : 'secretsmanager';
  const sign = createSigner({ aws, scope: { service, region: aws.region }, clock, secrets });
  const fixed = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': isParameter ? 'AmazonSSM.GetParameter' : 'secretsmanager.GetSecretValue',
  };
  const transport = createHttpTransport({
    configuration: endpoint,
    headers: (body) => sign({ url: endpoint.url, headers: fixed, body }),
    connect: () => pool.connectionsOf({ ...endpoint, tls: {} }),
    clock,
    secrets,
  });
  const request = isParameter
    ? { Name: reference.id, WithDecryption: true }
    : { SecretId: reference.id };
  const body = Buffer.from(JSON.stringify(request), 'utf8');
  const result = await transport.send(body, FETCH_TIMEOUT_MS);
  if (result.status !== 'success') throw new Error(result.failure.message);
  return readValue(Buffer.from(result.data ?? []).toString('utf8'), reference);
}

/** The value of a parameter, a whole secret, or one member of a secret that is a JSON object. */
function readValue(response: string, { store, jsonKey }: SecretReference): string {
  const { SecretString, Parameter } = parseObject(response) as {
    readonly SecretString?: unknown;
    readonly Parameter?: { readonly Value?: unknown } | null;
  };
  const value = store === 'ssm' ? Parameter?.Value : SecretString;
  if (typeof value !== 'string') throw new Error('expected a string value, got none');
  if (jsonKey === undefined) return value.trim();
  const member = parseObject(value)[jsonKey];
  if (typeof member === 'string') return member.trim();
  throw new Error(`expected a JSON object with a string '${jsonKey}', got another value`);
}
