// An endpoint over TLS, and the certificates of the tests (certificates/make.sh says for which names).
import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { Server, ServerOptions } from 'node:https';
import { join } from 'node:path';
import { startEndpoint } from './scripted-endpoint';
import type { ScriptedEndpoint } from './scripted-endpoint';

/** Whose certificate a server shows. */
type Owner = 'server' | 'proxy' | 'elsewhere';

export interface TlsEndpointOptions {
  /** Default: 'server'. */
  readonly owner?: Owner;
  /** Refuses whoever has no certificate of ca.pem. */
  readonly asksForClient?: boolean;
}

export const certificateFile = (name: string): string => join(__dirname, 'certificates', name);

const read = (name: string): Buffer => readFileSync(certificateFile(name));

export function identityOf(owner: Owner): Pick<ServerOptions, 'key' | 'cert'> {
  return { key: read(`${owner}.key.pem`), cert: read(`${owner}.pem`) };
}

export function createTlsServer(owner: Owner, listener?: RequestListener): Server {
  return createServer(identityOf(owner), listener);
}

export async function startTlsEndpoint({
  owner = 'server',
  asksForClient = false,
}: TlsEndpointOptions = {}): Promise<ScriptedEndpoint> {
  const client = { ca: read('ca.pem'), requestCert: asksForClient };
  const options = { ...identityOf(owner), ...client, rejectUnauthorized: asksForClient };
  return startEndpoint(undefined, (listener) => createServer(options, listener));
}
