// Private CA and client certificate files (OTEL_EXPORTER_OTLP_CERTIFICATE, _CLIENT_CERTIFICATE,
// _CLIENT_KEY). A file that cannot be read costs one warning and is left out.
import { readFile as readFileWithCallback } from 'node:fs';
import { promisify } from 'node:util';
import type { Diagnostics } from '../../diagnostics';
import type { TlsFiles } from '../settings/configuration';

export interface TlsOptions {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** node:fs/promises would load readline and more, a millisecond of every start. */
const readFile = promisify(readFileWithCallback);

export async function loadTlsOptions(
  files: TlsFiles,
  diagnostics: Diagnostics,
): Promise<TlsOptions> {
  const load = async (setting: string, path: string | undefined): Promise<Buffer | undefined> => {
    if (path === undefined) return undefined;
    try {
      return await readFile(path);
    } catch (error) {
      diagnostics.warn(
        `OTEL_EXPORTER_OTLP_${setting}: expected a readable PEM file, got '${path}' ` +
          `(${(error as NodeJS.ErrnoException).code ?? 'unreadable'}); going on without it`,
      );
      return undefined;
    }
  };
  const [ca, cert, key] = await Promise.all([
    load('CERTIFICATE', files.certificateFile),
    load('CLIENT_CERTIFICATE', files.clientCertificateFile),
    load('CLIENT_KEY', files.clientKeyFile),
  ]);
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  };
}
