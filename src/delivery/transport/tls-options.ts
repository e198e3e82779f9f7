// Private CA and client certificate files (OTEL_EXPORTER_OTLP_CERTIFICATE, _CLIENT_CERTIFICATE,
// _CLIENT_KEY, NODE_EXTRA_CA_CERTS). A file that cannot be read costs one warning and is left out.
import { readFile as readFileWithCallback } from 'node:fs';
import { promisify } from 'node:util';
import type { Diagnostics } from '../../diagnostics';
import type { TlsFiles } from '../settings/configuration';

export interface TlsOptions {
  /** Trusted instead of the public authorities. */
  readonly ca?: Buffer | undefined;
  readonly cert?: Buffer | undefined;
  readonly key?: Buffer | undefined;
  /** Trusted besides. */
  readonly more: readonly (Buffer | undefined)[];
}

/** node:fs/promises would load readline and more, a millisecond of every start. */
const readFile = promisify(readFileWithCallback);
const PEM = '-----BEGIN ';

export async function loadTlsOptions(
  files: TlsFiles,
  loadExtra: () => Promise<Buffer | undefined>,
  diagnostics: Diagnostics,
): Promise<TlsOptions> {
  const load = (setting: string, path: string | undefined): Promise<Buffer | undefined> =>
    loadPem(`OTEL_EXPORTER_OTLP_${setting}`, path, diagnostics);
  const [ca, cert, key, extra] = await Promise.all([
    load('CERTIFICATE', files.certificateFile),
    load('CLIENT_CERTIFICATE', files.clientCertificateFile),
    load('CLIENT_KEY', files.clientKeyFile),
    loadExtra(),
  ]);
  return { ca, cert, key, more: [extra] };
}

/** Of a proxy: it has a certificate of the private authority as often as of a public one. */
export function toProxyOptions({ ca, more }: TlsOptions): TlsOptions {
  return { more: [ca, ...more] };
}

export async function loadPem(
  setting: string,
  path: string | undefined,
  diagnostics: Diagnostics,
): Promise<Buffer | undefined> {
  if (path === undefined) return undefined;
  let problem = 'no PEM';
  try {
    const pem = await readFile(path);
    if (pem.indexOf(PEM) >= 0) return pem;
  } catch (error) {
    problem = (error as NodeJS.ErrnoException).code ?? 'unreadable';
  }
  diagnostics.warn(
    `${setting}: expected a readable PEM file, got '${path}' (${problem}); going on without it`,
  );
  return undefined;
}
