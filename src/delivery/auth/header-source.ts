// The headers of a request: fixed ones, user headers with their secrets filled in, and a signature if the endpoint
// needs one. The code for secrets and signing is loaded only when it is used.
import type { Diagnostics } from '../../diagnostics';
import type { WallClock } from '../../node/clock';
import type { Secrets } from '../../secrets';
import { VERSION } from '../../version';
import type { ExportConfiguration, SignalConfiguration } from '../settings/configuration';
import type { ConnectionPool } from '../transport/connection-pool';
import { hasSecretReference } from './headers';
import type { SecretStore } from './secrets';
import type { RequestSigner } from './sigv4';
import type { HeaderValues, HeaderSource } from '../transport/transport';

export interface HeaderContext {
  readonly aws?: ExportConfiguration['aws'];
  readonly pool: ConnectionPool;
  readonly clock: WallClock;
  readonly diagnostics: Diagnostics;
  readonly secrets: Secrets;
  readonly loadSecrets: SecretLoader;
}

type SecretLoader = () => Promise<SecretStore>;

const CONTENT_TYPES = {
  'http/protobuf': 'application/x-protobuf',
  'http/json': 'application/json',
} as const;

export interface RequestHeaders {
  readonly headers: HeaderSource;
  /** Called after a refusal: reads the secrets again. False if there are none or they were read a short while ago. */
  readonly renewSecrets: () => Promise<boolean>;
}

/** Begins to fetch secrets at once, so that they are known when the first request is due. */
export function createHeaderSource(
  configuration: SignalConfiguration,
  context: HeaderContext,
): RequestHeaders {
  const fixed: HeaderValues = {
    'user-agent': `lambda-otlp/${VERSION}`,
    ...configuration.headers,
    'content-type': CONTENT_TYPES[configuration.protocol],
    ...(configuration.compression === 'gzip' && { 'content-encoding': 'gzip' }),
  };
  const resolve = withSecrets(fixed, context.loadSecrets);
  const sign = withSignature(configuration, context);
  const renewSecrets = async (): Promise<boolean> =>
    resolve !== undefined && (await context.loadSecrets()).renew(fixed);
  if (resolve === undefined && sign === undefined) return { headers: () => fixed, renewSecrets };
  const headers: HeaderSource = async (body) => {
    const filled = resolve === undefined ? fixed : await resolve();
    return sign === undefined ? filled : sign(filled, body);
  };
  return { headers, renewSecrets };
}

/** Loads the secret store once for all signals. */
export function createSecretLoader(context: Omit<HeaderContext, 'loadSecrets'>): SecretLoader {
  const { aws } = context;
  let store: Promise<SecretStore> | undefined;
  return () => {
    if (aws === undefined) return Promise.reject(new Error('no AWS settings'));
    store ??= import('./secrets').then(({ createSecretStore }) =>
      createSecretStore({ ...context, aws }),
    );
    return store;
  };
}

function withSecrets(
  headers: HeaderValues,
  loadSecrets: SecretLoader,
): (() => Promise<HeaderValues>) | undefined {
  if (!Object.values(headers).some(hasSecretReference)) return undefined;
  const resolve = async (): Promise<HeaderValues> => (await loadSecrets()).fill(headers);
  resolve().catch(() => undefined);
  return resolve;
}

function withSignature(
  { signing, url }: SignalConfiguration,
  { aws, clock, secrets }: HeaderContext,
): ((headers: HeaderValues, body: Uint8Array) => Promise<HeaderValues>) | undefined {
  if (signing === undefined || aws === undefined) return undefined;
  let signer: RequestSigner | undefined;
  return async (headers, body) => {
    const { createSigner } = await import('./sigv4');
    signer ??= createSigner({ aws, scope: signing, clock, secrets });
    return signer({ url, headers, body });
  };
}
