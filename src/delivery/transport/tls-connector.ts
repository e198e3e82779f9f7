// TLS connections to one endpoint. The last session is kept: after a thaw the handshake is resumed, which
// saves a round trip and the server's certificate.
import { isIP } from 'node:net';
import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import { socketOptions } from './socket-address';
import type { Address } from './socket-address';
import type { TlsOptions } from './tls-options';

/** `socket`: an open tunnel to use instead of a connection of its own. */
type TlsTarget = Address & { readonly socket?: Socket };

export type TlsConnector = (target: TlsTarget) => Socket;

/** Loads node:tls, which costs milliseconds, for the first https endpoint. */
export async function loadTlsConnector({ ca, cert, key, more }: TlsOptions): Promise<TlsConnector> {
  const { connect, createSecureContext } = await import('node:tls');
  let secureContext: SecureContext | undefined;
  let session: Buffer | undefined;
  // Throws for certificates or keys that are none, each time: requests tell of it.
  const createContext = (): SecureContext => {
    const created = createSecureContext({ ca, cert, key });
    const { context } = created as { readonly context: { addCACert(pem: Buffer): void } };
    // What Node does with `ca` itself. A list with tls.rootCertificates would do the same in 50 ms instead of 2.
    for (const pem of more) if (pem !== undefined) context.addCACert(pem);
    return created;
  };
  return ({ host, port, socket }) => {
    secureContext ??= createContext();
    const secure = connect({
      ...socketOptions,
      secureContext,
      host,
      ...(socket === undefined ? { port } : { socket }),
      ALPNProtocols: ['http/1.1'],
      ...(isIP(host) === 0 && { servername: host }),
      ...(session !== undefined && { session }),
    });
    // As an option it has no effect on a TLS socket: each flush would wait for a delayed acknowledgement.
    secure.setNoDelay(true);
    secure.on('session', (latest: Buffer) => (session = latest));
    // A session that the server does not take any more must not break the next connection too.
    secure.on('error', () => (session = undefined));
    return secure;
  };
}
